import { type Tensor, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import type { OpAnswer } from './op-case.ts';

/** An op of one input that TensorFlow.js's tape differentiates. */
export function taped(x: Tensor, dy: Tensor4D, op: (x: Tensor4D) => Tensor4D): OpAnswer {
  return { outputs: [op(x as Tensor4D)], gradients: [tf.grad((input) => op(input as Tensor4D))(x, dy)] };
}
