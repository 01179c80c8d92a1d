/** What is done to gradients between the loss, the layers and the update. */
import type { TotalLoss } from '../distillation/total.ts';
import { type Tensor, type Tensor4D, tf } from '../engine/tf.ts';

/** a + b, array by array; disposes both. */
export function added(a: Tensor[], b: Tensor[]): Tensor[] {
  return a.map((array, i) => {
    const sum = array.add(b[i]);
    tf.dispose([array, b[i]]);
    return sum;
  });
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
