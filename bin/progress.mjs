/** Telling how something long is going: one line on stderr, rewritten in place on a terminal, or a listener's words. */

const QUIET_SECONDS = 20;

/**
 * Says what is being done, and how long it has taken when it takes long.
 * @param {string} title what is being done, without a full stop
 * @param {(text: string) => void} [tell] hears it instead of stderr, when it changes
 * @returns {{ update(detail: string): void, done(): void, fail(): void }}
 */
export function startProgress(title, tell) {
  return tell ? toListener(title, tell) : toStderr(title);
}

/** @param {string} title @param {(text: string) => void} tell */
function toListener(title, tell) {
  let last = title;
  tell(title);
  return {
    /** @param {string} detail */
    update(detail) {
      const text = `${title}: ${detail}`;
      if (text !== last) tell(text);
      last = text;
    },
    done() {},
    fail() {},
  };
}

/** @param {string} title */
function toStderr(title) {
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
  /** @param {string} word */
  const end = (word) => {
    clearInterval(timer);
    detail = word;
    write(line(), true);
  };
  return {
    /** @param {string} text */
    update(text) {
      detail = text;
    },
    done: () => end('done'),
    fail: () => end('failed'),
  };
}
