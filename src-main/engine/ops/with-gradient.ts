import { type Scalar, type Tensor, tf } from '../tf.ts';
import { timesScalar } from './combine.ts';

/**
 * f's value and its gradients with respect to `xs`, undefined for those that it does not depend on (tf.valueAndGrads
 * throws there).
 * @param dy 1 where it is not given
 */
export function valueAndGradients<Y extends Tensor>(
  f: () => Y,
  xs: readonly Tensor[],
  dy?: Y,
): { value: Y; gradients: (Tensor | undefined)[] } {
  const { value, grads } = tf.engine().gradients(f, [...xs], dy, true);
  return { value: value as Y, gradients: grads as (Tensor | undefined)[] };
}

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

/** A loss of x that is computed together with its gradient, for TensorFlow.js's tape. */
export function differentiable<X extends Tensor>(x: X, loss: (x: X) => { value: Scalar; gradient: X }): Scalar {
  return withGradient<X, Scalar>(x, (input) => {
    const { value, gradient } = loss(input);
    return { value, saved: [gradient], gradient: (dy, [kept]) => timesScalar(kept as X, dy) };
  });
}
