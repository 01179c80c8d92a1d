import { crissCrossGradients, crissCross as forward } from '../../engine/ops/criss-cross.ts';
import { tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/** CCNet's attention of each pixel of a query (first input) to the keys and values (second and third) of its row and column. */
export const crissCross: NodeKind = {
  id: 'crissCross',
  channels: (_, [query, key, value]) => {
    if (query !== key) throw new Error('The query and the keys of an attention differ in channels.');
    return value;
  },
  size: (_, [size]) => size,
  params: () => [],
  macs: (_, [[height, width, channels], , [, , values]]) => height * width * (height + width) * (channels + values),
  keepsInputs: true,
  scratch: (_, [[height, width, channels], , [, , values]]) => {
    const [pixels, weights] = [height * width, height * width * (height + width)];
    return {
      forward: 6 * weights + 2 * pixels * (channels + 2 * values),
      backward: 12 * weights + 4 * pixels * (channels + values),
    };
  },
  forward: ({ inputs: [query, key, value] }) => ({ output: forward(query, key, value) }),
  backward: ({ gradient, inputs, wanted }) => ({
    inputs: crissCrossGradients(gradient, inputs).map((one, i) => {
      if (wanted[i]) return one;
      tf.dispose(one);
      return null;
    }),
    params: [],
  }),
};
