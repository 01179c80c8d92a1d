import { type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { Attributes, Init, KindParam, NodeKind, Size2 } from '../node-kind.ts';

/** What transformers learn for each place begins near zero. */
const INIT: Init = { kind: 'uniform', bound: 0.02 };

function learnt(shape: readonly number[]): KindParam[] {
  return [{ param: 'value', torch: 'weight', shape, torchShape: shape, toOurs: 'same', trainable: true, init: INIT }];
}

/**
 * An array as large as the picture added to it (a position embedding). Its size is that of all pictures that pass.
 * attrs: `height`, `width`.
 */
export const addLearnt: NodeKind = {
  id: 'addLearnt',
  channels: (_, [channels]) => channels,
  size: ({ height, width }, [size]) => {
    if (size[0] !== height || size[1] !== width)
      throw new Error(`What is added is ${height} × ${width}, not ${size.join(' × ')}.`);
    return size;
  },
  params: ({ height, width }, [channels]) => learnt([height, width, channels]),
  macs: () => 0,
  keepsInputs: false,
  forward: ({ inputs: [x], params: [value] }) => ({ output: tf.add(x, value as Tensor3D) }),
  backward: ({ gradient }) => ({ inputs: [gradient.clone()], params: [gradient.sum(0)] }),
};

/** Pixels that are learnt in front of each row of a picture of one row (a class token). attrs: `tokens`, how many. */
export const prepend: NodeKind = {
  id: 'prepend',
  channels: (_, [channels]) => channels,
  size: ({ tokens }, [[height, width]]) => {
    if (height !== 1) throw new Error('Tokens go before a single row.');
    return [1, width + tokens];
  },
  params: ({ tokens }, [channels]) => learnt([tokens, channels]),
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs: { tokens }, inputs: [x], params: [value] }) => ({
    output: tf.tidy(() => {
      const [batch, , , channels] = x.shape;
      const front = value.reshape<Tensor4D>([1, 1, tokens, channels]).tile<Tensor4D>([batch, 1, 1, 1]);
      return tf.concat([front, x], 2);
    }),
  }),
  backward: ({ attrs: { tokens }, gradient }) => {
    const [batch, height, width, channels] = gradient.shape;
    const x = tf.slice(gradient, [0, 0, tokens, 0], [batch, height, width - tokens, channels]);
    const value = tf.tidy(() => tf.slice(gradient, [0, 0, 0, 0], [batch, height, tokens, channels]).sum([0, 1]));
    return { inputs: [x], params: [value] };
  },
};

/** The same pixels in other rows: row-major, `height` × `width` of them (tokens in one row become a picture again). */
export const regroup: NodeKind = {
  id: 'regroup',
  channels: (_, [channels]) => channels,
  size: ({ height, width }, [size]) => {
    if (height * width !== size[0] * size[1])
      throw new Error(`${size.join(' × ')} pixels are not ${height} × ${width}.`);
    return [height, width];
  },
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs: { height, width }, inputs: [x] }) => ({
    output: x.reshape<Tensor4D>([x.shape[0], height, width, x.shape[3]]),
  }),
  backward: ({ gradient, inputShapes: [shape] }) => ({ inputs: [gradient.reshape<Tensor4D>([...shape])], params: [] }),
};

/** Part of a picture. attrs: `top`, `left`, `height`, `width`. */
export const crop: NodeKind = {
  id: 'crop',
  channels: (_, [channels]) => channels,
  size: ({ top, left, height, width }, [size]): Size2 => {
    if (top + height > size[0] || left + width > size[1])
      throw new Error(`The part lies outside of ${size.join(' × ')}.`);
    return [height, width];
  },
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x] }) => ({ output: part(x, attrs, 0, x.shape[3]) }),
  backward: ({ attrs, gradient, inputShapes: [shape] }) => ({
    inputs: [partGradient(gradient, shape, attrs, 0)],
    params: [],
  }),
};

/** Some of the channels. attrs: `start`, `count`. */
export const channels: NodeKind = {
  id: 'channels',
  channels: ({ start, count }, [all]) => {
    if (start + count > all) throw new Error(`There are ${all} channels, not ${start + count}.`);
    return count;
  },
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs: { start, count }, inputs: [x] }) => {
    const [, height, width] = x.shape;
    return { output: part(x, { top: 0, left: 0, height, width }, start, count) };
  },
  backward: ({ attrs: { start }, gradient, inputShapes: [shape] }) => ({
    inputs: [partGradient(gradient, shape, { top: 0, left: 0 }, start)],
    params: [],
  }),
};

function part(x: Tensor4D, { top, left, height, width }: Attributes, start: number, count: number): Tensor4D {
  return tf.slice(x, [0, top, left, start], [x.shape[0], height, width, count]);
}

/** The gradient of part's input, of this shape: zeros around. */
function partGradient(dy: Tensor4D, shape: readonly number[], { top, left }: Attributes, start: number): Tensor4D {
  return tf.pad(
    dy,
    [0, top, left, start].map((before, axis): [number, number] => [before, shape[axis] - before - dy.shape[axis]]),
  );
}
