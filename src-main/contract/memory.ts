import { z } from 'zod';
import type { Recipe } from './recipe.ts';

const bytes = z.number();

/** What a run is expected to need at its peak. */
export const memoryEstimate = z.object({
  /** All of it. */
  bytes,
  /** What the engine takes before the first array. */
  engine: bytes,
  /** What a step of training holds. */
  step: bytes,
  /** Decoded images and batches that are prepared ahead. */
  loader: bytes,
});
export type MemoryEstimate = z.infer<typeof memoryEstimate>;

/** Other values of a recipe's `memory`, with what it needs then. */
export type MemoryOptions = { memory: Recipe['memory']; bytes: number }[];

/** What the window shows of it. */
export interface MemoryNeed {
  bytes: number;
  /** What the machine has. */
  available: number;
  /** Where it is too little: what would do. */
  options: MemoryOptions;
}

/** Bytes as people say them: `640 MB`, `1.4 GB`. */
export function memoryText(bytes: number): string {
  return bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(bytes < 1e10 ? 1 : 0)} GB`;
}
