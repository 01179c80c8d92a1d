import { maxUnpool as forward, maxUnpoolGradient } from '../../engine/ops/max-unpool.ts';
import { tf } from '../../engine/tf.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';

/**
 * The first input's pixels put back to where a max pooling took its maxima from, as PyTorch's MaxUnpool2d; the second
 * input is what that pooling was given, and the window's attrs are the pooling's: `kernel`, `stride`, `padding`.
 */
export const maxUnpool: NodeKind = {
  id: 'maxUnpool',
  channels: (_, [channels, source]) => {
    if (channels !== source) throw new Error('The inputs of a max unpooling differ in channels.');
    return channels;
  },
  mixedSizes: true,
  size: (_, [, source]) => source,
  params: () => [],
  macs: () => 0,
  keepsInputs: true,
  forward: ({ attrs, inputs: [x, source] }) => ({ output: forward(x, source, window(attrs)) }),
  backward: ({ attrs, gradient, inputs: [, source], wanted }) => ({
    // The places of the maxima do not move with small changes, so that no gradient reaches the second input from here.
    inputs: [
      wanted[0] ? maxUnpoolGradient.form(gradient, source, window(attrs)) : null,
      wanted[1] ? tf.zerosLike(source) : null,
    ],
    params: [],
  }),
};

function window({ kernel, stride, padding }: Attributes) {
  return { kernel, stride, padding };
}
