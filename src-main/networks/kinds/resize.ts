import { applySeparable, bilinear, nearestMatrix, type Size, transposed } from '../../engine/ops/spatial.ts';
import type { Tensor4D } from '../../engine/tf.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';

/**
 * The first input resized without antialiasing, as PyTorch's `interpolate`: to the height and width of a second input,
 * or `factor` times its own (rounded down, at least 1), or to `height` × `width`, where there is none.
 * attrs: `factor`, or `height` and `width`; `nearest` 0 (bilinear), `alignCorners` 0 (pixel centres at half coordinates) and, for the nearest pixel,
 * `exact` 0 (1: PyTorch's `nearest-exact`) where not given.
 */
export const resize: NodeKind = {
  id: 'resize',
  channels: (_, [channels]) => channels,
  mixedSizes: true,
  size: (attrs, [[height, width], like]) => like ?? target(attrs, height, width),
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x, like] }) => {
    const { shape } = x;
    const to = like ? sizeOf(like.shape) : target(attrs, shape[1], shape[2]);
    if (attrs.nearest === 1)
      return { output: applySeparable(x, nearest(attrs, shape[1], to[0]), nearest(attrs, shape[2], to[1])) };
    return { output: bilinear.form.forward(x, to, attrs.alignCorners === 1) };
  },
  backward: ({ attrs, gradient, inputShapes: [shape, ...others] }) => ({
    // Only the size of the second input is used, so that no gradient reaches it.
    inputs: [inputGradient(attrs, gradient, sizeOf(shape)), ...others.map(() => null)],
    params: [],
  }),
};

function target({ factor, height, width }: Attributes, fromHeight: number, fromWidth: number): Size {
  if (height !== undefined) return [height, width];
  return [fromHeight, fromWidth].map((size) => Math.max(1, Math.floor(size * factor))) as [number, number];
}

function inputGradient(attrs: Attributes, dy: Tensor4D, size: Size): Tensor4D {
  if (attrs.nearest !== 1) return bilinear.form.gradient(dy, size, attrs.alignCorners === 1);
  const back = (from: number, to: number) => transposed(nearest(attrs, from, to), from);
  return applySeparable(dy, back(size[0], dy.shape[1]), back(size[1], dy.shape[2]));
}

function nearest({ alignCorners, exact }: Attributes, from: number, to: number): Float32Array {
  return nearestMatrix(from, to, alignCorners === 1 ? 'corners' : exact === 1 ? 'centre' : 'floor');
}

function sizeOf([, height, width]: readonly number[]): Size {
  return [height, width];
}
