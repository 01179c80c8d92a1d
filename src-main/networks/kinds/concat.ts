import { concatChannels, splitChannels } from '../../engine/ops/combine.ts';
import type { NodeKind } from '../node-kind.ts';

/** Its inputs one after the other along the channels. */
export const concat: NodeKind = {
  id: 'concat',
  channels: (_, inputs) => inputs.reduce((a, b) => a + b, 0),
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ inputs }) => ({ output: concatChannels(inputs) }),
  backward: ({ gradient, inputShapes, wanted }) => {
    const parts = splitChannels(
      gradient,
      inputShapes.map((shape) => shape[3]),
    );
    return {
      inputs: parts.map((part, i) => {
        if (wanted[i]) return part;
        part.dispose();
        return null;
      }),
      params: [],
    };
  },
};
