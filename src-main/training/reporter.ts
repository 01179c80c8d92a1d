/** The news of a job on their way to the host: metrics of many steps in one message, a few messages a second. */
import type { FromWorker, StepMetrics } from '../contract/job.ts';

const EVERY_MS = 250;

export class Reporter {
  private readonly post: (message: FromWorker) => void;
  private waiting: StepMetrics[] = [];
  private postedAt = Number.NEGATIVE_INFINITY;
  private progressAt = Number.NEGATIVE_INFINITY;

  constructor(post: (message: FromWorker) => void) {
    this.post = post;
  }

  /** Metrics of one step: posted at once where the last message is long enough ago, else with the next ones. */
  step(metrics: StepMetrics): void {
    this.waiting.push(metrics);
    if (performance.now() - this.postedAt >= EVERY_MS) this.flush();
  }

  /** How far something has come: left out where the last such message is too fresh, but for the end. */
  progress(done: number, total: number): void {
    if (this.isTime(done, total)) this.say({ type: 'progress', done, total });
  }

  /** The same for something long before the first step. */
  phase(text: string, done: number, total: number): void {
    if (this.isTime(done, total)) this.say({ type: 'phase', text: `${text}, ${done} of ${total}` });
  }

  private isTime(done: number, total: number): boolean {
    const now = performance.now();
    if (done < total && now - this.progressAt < EVERY_MS) return false;
    this.progressAt = now;
    return true;
  }

  /** Anything else: posted at once, after the metrics of the steps before it. */
  say(message: Exclude<FromWorker, { type: 'steps' }>): void {
    this.flush();
    this.post(message);
  }

  warn(text: string): void {
    this.say({ type: 'event', level: 'warning', text });
  }

  /** Something that happens in good runs too. */
  tell(text: string): void {
    this.say({ type: 'event', level: 'info', text });
  }

  private flush(): void {
    if (this.waiting.length === 0) return;
    const peakMemory = process.resourceUsage().maxRSS * 1024;
    this.post({ type: 'steps', metrics: this.waiting, peakMemory });
    this.waiting = [];
    this.postedAt = performance.now();
  }
}
