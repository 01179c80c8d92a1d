/** Principal axes, by scran.js (an iterative singular value decomposition in WebAssembly). */
import { availableParallelism } from 'node:os';
import * as scran from 'scran.js';
import type { Rows } from './vectors.ts';

/** Of more rows than this an even sample tells the axes. */
const SAMPLE = 5000;
/** Less than this along an axis is rounding; rows are about of length 1. */
const NO_VARIANCE = 1e-12;

/** Loads scran.js; it may be called again. */
export async function startScran(): Promise<void> {
  await scran.initialize({ numberOfThreads: Math.min(8, availableParallelism()) });
}

/**
 * The directions in which rows differ most, first the strongest: orthonormal, at most `most`, fewer where there are few
 * rows or channels; none where the rows do not differ. startScran() must have been called.
 */
export function principalAxes({ count, channels, values }: Rows, most: number): Float64Array[] {
  const rows = Math.min(count, SAMPLE);
  if (Math.min(rows, channels) < 3) return [];
  const sample = new Float32Array(rows * channels);
  for (let i = 0; i < rows; i++) {
    const from = Math.floor((i * count) / rows) * channels;
    sample.set(values.subarray(from, from + channels), i * channels);
  }
  const matrix = scran.initializeDenseMatrixFromDenseArray(channels, rows, sample);
  const found = scran.runPca(matrix, { numberOfPCs: most });
  const rotation = found.rotation();
  const axes = Array.from(found.varianceExplained(), (variance, k) => {
    return variance > NO_VARIANCE ? [rotation.slice(k * channels, (k + 1) * channels)] : [];
  });
  found.free();
  matrix.free();
  return axes.flat();
}
