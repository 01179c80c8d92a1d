/** How long a step of each entry takes, against one of the student alone, in alternation in one process. */
import os from 'node:os';
import path from 'node:path';
import { openDataset } from '../../src-main/datasets/registry.ts';
import type { TrainJob } from '../../src-main/training/session.ts';
import { Side } from '../bench/side.ts';
import { comparePairs } from '../bench/statistics.ts';
import type { StepTime } from './records.ts';
import { recipeOf, type Table } from './tables.ts';
import type { Weights } from './terms.ts';

/** Pairs of turns, steps of a turn, and images whose outputs of the teacher are cached for it. */
export interface Measuring {
  pairs: number;
  turn: number;
  images: number;
}
export const THOROUGH: Measuring = { pairs: 8, turn: 5, images: 48 };
export const QUICK: Measuring = { pairs: 1, turn: 1, images: 8 };

/** @param teacher the weights file @param start the student's first weights, a file, or null */
export async function stepTime(
  table: Table,
  entry: Table['entries'][number],
  weights: Weights,
  { data, teacher, start, scratch }: { data: string; teacher: string; start: string | null; scratch: string },
  { pairs, turn, images }: Measuring,
): Promise<StepTime> {
  const found = openDataset(data);
  const items = found.items.filter(({ split }) => split === 'train').slice(0, images);
  const recipe = recipeOf(table, entry, { seed: 0, steps: 1_000_000, weights });
  const job: TrainJob = {
    kind: 'train',
    folder: '',
    recipe,
    data: {
      root: found.root,
      classes: found.classes,
      values: [...found.table].map((value) => Math.min(value, 255)),
      items: items.map((item, id) => ({ ...item, id })),
      hash: '',
    },
    evaluation: null,
    teacher,
    start,
    engine: 'auto',
    teacherCache: path.join(scratch, `${table.id}-${entry.id}`),
  };
  const side = Side.ours('./train/ours.ts', os.availableParallelism());
  try {
    await side.open({ kind: 'cached', job });
    const times: Record<'distilled' | 'plain', number[]> = { distilled: [], plain: [] };
    for (let pair = 0; pair < pairs; pair++) {
      for (const variant of ['distilled', 'plain'] as const) {
        const seconds = await side.run(variant, turn);
        times[variant].push(seconds.reduce((sum, one) => sum + one, 0) / seconds.length);
      }
    }
    const { ours, peer, ratio, spread } = comparePairs(times.distilled, times.plain);
    const machine = `${os.cpus()[0]?.model ?? 'unknown'}, ${os.availableParallelism()} processors`;
    return { table: table.id, entry: entry.id, step: ours, alone: peer, ratio, spread, machine };
  } finally {
    await side.close();
  }
}
