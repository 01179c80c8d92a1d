/** The group `train`: what training costs, in the order of the table. */
import type { RowSpec } from '../row.ts';
import { inferenceRows, memoryRows, stepRows } from './compare.ts';
import { distillationRows } from './distil.ts';
import { halfRows } from './half.ts';
import { runRows } from './run.ts';

export function trainRows(): RowSpec[] {
  return [...stepRows, ...memoryRows, ...inferenceRows, ...halfRows, ...distillationRows, ...runRows];
}
