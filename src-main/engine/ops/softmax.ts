import { type Tensor, tf } from '../tf.ts';

/** e^x over its sum along an axis, without overflow. As PyTorch's softmax(x, dim=axis). */
export function softmax<T extends Tensor>(x: T, axis: number): T {
  if (axis === x.shape.length - 1) return tf.softmax(x);
  return tf.tidy(() => {
    const powers = x.sub(x.max(axis, true)).exp();
    return powers.div<T>(powers.sum(axis, true));
  });
}

/** The gradient of softmax, from its output y: y · (dy − Σ dy · y). */
export function softmaxGradient<T extends Tensor>(dy: T, y: T, axis: number): T {
  return tf.tidy(() => {
    const product = dy.mul(y);
    return product.sub<T>(y.mul(product.sum(axis, true)));
  });
}
