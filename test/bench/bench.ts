/** What the rows share: how much to measure, whom to compare with, and where to say how it goes. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { benchPython } from './python.ts';
import { mean } from './statistics.ts';

export interface Settings {
  /** How many times each side is measured. */
  pairs: number;
  /** For how long a side computes at a time, in seconds, at least one step. */
  turn: number;
}

/** One thing to be timed: a variant of a side. */
export interface Contestant {
  name: string;
  run(steps: number): Promise<number[]>;
}

/** Steps after the first, in which caches, allocators and compilers settle. */
const WARM_UP = 2;
const MOST_STEPS = 50;

/** Something that several rows use. */
export interface Shared {
  close(): Promise<void>;
}

export class Bench {
  readonly settings: Settings;
  /** Threads of one op, the same on every side. */
  readonly threads = Number(process.env.TF_NUM_INTRAOP_THREADS) || os.availableParallelism();
  private readonly scratch = mkdtempSync(path.join(os.tmpdir(), 'stillroom-bench-'));
  private readonly shared = new Map<unknown, Promise<Shared>>();
  private madePython: Promise<string> | undefined;

  constructor(settings: Settings) {
    this.settings = settings;
  }

  /** The Python with PyTorch. @throws Error saying why there is none */
  python(): Promise<string> {
    this.madePython ??= benchPython();
    return this.madePython;
  }

  /** A folder of its own for a row; removed at the end. */
  folder(name: string): string {
    const folder = path.join(this.scratch, name);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  /** What several rows use: made when it is first asked for, closed at the end. */
  share<T extends Shared>(make: (bench: Bench) => Promise<T>): Promise<T> {
    let made = this.shared.get(make) as Promise<T> | undefined;
    if (!made) {
      made = make(this);
      this.shared.set(make, made);
    }
    return made;
  }

  say(text: string): void {
    process.stderr.write(`  ${text}\n`);
  }

  /**
   * Lets the contestants compute in turn, in an order that is reversed from one round to the next.
   * @returns by name, the mean seconds of a step in each round
   */
  async inTurn(contestants: readonly Contestant[]): Promise<Map<string, number[]>> {
    const steps = new Map<string, number>();
    for (const { name, run } of contestants) {
      const warm = await run(WARM_UP);
      const wanted = Math.round(this.settings.turn / warm[warm.length - 1]);
      steps.set(name, Math.min(MOST_STEPS, Math.max(1, wanted)));
    }
    const measured = new Map(contestants.map(({ name }) => [name, [] as number[]]));
    for (let round = 0; round < this.settings.pairs; round++) {
      const order = round % 2 === 0 ? contestants : [...contestants].reverse();
      for (const { name, run } of order) measured.get(name)!.push(mean(await run(steps.get(name)!)));
    }
    return measured;
  }

  async close(): Promise<void> {
    for (const made of this.shared.values()) await made.then((one) => one.close()).catch(() => {});
    rmSync(this.scratch, { recursive: true, force: true });
  }
}
