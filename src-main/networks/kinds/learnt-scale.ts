import { type Tensor1D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/** The input times one learnt number, which starts at 0: what is added by it comes in as far as it helps (mmcv's Scale). */
export const learntScale: NodeKind = {
  id: 'learntScale',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => {
    const init = { kind: 'constant', value: 0 } as const;
    return [{ param: 'scale', torch: 'scale', shape: [1], torchShape: [], toOurs: 'same', trainable: true, init }];
  },
  macs: () => 0,
  keepsInputs: true,
  scratch: (_, [[height, width, channels]]) => ({ forward: 0, backward: height * width * channels }),
  forward: ({ inputs: [x], params: [scale] }) => ({ output: tf.mul<Tensor4D>(x, scale) }),
  backward: ({ gradient, inputs: [x], params: [scale], wanted }) => ({
    inputs: [wanted[0] ? tf.mul<Tensor4D>(gradient, scale) : null],
    params: [tf.tidy(() => gradient.mul(x).sum().reshape<Tensor1D>([1]))],
  }),
};
