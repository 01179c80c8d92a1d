/** One line of progress on stderr: rewritten in place on a terminal, a few plain lines elsewhere. */

const QUIET_SECONDS = 20;

/**
 * Says what is being done, and how long it has taken when it takes long.
 * @param {string} title what is being done, without a full stop
 * @returns {{ update(detail: string): void, done(detail?: string): void, fail(): void }}
 */
export function startProgress(title) {
  const begun = Date.now();
  const terminal = process.stderr.isTTY;
  let detail = '';
  let said = begun;
  const line = () => `${title}${detail ? `: ${detail}` : ''} (${Math.round((Date.now() - begun) / 1000)} s)`;
  /** @param {string} text @param {boolean} last */
  const write = (text, last) => process.stderr.write(terminal ? `\r\x1b[K${text}${last ? '\n' : ''}` : `${text}\n`);
  write(`${title} …`, false);
  const timer = setInterval(() => {
    if (!terminal && Date.now() - said < QUIET_SECONDS * 1000) return;
    said = Date.now();
    write(line(), false);
  }, 500);
  timer.unref();
  return {
    update(text) {
      detail = text;
    },
    done(text = 'done') {
      clearInterval(timer);
      detail = text;
      write(line(), true);
    },
    fail() {
      clearInterval(timer);
      detail = 'failed';
      write(line(), true);
    },
  };
}
