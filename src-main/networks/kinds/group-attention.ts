import { attention, attentionGradients, MOST_WEIGHTS, queriesAtOnce } from '../../engine/ops/attention.ts';
import { type Tensor4D, tf } from '../../engine/tf.ts';
import type { Attributes, NodeKind } from '../node-kind.ts';
import { onlyWanted } from '../only-wanted.ts';

/**
 * Attention of each pixel of a query (first input) to the keys and values (second and third) of its own group alone: a
 * picture falls into `side` × `side` groups of one size. Scaled by 1 / √(channels of a head).
 * attrs: `side`, and `heads` 1 where not given.
 */
export const groupAttention: NodeKind = {
  id: 'groupAttention',
  channels: (_, [query, key, value]) => {
    if (query !== key) throw new Error('The query and the keys of an attention differ in channels.');
    return value;
  },
  size: ({ side }, [size]) => {
    if (size.some((length) => length % side !== 0))
      throw new Error(`${size.join(' × ')} pixels are not ${side} × ${side} groups of one size.`);
    return size;
  },
  params: () => [],
  macs: ({ side }, [[height, width, channels], , [, , values]]) => ((height * width) / side) ** 2 * (channels + values),
  keepsInputs: true,
  scratch: ({ side, heads = 1 }, [[height, width, channels], , [, , values]]) => {
    const keys = (height * width) / side ** 2;
    const weights = side ** 2 * heads * keys * Math.min(keys, queriesAtOnce(keys, heads, MOST_WEIGHTS / side ** 2));
    const parts = side === 1 ? 0 : height * width * 2 * (channels + values);
    return { forward: 2 * weights + parts, backward: 3 * weights + 2 * parts };
  },
  forward: ({ attrs, inputs }) => ({
    output: tf.tidy(() => {
      const [query, key, value] = inputs.map((one) => intoGroups(one, attrs.side));
      return fromGroups(attention(query, key, value, optionsOf(attrs)), attrs.side);
    }),
  }),
  backward: ({ attrs, gradient, inputs, wanted }) => {
    const gradients = tf.tidy(() => {
      const parts = inputs.map((one) => intoGroups(one, attrs.side));
      const found = attentionGradients(intoGroups(gradient, attrs.side), parts, optionsOf(attrs));
      return found.map((one) => fromGroups(one, attrs.side));
    });
    return {
      inputs: onlyWanted(gradients, wanted),
      params: [],
    };
  },
};

/** As many weights of a whole picture at once as of one without groups. */
function optionsOf({ side, heads = 1 }: Attributes) {
  return { heads, most: MOST_WEIGHTS / side ** 2 };
}

/** [n, h, w, c] as pictures of their own [n · side², h ÷ side, w ÷ side, c]. */
function intoGroups(x: Tensor4D, side: number): Tensor4D {
  if (side === 1) return x.clone();
  const [n, height, width, channels] = x.shape;
  const [h, w] = [height / side, width / side];
  // A row of a group is one axis with its channels.
  const turned = x.reshape([n * side, h, side, w * channels]).transpose([0, 2, 1, 3]);
  return turned.reshape<Tensor4D>([n * side * side, h, w, channels]);
}

/** The other way. */
function fromGroups(x: Tensor4D, side: number): Tensor4D {
  if (side === 1) return x.clone();
  const [count, h, w, channels] = x.shape;
  const n = count / (side * side);
  const turned = x.reshape([n * side, side, h, w * channels]).transpose([0, 2, 1, 3]);
  return turned.reshape<Tensor4D>([n, h * side, w * side, channels]);
}
