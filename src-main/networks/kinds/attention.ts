import { attentionGradients, attention as forward } from '../../engine/ops/attention.ts';
import { tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * Attention of the pixels of a query (first input) to those of keys and values (second and third), scaled by
 * 1 / √(channels of a head), as PyTorch's scaled_dot_product_attention. The query's size is the answer's.
 * attrs: `heads` 1 where not given.
 */
export const attention: NodeKind = {
  id: 'attention',
  channels: (_, [query, key, value]) => {
    if (query !== key) throw new Error('The query and the keys of an attention differ in channels.');
    return value;
  },
  mixedSizes: true,
  size: (_, [query, key, value]) => {
    if (key[0] !== value[0] || key[1] !== value[1]) {
      throw new Error('The keys and the values of an attention differ in size.');
    }
    return query;
  },
  params: () => [],
  macs: (_, [[height, width, channels], [keyHeight, keyWidth], [, , values]]) =>
    height * width * keyHeight * keyWidth * (channels + values),
  keepsInputs: true,
  forward: ({ attrs: { heads = 1 }, inputs: [query, key, value], training }) => {
    const { y, weights } = forward(query, key, value, heads);
    if (training) return { output: y, saved: [weights] };
    weights.dispose();
    return { output: y };
  },
  backward: ({ gradient, inputs, saved: [weights], wanted }) => {
    const gradients = attentionGradients(gradient, inputs, weights as typeof gradient);
    return {
      inputs: gradients.map((one, i) => {
        if (wanted[i]) return one;
        tf.dispose(one);
        return null;
      }),
      params: [],
    };
  },
};
