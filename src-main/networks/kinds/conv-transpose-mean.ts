import { type Tensor2D, type Tensor4D, tf } from '../../engine/tf.ts';
import { withBias } from '../bias.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * What averaging over each window leaves of a transposed convolution whose windows lie side by side: every pixel times
 * the mean over the filter's places. Frozen graphs alone have it (pool-logits.ts). attrs and params: convTranspose's.
 */
export const convTransposeMean: NodeKind = {
  id: 'convTransposeMean',
  channels: ({ filters }) => filters,
  size: (_, [size]) => size,
  params: () => {
    throw new Error('It is made of a transposed convolution, with its params.');
  },
  macs: ({ filters }, [[height, width, channels]]) => height * width * channels * filters,
  keepsInputs: false,
  forward: ({ inputs: [x], params: [filter, bias] }) => {
    const [batch, height, width, channels] = x.shape;
    const y = tf.tidy(() => {
      // [out, in]
      const mean = filter.mean<Tensor2D>([0, 1]);
      const pixels = tf.matMul(x.reshape<Tensor2D>([-1, channels]), mean, false, true);
      return pixels.reshape<Tensor4D>([batch, height, width, mean.shape[0]]);
    });
    return withBias(y, bias);
  },
  backward: () => {
    throw new Error('A network whose logits are pooled is frozen.');
  },
};
