/** Progress on stderr: a bar on a terminal, a line now and then where there is none. */

const LINE_MS = 5000;
const WIDTH = 24;

export interface ProgressState {
  phase: string;
  done: number;
  total: number;
  /** Of whatever is counted, per second. */
  rate?: number | null;
  secondsLeft?: number | null;
}

export class Progress {
  private readonly title: string;
  private readonly terminal = process.stderr.isTTY === true;
  private writtenAt = 0;
  private phase = '';
  private open = false;

  constructor(title: string) {
    this.title = title;
  }

  show(state: ProgressState): void {
    const now = performance.now();
    const news = state.phase.replace(/\d+/g, '') !== this.phase;
    if (!this.terminal && !news && now - this.writtenAt < LINE_MS) return;
    this.writtenAt = now;
    this.phase = state.phase.replace(/\d+/g, '');
    const line = progressLine(this.title, state, this.terminal);
    if (!this.terminal) process.stderr.write(`${line}\n`);
    else {
      process.stderr.write(`\r\x1b[2K${line.slice(0, (process.stderr.columns ?? 80) - 1)}`);
      this.open = true;
    }
  }

  /** Leaves the last state standing. */
  end(): void {
    if (this.open) process.stderr.write('\n');
    this.open = false;
  }
}

/** For example `Importing camvid  ━━━━━━────  312/468 · 210/s · 1 s left · Reading images`. */
export function progressLine(title: string, state: ProgressState, bar: boolean): string {
  const { phase, done, total, rate, secondsLeft } = state;
  const parts: string[] = [];
  if (total > 0) {
    const filled = Math.round((WIDTH * Math.min(done, total)) / total);
    if (bar) parts.push(`${'━'.repeat(filled)}${'─'.repeat(WIDTH - filled)}  ${done}/${total}`);
    else parts.push(`${done}/${total}`);
  }
  if (rate) parts.push(`${rate < 10 ? rate.toFixed(2) : Math.round(rate)}/s`);
  if (secondsLeft !== null && secondsLeft !== undefined) parts.push(`${duration(secondsLeft)} left`);
  parts.push(phase);
  return `${title}  ${parts.join(' · ')}`;
}

/** Seconds in words: `45 s`, `3 min`, `2 h 5 min`. */
export function duration(seconds: number): string {
  if (seconds < 99.5) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 100 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
