import { resizeBilinear } from '../engine/ops/spatial.ts';
import type { Auxiliary } from '../networks/auxiliary.ts';
import type { Method } from './method.ts';
import { ce } from './methods/ce.ts';
import type { BoundTerm } from './total.ts';

/**
 * The terms by which a student's auxiliary outputs learn, one each, called after it: what the recipe's cross-entropy is
 * for the logits, with the same class weights, times the output's weight. None where the recipe has no cross-entropy.
 */
export function auxiliaryTerms(terms: readonly BoundTerm[], auxiliaries: readonly Auxiliary[]): BoundTerm[] {
  const main = terms.find(({ method }) => method.id === ce.id);
  if (!main) return [];
  return auxiliaries.map(({ name, node, weight }) => ({
    method: labelsOf(name),
    params: main.params,
    weight: main.weight * weight,
    taps: { student: [node], teacher: [] },
  }));
}

/** Cross-entropy of the logits that its tap gives, upsampled to the label map's size. */
function labelsOf(id: string): Method {
  return {
    ...(ce as Method),
    id,
    taps: 1,
    logits: 'none',
    tapSize: 'label',
    loss: ({ student, labels }, params) => {
      const logits = resizeBilinear(student.taps[0], [labels!.shape[1], labels!.shape[2]]);
      return ce.loss({ student: { logits, taps: [] }, labels }, params as Parameters<typeof ce.loss>[1]);
    },
  };
}
