import type { Tensor4D } from '../engine/tf.ts';

/** Of gradients that are computed all at once those that are wanted, as `BackwardAnswer` has them; the others are disposed. */
export function onlyWanted(gradients: readonly Tensor4D[], wanted: readonly boolean[]): (Tensor4D | null)[] {
  return gradients.map((one, i) => {
    if (wanted[i]) return one;
    one.dispose();
    return null;
  });
}
