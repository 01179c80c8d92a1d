import { type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind, Size2 } from '../node-kind.ts';

/** Two channels more that tell where a pixel is: its row and its column, the outermost ones' at −1 and 1. */
export const positions: NodeKind = {
  id: 'positions',
  channels: (_, [channels]) => channels + 2,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ inputs: [x] }) => ({
    output: tf.tidy(() => {
      const [count, height, width] = x.shape;
      const places = tf.tensor4d(positionsOf([height, width]), [1, height, width, 2]);
      return tf.concat<Tensor4D>([x, places.tile([count, 1, 1, 1])], 3);
    }),
  }),
  backward: ({ gradient, inputShapes: [shape] }) => ({
    inputs: [tf.slice(gradient, [0, 0, 0, 0], shape as Tensor4D['shape'])],
    params: [],
  }),
};

/** Row and column of each pixel, [height, width, 2]. */
export function positionsOf([height, width]: Size2): Float32Array {
  const along = (place: number, size: number) => (size === 1 ? 0 : (2 * place) / (size - 1) - 1);
  return Float32Array.from({ length: 2 * height * width }, (_, i) => {
    const pixel = Math.floor(i / 2);
    return i % 2 === 0 ? along(Math.floor(pixel / width), height) : along(pixel % width, width);
  });
}
