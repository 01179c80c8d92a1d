import { type Tensor, tf } from '../../../src-main/engine/tf.ts';
import type { OpAnswer } from './op-case.ts';

/** An op of one input that TensorFlow.js's tape differentiates. */
export function taped(x: Tensor, dy: Tensor, op: (x: Tensor) => Tensor): OpAnswer {
  return { outputs: [op(x)], gradients: [tf.grad(op)(x, dy)] };
}
