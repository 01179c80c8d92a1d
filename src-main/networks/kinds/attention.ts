import {
  type AttentionOptions,
  attentionGradients,
  attention as forward,
  queriesAtOnce,
} from '../../engine/ops/attention.ts';
import { tf } from '../../engine/tf.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';

/**
 * Attention of the pixels of a query (first input) to those of keys and values (second and third), scaled by
 * 1 / √(channels of a head), as PyTorch's scaled_dot_product_attention. The query's size is the answer's.
 * attrs: `heads` 1 and another `scale` where not given.
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
  scratch: (attrs, [[height, width, channels], [keyHeight, keyWidth], [, , values]]) => {
    const { heads } = optionsOf(attrs);
    const [queries, keys] = [height * width, keyHeight * keyWidth];
    const count = Math.min(queries, queriesAtOnce(keys, heads));
    const weights = heads * count * keys;
    // Of several blocks the answers are joined, and each one's gradients of keys and values added to the others'.
    const several = count < queries;
    return {
      forward: 2 * weights + (several ? queries * values : 0),
      backward: 3 * weights + (several ? queries * channels + keys * (channels + values) : 0),
    };
  },
  forward: ({ attrs, inputs: [query, key, value] }) => ({ output: forward(query, key, value, optionsOf(attrs)) }),
  backward: ({ attrs, gradient, inputs, wanted }) => ({
    inputs: attentionGradients(gradient, inputs, optionsOf(attrs)).map((one, i) => {
      if (wanted[i]) return one;
      tf.dispose(one);
      return null;
    }),
    params: [],
  }),
};

function optionsOf({ heads = 1, scale }: Attributes): AttentionOptions {
  return { heads, scale };
}
