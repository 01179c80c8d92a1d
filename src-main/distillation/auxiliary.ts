import { IGNORE } from '../contract/dataset.ts';
import { timesScalar } from '../engine/ops/combine.ts';
import { resizeBilinear } from '../engine/ops/spatial.ts';
import { withGradient } from '../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor4D, tf } from '../engine/tf.ts';
import type { Auxiliary } from '../networks/auxiliary.ts';
import type { Method } from './method.ts';
import { ce } from './methods/ce.ts';
import { ceBoundary } from './methods/ce-boundary.ts';
import { ceOhem } from './methods/ce-ohem.ts';
import type { BoundTerm } from './total.ts';

/** The methods that auxiliary outputs may learn by. */
export const crossEntropies: readonly string[] = [ce.id, ceOhem.id, ceBoundary.id];

/**
 * The terms by which a student's auxiliary outputs learn, one each, called after it: what the recipe's cross-entropy is
 * for the logits, with the same options and schedule, times the output's weight. None where the recipe has no cross-entropy.
 */
export function auxiliaryTerms(terms: readonly BoundTerm[], auxiliaries: readonly Auxiliary[]): BoundTerm[] {
  const main = terms.find(({ method }) => crossEntropies.includes(method.id));
  if (!main) return [];
  return auxiliaries.map(({ name, node, weight, loss }) => ({
    method: loss === 'presence' ? presenceOf(name) : labelsOf(name, main.method),
    params: main.params,
    weight: main.weight * weight,
    schedule: main.schedule,
    domain: main.domain,
    taps: { student: [node], teacher: [] },
  }));
}

/** A cross-entropy of the logits that its tap gives, upsampled to the label map's size. */
function labelsOf(id: string, method: Method): Method {
  return {
    ...method,
    id,
    taps: 1,
    logits: 'none',
    tapSize: 'label',
    loss: ({ student, labels }, params) => {
      const logits = resizeBilinear(student.taps[0], [labels!.shape[1], labels!.shape[2]]);
      return method.loss({ student: { logits, taps: [] }, labels }, params);
    },
  };
}

/**
 * The semantic encoding loss (Zhang et al., Context Encoding for Semantic Segmentation, CVPR 2018): binary cross-entropy of
 * each class being anywhere in the picture, the mean over classes and pictures. Its tap is [N, 1, 1, classes].
 */
function presenceOf(id: string): Method {
  return {
    ...(ce as Method),
    id,
    taps: 1,
    logits: 'none',
    mass: undefined,
    loss: ({ student, labels }) => {
      const [tap] = student.taps;
      const [count, , , classes] = tap.shape;
      const there = new Float32Array(count * classes);
      const values = labels!.dataSync<'int32'>();
      const pixels = values.length / count;
      for (const [i, label] of values.entries()) {
        if (label !== IGNORE) there[Math.floor(i / pixels) * classes + label] = 1;
      }
      const truth = tf.tensor4d(there, tap.shape);
      return withGradient<Tensor4D, Scalar>(tap, (z) => ({
        // log(1 + e^z) − z y, without overflow.
        value: z.relu().sub(z.mul(truth)).add(z.abs().neg().exp().log1p()).mean<Scalar>(),
        saved: [z.sigmoid().sub(truth).div(there.length)],
        gradient: (dy, [slope]) => timesScalar(slope as Tensor4D, dy),
      }));
    },
  };
}
