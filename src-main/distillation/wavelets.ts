/** The Haar wavelet transform of NHWC tensors, differentiable on every engine; what lies beyond an odd border is 0. */
import { applySeparable, transposed } from '../engine/ops/spatial.ts';
import { type Tensor4D, tf } from '../engine/tf.ts';

/** One level: its three bands of detail (along the width, along the height, along both), each of half the size. */
export type Details = readonly [Tensor4D, Tensor4D, Tensor4D];

/** What is left after all levels, and the levels' details, the finest first. */
export interface Wavelets {
  rest: Tensor4D;
  details: Details[];
}

/** Sums and differences of each two neighbours, divided by √2: row-major [half, size]. */
function matrices(size: number): { sums: Float32Array; differences: Float32Array } {
  const half = Math.ceil(size / 2);
  const sums = new Float32Array(half * size);
  const differences = new Float32Array(half * size);
  for (let i = 0; i < size; i++) {
    const at = Math.floor(i / 2) * size + i;
    sums[at] = Math.SQRT1_2;
    differences[at] = i % 2 === 0 ? Math.SQRT1_2 : -Math.SQRT1_2;
  }
  return { sums, differences };
}

export function waveletsOf(x: Tensor4D, levels: number): Wavelets {
  const details: Details[] = [];
  let rest = x;
  for (let level = 0; level < levels; level++) {
    const [rows, columns] = [matrices(rest.shape[1]), matrices(rest.shape[2])];
    details.push([
      applySeparable(rest, rows.sums, columns.differences),
      applySeparable(rest, rows.differences, columns.sums),
      applySeparable(rest, rows.differences, columns.differences),
    ]);
    rest = applySeparable(rest, rows.sums, columns.sums);
  }
  return { rest, details };
}

/** The tensor of which these are the wavelets. @param size its height and width */
export function fromWavelets({ rest, details }: Wavelets, [height, width]: readonly [number, number]): Tensor4D {
  const sizes = details.map((_, level): [number, number] => [
    Math.ceil(height / 2 ** level),
    Math.ceil(width / 2 ** level),
  ]);
  return details.reduceRight((coarse, [across, down, both], level) => {
    const [rows, columns] = sizes[level].map((size) => {
      const { sums, differences } = matrices(size);
      return { sums: transposed(sums, size), differences: transposed(differences, size) };
    });
    return tf.addN([
      applySeparable(coarse, rows.sums, columns.sums),
      applySeparable(across, rows.sums, columns.differences),
      applySeparable(down, rows.differences, columns.sums),
      applySeparable(both, rows.differences, columns.differences),
    ]);
  }, rest);
}
