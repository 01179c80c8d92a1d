import { type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import { Op, wave } from './forms.ts';
import { runKernel } from './kernels.ts';
import { sumPixels } from './reduce.ts';

/** dy where x > 0, 0 elsewhere. */
export const reluGradient = new Op(
  'gradient of ReLU',
  {
    plain: (dy: Tensor4D, x: Tensor4D) => tf.tidy(() => dy.mul<Tensor4D>(tf.step(x))),
    tensorflow: (dy, x) => runKernel('ReluGrad', [dy, x])[0] as Tensor4D,
  },
  (form) => [form(wave([1, 3, 4, 2]), wave([1, 3, 4, 2], 1))],
);

/** x where x > 0, slope · x elsewhere; x is NHWC, slope [channels]. As PyTorch's PReLU. */
export function prelu(x: Tensor4D, slope: Tensor1D): Tensor4D {
  // x + (slope − 1) · min(x, 0): one pass over the pixels less than both sides apart.
  return tf.tidy(() => x.add(tf.minimum(x, 0).mul(slope.sub(1))));
}

/** The gradient of prelu: that of x, and that of the slopes summed over all pixels. At 0 the slope's side holds. */
export function preluGradient(dy: Tensor4D, x: Tensor4D, slope: Tensor1D): { input: Tensor4D; slope: Tensor1D } {
  return tf.tidy(() => {
    const positive = reluGradient.form(dy, x);
    const rest = dy.sub<Tensor4D>(positive);
    return { input: positive.add<Tensor4D>(rest.mul(slope)), slope: sumPixels(rest.mul(x)) };
  });
}

/** max(x, 0). As PyTorch's ReLU. Its gradient, from input or output, is reluGradient's: 0 at 0. */
export function relu(x: Tensor4D): Tensor4D {
  return tf.relu(x);
}

/** min(max(x, 0), 6). As PyTorch's ReLU6. */
export function relu6(x: Tensor4D): Tensor4D {
  return tf.relu6(x);
}

/** The gradient of relu6, from its input or its output y: dy where 0 < y < 6, and 0 at both ends. */
export const relu6Gradient = new Op(
  'gradient of ReLU6',
  {
    plain: (dy: Tensor4D, y: Tensor4D) => tf.tidy(() => dy.mul<Tensor4D>(tf.step(y).mul(tf.step(tf.sub(6, y))))),
    tensorflow: (dy, y) => runKernel('Relu6Grad', [dy, y])[0] as Tensor4D,
  },
  (form) => [form(wave([1, 3, 4, 2]), wave<Tensor4D>([1, 3, 4, 2], 1).mul(9))],
);

/** 1 / (1 + e^−x). */
export function sigmoid(x: Tensor4D): Tensor4D {
  return tf.sigmoid(x);
}

/** The gradient of sigmoid, from its output y: dy · y · (1 − y). */
export const sigmoidGradient = new Op(
  'gradient of sigmoid',
  {
    plain: (dy: Tensor4D, y: Tensor4D) => tf.tidy(() => dy.mul<Tensor4D>(y.sub(y.square()))),
    tensorflow: (dy, y) => runKernel('SigmoidGrad', [y, dy])[0] as Tensor4D,
  },
  (form) => [form(wave([1, 3, 4, 2]), wave([1, 3, 4, 2], 1))],
);

/** x · sigmoid(x) (Ramachandran et al., 2017). As PyTorch's SiLU. */
export function swish(x: Tensor4D): Tensor4D {
  return tf.tidy(() => x.mul<Tensor4D>(tf.sigmoid(x)));
}

/** The gradient of swish, from its input x: dy · s · (1 + x · (1 − s)), where s = sigmoid(x). */
export function swishGradient(dy: Tensor4D, x: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const s = tf.sigmoid(x);
    return dy.mul<Tensor4D>(s.add(x.mul(s.sub(s.square()))));
  });
}

/** x · Φ(x) (Hendrycks, Gimpel, 2016), Φ the normal distribution's. As PyTorch's GELU. */
export function gelu(x: Tensor4D): Tensor4D {
  return tf.tidy(() => x.mul<Tensor4D>(normal(x)));
}

/** The gradient of gelu, from its input x: dy · (Φ(x) + x · φ(x)). */
export function geluGradient(dy: Tensor4D, x: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const density = x
      .square()
      .mul(-0.5)
      .exp()
      .mul(1 / Math.sqrt(2 * Math.PI));
    return dy.mul<Tensor4D>(normal(x).add(x.mul(density)));
  });
}

/** The normal distribution's Φ. */
function normal(x: Tensor4D): Tensor4D {
  return x.mul(Math.SQRT1_2).erf().add(1).mul(0.5);
}

/** relu6(x + 3) / 6 (Howard et al., ICCV 2019). As PyTorch's Hardsigmoid. */
export function hardSigmoid(x: Tensor4D): Tensor4D {
  return tf.tidy(() => tf.relu6(x.add<Tensor4D>(3)).div(6));
}

/** The gradient of hardSigmoid, from its output y: dy / 6 where 0 < y < 1, and 0 at both ends. */
export function hardSigmoidGradient(dy: Tensor4D, y: Tensor4D): Tensor4D {
  return tf.tidy(() => dy.mul<Tensor4D>(tf.step(y).mul(tf.step(tf.sub(1, y)))).div(6));
}

/** x · relu6(x + 3) / 6 (Howard et al., ICCV 2019). As PyTorch's Hardswish. */
export function hardSwish(x: Tensor4D): Tensor4D {
  return tf.tidy(() => x.mul<Tensor4D>(tf.relu6(x.add(3)).div(6)));
}

/** The gradient of hardSwish, from its input x: 0 up to −3, dy · (x / 3 + 1 / 2) between, dy from 3 on. */
export function hardSwishGradient(dy: Tensor4D, x: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const between = tf.step(x.add(3)).mul(x.div(3).add(0.5));
    return dy.mul<Tensor4D>(tf.where(x.less(3), between, tf.onesLike(x)));
  });
}
