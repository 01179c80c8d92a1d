import { channelAttentionGradient, channelAttention as forward } from '../../engine/ops/channel-attention.ts';
import type { NodeKind } from '../node-kind.ts';

/** DANet's attention of the channels to each other: each the mean of all, weighted by how unlike they are. */
export const channelAttention: NodeKind = {
  id: 'channelAttention',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: (_, [[height, width, channels]]) => 2 * height * width * channels * channels,
  keepsInputs: true,
  scratch: (_, [[height, width, channels]]) => ({
    forward: 3 * channels ** 2,
    backward: 2 * height * width * channels + 9 * channels ** 2,
  }),
  forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  backward: ({ gradient, inputs: [x] }) => ({ inputs: [channelAttentionGradient(gradient, x)], params: [] }),
};
