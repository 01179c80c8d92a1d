import { type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/** The mean of the channels of each pixel, the pixels then being the channels of a single one. attrs: `pixels`, how many. */
export const channelMean: NodeKind = {
  id: 'channelMean',
  channels: ({ pixels }) => pixels,
  size: ({ pixels }, [[height, width]]) => {
    if (height * width !== pixels) throw new Error(`${height} × ${width} are not ${pixels} pixels.`);
    return [1, 1];
  },
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs: { pixels }, inputs: [x] }) => ({
    output: tf.tidy(() => x.mean(3).reshape<Tensor4D>([x.shape[0], 1, 1, pixels])),
  }),
  backward: ({ gradient, inputShapes: [shape] }) => {
    const [n, height, width, channels] = shape as Tensor4D['shape'];
    const spread = () => gradient.div(channels).reshape([n, height, width, 1]).tile<Tensor4D>([1, 1, 1, channels]);
    return { inputs: [tf.tidy(spread)], params: [] };
  },
};
