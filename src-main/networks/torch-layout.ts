/**
 * PyTorch's layouts and ours: convolution filters OIHW and HWIO, transposed ones IOHW and HWOI. A depthwise filter of
 * multiplier m is [C·m, 1, k, k] there and [k, k, C, m] here, which lies in memory as HWIO with one input does.
 */
import { sizeOf } from './graph.ts';
import type { ParamSpec } from './node-kind.ts';

/** Where each axis of ours stands in PyTorch's array: the last two axes come first, the first two swap. */
const AXES = [2, 3, 1, 0];

/**
 * A PyTorch array in our layout.
 * @param values as many as the spec's shape has, in PyTorch's order
 */
export function fromTorch(spec: Pick<ParamSpec, 'toOurs' | 'torchShape'>, values: Float32Array): Float32Array {
  if (spec.toOurs === 'same') return values.slice();
  return permute(values, fourAxes(spec), AXES);
}

/** One of our arrays in PyTorch's layout. */
export function toTorch(spec: Pick<ParamSpec, 'toOurs' | 'torchShape'>, values: Float32Array): Float32Array {
  if (spec.toOurs === 'same') return values.slice();
  const shape = AXES.map((axis) => fourAxes(spec)[axis]);
  return permute(values, shape, [3, 2, 0, 1]);
}

/** A linear layer's matrix is a 1×1 filter. */
function fourAxes({ torchShape }: Pick<ParamSpec, 'torchShape'>): readonly number[] {
  return torchShape.length === 2 ? [...torchShape, 1, 1] : torchShape;
}

/** A row-major array with its four axes in another order: axis i of the result is axis `order[i]` of the array. */
function permute(values: Float32Array, shape: readonly number[], order: readonly number[]): Float32Array {
  const strides = shape.map((_, i) => sizeOf(shape.slice(i + 1)));
  const [n0, n1, n2, n3] = order.map((axis) => shape[axis]);
  const [s0, s1, s2, s3] = order.map((axis) => strides[axis]);
  const result = new Float32Array(values.length);
  let at = 0;
  for (let a = 0; a < n0; a++)
    for (let b = 0; b < n1; b++)
      for (let c = 0; c < n2; c++)
        for (let d = 0; d < n3; d++) result[at++] = values[a * s0 + b * s1 + c * s2 + d * s3];
  return result;
}
