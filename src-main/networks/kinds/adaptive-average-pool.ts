import { adaptiveMatrix, applySeparable, transposed } from '../../engine/ops/spatial.ts';
import type { Attributes, NodeKind, Size2 } from '../node-kind.ts';

/**
 * Average pooling to `bins` × `bins`, whatever the input's size, as PyTorch's AdaptiveAvgPool2d(bins); one bin is the
 * mean of the whole image. attrs: `bins`, or in its place `height` or `width`, the bins along one axis, where the other
 * stays as it is.
 */
export const adaptiveAveragePool: NodeKind = {
  id: 'adaptiveAveragePool',
  channels: (_, [channels]) => channels,
  size: binsOf,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x] }) => {
    const [, height, width] = x.shape;
    const [down, across] = binsOf(attrs, [[height, width]]);
    return { output: applySeparable(x, adaptiveMatrix(height, down), adaptiveMatrix(width, across)) };
  },
  backward: ({ attrs, gradient, inputShapes: [[, height, width]] }) => {
    const [down, across] = binsOf(attrs, [[height, width]]);
    const [rows, columns] = [adaptiveMatrix(height, down), adaptiveMatrix(width, across)];
    return { inputs: [applySeparable(gradient, transposed(rows, height), transposed(columns, width))], params: [] };
  },
};

/** Bins along the height and the width of an input of this size. */
export function binsOf({ bins, height, width }: Attributes, [[down, across]]: readonly Size2[]): Size2 {
  return bins === undefined ? [height ?? down, width ?? across] : [bins, bins];
}
