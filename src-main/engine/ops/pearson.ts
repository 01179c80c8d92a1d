import { type Scalar, type Tensor2D, tf } from '../tf.ts';
import { sumAll } from './reduce.ts';
import { withGradient } from './with-gradient.ts';

/** What varies less than this about its mean counts as if it were this long: the ε of PyTorch's cosine_similarity. */
const SHORTEST = 1e-8;

/** x less its mean along each row, divided by its length; that length; and ‖·‖² of the quotient, which is 1 or less. */
function centred(x: Tensor2D) {
  const apart = x.sub<Tensor2D>(x.mean(1, true));
  const length = apart.square().sum<Tensor2D>(1, true).sqrt();
  const divisor = length.maximum<Tensor2D>(SHORTEST);
  return { u: apart.div<Tensor2D>(divisor), length, divisor, whole: length.div<Tensor2D>(divisor).square() };
}

/**
 * 1 − Pearson's correlation of the rows of two tensors [rows, values], the mean over rows; differentiable with respect to
 * the first, the second is constant. A row that does not vary correlates with none, and has no gradient.
 *
 * With rows u and v of length 1 it is ½‖u − v‖², which keeps in float32 what 1 − ⟨u, v⟩ of two rows alike would lose.
 */
export function pearsonDistance(x: Tensor2D, y: Tensor2D): Scalar {
  const [rows] = x.shape;
  return withGradient<Tensor2D, Scalar>(x, (input) => {
    const a = centred(input);
    const b = centred(y);
    const difference = b.u.sub<Tensor2D>(a.u);
    const lacking = tf.sub(2, a.whole).sub(b.whole);
    const distance = difference.square().sum<Tensor2D>(1, true).add(lacking).div<Tensor2D>(2);
    // d⟨u, v⟩/dx = (v − u⟨u, v⟩)/‖x‖; it sums to 0 along a row, as v and u do, so the mean needs no gradient of its own.
    const along = difference.add(a.u.mul(distance));
    const alive = a.length.greater(SHORTEST).cast('float32');
    return {
      value: sumAll(distance).div(rows),
      saved: [
        along
          .mul(alive)
          .div(a.divisor)
          .mul(-1 / rows),
      ],
      gradient: (dy, [slope]) => slope.mul(dy),
    };
  });
}
