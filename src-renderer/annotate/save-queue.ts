import { asRefusal, refusalLine } from '../refused.ts';

/** Whether everything that was drawn is on disk. */
export type SaveState =
  | { kind: 'saved' }
  | { kind: 'saving'; waiting: number }
  | { kind: 'failed'; waiting: number; reason: string };

/** Pauses before it is tried again by itself, in ms; the last one from then on. */
const WAITS = [1000, 2000, 5000, 10_000];

/** One thing to save. `again`: it was tried before, and may have arrived although the answer did not. */
export type SaveTask = (again: boolean) => Promise<void>;

/**
 * Saves one thing after the other, in order. One that fails stays the first and is tried again, by itself and when the
 * user asks: nothing is dropped, and nothing later overtakes it.
 */
export class SaveQueue {
  readonly #tasks: SaveTask[] = [];
  readonly #changed: () => void;
  #running = false;
  #attempts = 0;
  #reason: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param changed called whenever the state may have changed */
  constructor(changed: () => void) {
    this.#changed = changed;
  }

  get state(): SaveState {
    const waiting = this.#tasks.length;
    if (waiting === 0) return { kind: 'saved' };
    return this.#reason === null ? { kind: 'saving', waiting } : { kind: 'failed', waiting, reason: this.#reason };
  }

  push(task: SaveTask): void {
    this.#tasks.push(task);
    this.#changed();
    // After a failure the pause, or the user, decides when it goes on.
    if (this.#reason === null) void this.#run();
  }

  /** Tries now what failed before. */
  retry(): void {
    clearTimeout(this.#timer);
    void this.#run();
  }

  /** Gives up what could not be saved: the document it belongs to is left to go. */
  drop(): void {
    clearTimeout(this.#timer);
    this.#tasks.length = 0;
    this.#reason = null;
    this.#changed();
  }

  async #run(): Promise<void> {
    if (this.#running) return;
    this.#running = true;
    while (this.#tasks.length > 0) {
      const [task] = this.#tasks;
      try {
        await task(this.#attempts > 0);
      } catch (error) {
        if (this.#tasks[0] !== task) continue;
        this.#reason = refusalLine(asRefusal(error));
        this.#timer = setTimeout(() => this.retry(), WAITS[Math.min(this.#attempts, WAITS.length - 1)]);
        this.#attempts++;
        break;
      }
      if (this.#tasks[0] !== task) continue;
      this.#tasks.shift();
      this.#attempts = 0;
      this.#reason = null;
      if (this.#tasks.length > 0) this.#changed();
    }
    this.#running = false;
    this.#changed();
  }
}
