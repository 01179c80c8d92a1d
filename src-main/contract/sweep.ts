/** Sweeps: runs of one recipe that differ in a few of its fields. */
import { z } from 'zod';
import { runStart } from './recipe.ts';

const whole = z.number().int();
const ordered = { error: 'the first end must be smaller than the second' };
const upward = ({ from, to }: { from: number; to: number }) => from < to;
const values = whole.min(2).max(100).optional().describe('How many values a grid takes of it');

/** What a field may be. */
export const space = z.discriminatedUnion('kind', [
  /** Anything between, each equally likely. */
  z.strictObject({ kind: z.literal('linear'), from: z.number(), to: z.number(), values }).refine(upward, ordered),
  /** Anything between, its logarithm equally likely. */
  z
    .strictObject({ kind: z.literal('log'), from: z.number().positive(), to: z.number().positive(), values })
    .refine(upward, ordered),
  /** A whole number between, ends included. */
  z.strictObject({ kind: z.literal('whole'), from: whole, to: whole, values }).refine(upward, ordered),
  /** One of these, whatever they are in JSON. */
  z.strictObject({ kind: z.literal('choices'), choices: z.array(z.unknown()).min(1).max(100) }),
]);
export type Space = z.infer<typeof space>;

export const sweptField = z.strictObject({
  field: z.string().min(1).describe('Its path in the recipe, such as methods.1.weight'),
  space,
});
export type SweptField = z.infer<typeof sweptField>;

/** `bayes`: Optuna's tree-structured Parzen estimator, which learns from the runs before. */
export const search = z.enum(['grid', 'random', 'bayes']);
export type Search = z.infer<typeof search>;

export const MOST_RUNS = 1000;

export const sweep = z.strictObject({
  /** The recipe and what it is run with: as a single run would be started. */
  base: runStart,
  fields: z
    .array(sweptField)
    .min(1)
    .max(20)
    .refine((fields) => new Set(fields.map(({ field }) => field)).size === fields.length, {
      error: 'each field may be given once',
    }),
  search,
  runs: whole.min(1).max(MOST_RUNS).nullable().default(null).describe('How many; null: all points of the grid'),
  seed: whole.min(0).default(0).describe('What is drawn at random follows from it'),
});
export type Sweep = z.output<typeof sweep>;

export const sweepRequests = {
  'sweeps.start': sweep,
  /** Newest first. */
  'sweeps.list': z.object({}),
  /** Stops the run that is at work with a checkpoint, and begins no other. */
  'sweeps.stop': z.object({ sweep: whole }),
  /** Goes on after a stop or a crash: with the run that was at work, then with the others. */
  'sweeps.resume': z.object({ sweep: whole }),
} as const;

/** A value of a field: anything that JSON can hold. */
export type Value = unknown;

export interface SweepTrial {
  /** From 1. */
  number: number;
  /** In the order of the sweep's fields. */
  values: Value[];
  state: 'going' | 'done' | 'failed';
  /** Its run; null where none could be started, or has been yet. */
  run: string | null;
  /** On the evaluation split, at the run's last step; null before that. */
  mIoU: number | null;
  /** Why it failed. */
  message: string | null;
}

export interface SweepSummary {
  sweep: number;
  name: string;
  status: 'running' | 'stopped' | 'finished' | 'failed';
  search: Search;
  fields: SweptField[];
  /** How many there will be. */
  runs: number;
  /** What they are compared on. */
  split: string;
  datasetName: string;
  startedAt: string;
  finishedAt: string | null;
  /** Why it stopped or failed. */
  message: string | null;
  trials: SweepTrial[];
  /** The number of the trial with the highest mIoU, the first of equal ones. */
  best: number | null;
}

/** How many of a sweep's trials have ended, well or not. */
export function endedTrials({ trials }: Pick<SweepSummary, 'trials'>): number {
  return trials.filter(({ state }) => state !== 'going').length;
}

export interface SweepAnswers {
  'sweeps.start': { sweep: number };
  'sweeps.list': SweepSummary[];
  'sweeps.stop': null;
  'sweeps.resume': null;
}

/** JSON values between commas, or words where they are no JSON. */
export function choicesOf(inside: string): unknown[] {
  try {
    return JSON.parse(`[${inside}]`);
  } catch {
    return inside.split(',').map((one) => {
      try {
        return JSON.parse(one);
      } catch {
        return one.trim();
      }
    });
  }
}
