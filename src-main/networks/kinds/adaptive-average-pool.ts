import { adaptiveMatrix, applySeparable, transposed } from '../../engine/ops/spatial.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * Average pooling to `bins` × `bins`, whatever the input's size, as PyTorch's AdaptiveAvgPool2d(bins); one bin is the
 * mean of the whole image. attrs: `bins`.
 */
export const adaptiveAveragePool: NodeKind = {
  id: 'adaptiveAveragePool',
  channels: (_, [channels]) => channels,
  size: ({ bins }) => [bins, bins],
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs: { bins }, inputs: [x] }) => ({
    output: applySeparable(x, adaptiveMatrix(x.shape[1], bins), adaptiveMatrix(x.shape[2], bins)),
  }),
  backward: ({ attrs: { bins }, gradient, inputShapes: [[, height, width]] }) => ({
    inputs: [
      applySeparable(
        gradient,
        transposed(adaptiveMatrix(height, bins), height),
        transposed(adaptiveMatrix(width, bins), width),
      ),
    ],
    params: [],
  }),
};
