/** What is done to gradients between the loss, the layers and the update. */
import type { TotalLoss } from '../distillation/total.ts';
import { type Tensor, type Tensor4D, tf } from '../engine/tf.ts';

/** Gradients of all parts of a step, array by array. */
export class GradientSum {
  /** Null before the first part. */
  arrays: Tensor[] | null = null;

  /** @param gradients taken over */
  add(gradients: Tensor[]): void {
    const before = this.arrays;
    if (!before) {
      this.arrays = gradients;
      return;
    }
    this.arrays = before.map((array, i) => {
      const sum = array.add(gradients[i]);
      tf.dispose([array, gradients[i]]);
      return sum;
    });
  }
}

/** Replaces each by its product with the factor. */
export function multiply(gradients: Map<string, Tensor4D>, factor: number): void {
  for (const [name, gradient] of gradients) {
    gradients.set(name, gradient.mul(factor));
    gradient.dispose();
  }
}

export function areFinite(arrays: readonly Tensor[]): boolean {
  return tf.tidy(
    () =>
      tf
        .stack(arrays.map((array) => array.isFinite().all()))
        .all()
        .dataSync()[0] === 1,
  );
}

/** Gradients by the node that they enter at; the logits' node may be a tap as well. */
export function gradientsByNode(output: string, { logits, taps }: TotalLoss['gradients']): Map<string, Tensor4D> {
  const byNode = new Map(taps);
  const tapped = byNode.get(output);
  byNode.set(output, tapped ? tapped.add(logits) : logits);
  if (tapped) tf.dispose([tapped, logits]);
  return byNode;
}
