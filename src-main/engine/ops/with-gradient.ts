import { type Tensor, tf } from '../tf.ts';

/**
 * forward(x) with the gradient that it states, for TensorFlow.js's tape: `gradient` is given dy and the tensors of
 * `saved`, which outlive the forward pass. Nothing inside is recorded, so ops without gradients may be used.
 */
export function withGradient<X extends Tensor, Y extends Tensor>(
  x: X,
  forward: (x: X) => { value: Y; saved: Tensor[]; gradient: (dy: Y, saved: Tensor[]) => X },
): Y {
  const op = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [X, (tensors: Tensor[]) => void];
    const { value, saved, gradient } = forward(input);
    save(saved);
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => gradient(dy as Y, kept) };
  });
  return op(x) as Y;
}
