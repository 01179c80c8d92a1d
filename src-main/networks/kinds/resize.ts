import { applySeparable, nearestMatrix, resizeMatrix, transposed } from '../../engine/ops/spatial.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';

/**
 * The first input resized without antialiasing, as PyTorch's `interpolate`: to the height and width of a second input,
 * or `factor` times its own where there is none.
 * attrs: `factor`; `nearest` 0 (bilinear) and `alignCorners` 0 (pixel centres at half coordinates) where not given.
 */
export const resize: NodeKind = {
  id: 'resize',
  channels: (_, [channels]) => channels,
  mixedSizes: true,
  size: ({ factor }, [[height, width], like]) => like ?? [height * factor, width * factor],
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x, like] }) => {
    const [, height, width] = x.shape;
    const [toHeight, toWidth] = like ? like.shape.slice(1) : [height * attrs.factor, width * attrs.factor];
    return { output: applySeparable(x, weights(attrs, height, toHeight), weights(attrs, width, toWidth)) };
  },
  backward: ({ attrs, gradient, inputShapes: [[, height, width], ...others] }) => {
    const rows = transposed(weights(attrs, height, gradient.shape[1]), height);
    const columns = transposed(weights(attrs, width, gradient.shape[2]), width);
    // Only the size of the second input is used, so that no gradient reaches it.
    return { inputs: [applySeparable(gradient, rows, columns), ...others.map(() => null)], params: [] };
  },
};

function weights({ nearest = 0, alignCorners = 0 }: Attributes, from: number, to: number): Float32Array {
  return nearest === 1 ? nearestMatrix(from, to) : resizeMatrix(from, to, alignCorners === 1);
}
