/** What the study found, as JSON files in docs/results/: each is written at once and whole, so that it goes on where it stopped. */
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { writeAtomic } from '../../src-main/base/files.ts';
import type { Recipe } from '../../src-main/contract/recipe.ts';
import { recipeHash } from '../../src-main/training/recipe-hash.ts';

/** One finished run. */
export interface RunRecord {
  table: string;
  entry: string;
  seed: number;
  /** What it was done by: with the data set and the teacher of the study it gives these figures again. */
  recipe: Recipe;
  recipeHash: string;
  /** Of all images of val, from the last checkpoint, 0–1; the class order is the data set's. */
  mIoU: number;
  pixelAccuracy: number | null;
  ious: (number | null)[];
  /** The same after three quarters of the steps; null where it was not taken. */
  mIoUBefore: number | null;
  /**
   * Of each term the norm of its gradient (over the student's logits and taps), with its weight, against cross-entropy's: means over the
   * steps that took it. Records of before it was kept lack it.
   */
  gradients?: Record<string, number>;
  weightsSha256: string | null;
  /** From start to end with its evaluation, in seconds: how long somebody waits, whatever else the machine did. */
  seconds: number;
  machine: string;
  engine: string | null;
  codeVersion: string;
  finishedAt: string;
}

/** How long a step of an entry takes, against one of the student alone that was measured in alternation. */
export interface StepTime {
  table: string;
  entry: string;
  /** Medians in seconds. */
  step: number;
  alone: number;
  ratio: number;
  /** Half the interquartile range of the pairs' ratios. */
  spread: number;
  machine: string;
}

/** How the weights were set, on a fifth of train that is held back. */
export interface WeightTrial {
  /** The term's name, or `sumName` of a sum. */
  method: string;
  /** Of the term; 1 for a sum, whose terms have the weights that did best by themselves. */
  weight: number;
  seed: number;
  mIoU: number;
  recipeHash: string;
}

export class Records {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** A record, where there is one that was made by this very recipe. */
  run(table: string, entry: string, recipe: Recipe): RunRecord | null {
    const found = this.read<RunRecord>(this.runFile(table, entry, recipe.seed));
    return found?.recipeHash === recipeHash(recipe) ? found : null;
  }

  keepRun(record: RunRecord): void {
    this.write(this.runFile(record.table, record.entry, record.seed), record);
  }

  /** All of a table. */
  runs(table: string): RunRecord[] {
    const folder = path.join(this.folder, table);
    if (!existsSync(folder)) return [];
    return readdirSync(folder)
      .filter((name) => name.endsWith('.json'))
      .map((name) => this.read<RunRecord>(path.join(folder, name))!);
  }

  stepTimes(): StepTime[] {
    return this.read<StepTime[]>(path.join(this.folder, 'step-times.json')) ?? [];
  }

  keepStepTimes(times: readonly StepTime[]): void {
    this.write(path.join(this.folder, 'step-times.json'), times);
  }

  trials(): WeightTrial[] {
    return this.read<WeightTrial[]>(path.join(this.folder, 'weights.json')) ?? [];
  }

  /** In the place of an earlier one of the same method, weight and seed. */
  keepTrial(trial: WeightTrial): void {
    const { method, weight, seed } = trial;
    const others = this.trials().filter((one) => one.method !== method || one.weight !== weight || one.seed !== seed);
    this.write(path.join(this.folder, 'weights.json'), [...others, trial]);
  }

  /** What the teacher has on val. */
  teacher(): { name: string; mIoU: number } | null {
    return this.read(path.join(this.folder, 'teacher.json'));
  }

  keepTeacher(teacher: { name: string; mIoU: number }): void {
    this.write(path.join(this.folder, 'teacher.json'), teacher);
  }

  private runFile(table: string, entry: string, seed: number): string {
    return path.join(this.folder, table, `${entry}-${seed}.json`);
  }

  private read<T>(file: string): T | null {
    return existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as T) : null;
  }

  private write(file: string, value: unknown): void {
    mkdirSync(path.dirname(file), { recursive: true });
    writeAtomic(file, `${JSON.stringify(value, null, 1)}\n`);
  }
}

/** What the trials of a sum are kept under. */
export function sumName({ id }: { id: string }): string {
  return `sum ${id}`;
}

/** The weight of each method that did best on the fifth that is held back, by the mean over the seeds. */
export function bestWeights(trials: readonly WeightTrial[]): Record<string, number> {
  const best = new Map<string, { weight: number; mIoU: number }>();
  const tried = Map.groupBy(trials, ({ method, weight }) => `${method} ${weight}`);
  for (const group of tried.values()) {
    const { method, weight } = group[0];
    const mIoU = group.reduce((sum, trial) => sum + trial.mIoU, 0) / group.length;
    if (mIoU > (best.get(method)?.mIoU ?? -1)) best.set(method, { weight, mIoU });
  }
  return Object.fromEntries([...best].map(([method, { weight }]) => [method, weight]));
}
