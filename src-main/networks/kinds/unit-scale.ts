import { unitVectors } from '../../engine/ops/unit.ts';
import { type Tensor1D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/** ParseNet's first scale; 20 where the authors train on. */
const FIRST = 10;

/** Each pixel's channels as a vector of length 1 (that of zero stays zero), times a learnt scale for each channel. */
export const unitScale: NodeKind = {
  id: 'unitScale',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: (_, [channels]) => {
    const init = { kind: 'constant', value: FIRST } as const;
    const shape = [channels];
    return [{ param: 'scale', torch: 'weight', shape, torchShape: shape, toOurs: 'same', trainable: true, init }];
  },
  macs: () => 0,
  keepsInputs: false,
  saves: true,
  forward: ({ inputs: [x], params: [scale], training }) => {
    const { value, length } = unitVectors.form.forward(x);
    const output = tf.mul<Tensor4D>(value, scale);
    if (training) return { output, saved: [value, length] };
    tf.dispose([value, length]);
    return { output };
  },
  backward: ({ gradient, params: [scale], saved: [value, length] }) => {
    const along = tf.tidy(() => gradient.mul(value).sum<Tensor1D>([0, 1, 2]));
    const scaled = tf.mul<Tensor4D>(gradient, scale);
    const input = unitVectors.form.gradient(scaled, value as Tensor4D, length as Tensor4D);
    scaled.dispose();
    return { inputs: [input], params: [along] };
  },
};
