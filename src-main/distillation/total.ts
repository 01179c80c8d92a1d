/** The weighted sum of a recipe's terms and its gradients with respect to what the student gave. */
import { Problem } from '../contract/problem.ts';
import type { Term, TermDomain, TermSchedule } from '../contract/recipe.ts';
import { sumAll } from '../engine/ops/reduce.ts';
import { type Tensor, type Tensor1D, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import { Batch } from './batch.ts';
import type { OtherTeachers } from './combine.ts';
import { nameOn } from './domains.ts';
import { type LossInputs, type Method, type OwnArray, parseParams, withOptions } from './method.ts';
import { methodById } from './registry.ts';
import { chosen } from './taps.ts';

/** Node names of the taps, in order. */
export interface TapNames {
  student: string[];
  teacher: string[];
}

/** A term of a recipe, checked and ready to be evaluated. */
export interface BoundTerm {
  method: Method;
  params: unknown;
  weight: number;
  /** What its weight follows from step to step; null: nothing. */
  schedule: TermSchedule | null;
  taps: TapNames;
  /** On which data set it counts; none: on the source. */
  domain?: TermDomain;
  /** The method's own arrays as they are now, where it has any. */
  own?: readonly OwnTensor[];
}

export interface OwnTensor extends OwnArray {
  tensor: Tensor;
}

/** What is known of a batch beside what the networks gave. */
export interface BatchFacts {
  random?: LossInputs['random'];
  images?: LossInputs['images'];
  image?: LossInputs['image'];
  domain?: LossInputs['domain'];
  /** Whether `image` and what the networks gave are of all turns of the images, as `turned` in turns.ts has them. */
  turned?: boolean;
}

/** What a network gave on a batch: logits [N, h, w, outputs] at its own stride, and its tapped nodes by name. */
export interface Outputs {
  logits: Tensor4D;
  taps: ReadonlyMap<string, Tensor4D>;
}

/** What teachers gave: of the first one all, of others their logits, which are combined with the first one's. */
export interface Taught extends Outputs {
  others?: OtherTeachers;
}

export interface TotalLoss {
  total: number;
  /**
   * In the order of the terms, each called by `nameOn`; `weighted` is weight · value, `gradientNorm` that of the unweighted term, `own` what the
   * method's own arrays learn by beside the student.
   */
  terms: { id: string; value: number; weighted: number; gradientNorm?: number; own?: number }[];
  /** Of the total, the caller's to dispose: one for the logits and one for each of the student's taps. */
  gradients: { logits: Tensor4D; taps: Map<string, Tensor4D> };
  /** Of each term's own arrays, by name: the total's gradient or the own loss's, or what `next` made; the caller's to dispose. */
  own: Record<string, Tensor>[];
}

/** A term's method as its options make it. @throws Problem for an unknown method, an unknown or bad option */
export function methodOf(term: Pick<Term, 'method' | 'params'>): Pick<BoundTerm, 'method' | 'params'> {
  const method = methodById(term.method);
  const params = parseParams(method, term.params);
  return { method: withOptions(method, params), params };
}

/**
 * Checks a term of a recipe. Of the taps of a method with the option `tap` only the chosen one is left, so that nothing
 * else is computed or kept for it.
 * @param defaults the networks' usual taps, for a term that names none
 * @throws Problem for an unknown method, an unknown or bad option, too few taps or lists that do not match
 */
export function bindTerm(term: Term, defaults: TapNames): BoundTerm {
  const { method, params } = methodOf(term);
  const { weight, schedule, domain } = term;
  const bare = { method, params, weight, schedule, ...(domain ? { domain } : {}) };
  if (method.taps === 0) return { ...bare, taps: { student: [], teacher: [] } };
  const { student, teacher } = term.taps ?? defaults;
  requireTaps(method, student.length, teacher.length);
  const taps = { student, teacher: method.teacher ? teacher : [] };
  const { tap } = params as { tap?: number | null };
  if (tap === undefined) return { ...bare, taps };
  const one = (names: string[]) => [chosen(names, tap)];
  const read = { student: one(taps.student), teacher: method.teacher ? one(taps.teacher) : [] };
  return { ...bare, params: { ...(params as object), tap: null }, taps: read };
}

/** @throws Problem when a method gets fewer taps than it works on, or not the same number from both networks */
export function requireTaps(method: Method, student: number, teacher: number): void {
  if (student < method.taps) {
    throw new Problem(`${method.id} needs at least ${method.taps} taps of the student, but there are ${student}.`, {
      where: 'taps',
      next: 'Name more taps.',
    });
  }
  if (method.teacher && student !== teacher) {
    throw new Problem(`${method.id} has ${student} taps of the student and ${teacher} of the teacher.`, {
      where: 'taps',
      next: 'Name one tap of the teacher for each of the student.',
    });
  }
}

/** Whether any term needs the teacher's outputs. */
export function needsTeacher(terms: readonly BoundTerm[]): boolean {
  return terms.some((t) => t.method.teacher);
}

/**
 * Evaluates all terms and differentiates Σ weight · value in one backward pass.
 *
 * Logits are brought to the size that each method asks for: upsampled to the label map's (bilinear, corners not
 * aligned), or at the student's stride, the teacher's average-pooled to it.
 * @param labels int32 [N, H, W], 255 = ignore
 * @param options.gradientNorms also takes the L2 norm of each unweighted term's gradient over the student's logits and
 *   taps together; costs one more pass per term
 * @throws Problem when shapes do not fit together
 */
export function lossAndGradients(
  terms: readonly BoundTerm[],
  student: Outputs,
  teacher: Taught | undefined,
  labels: Tensor3D,
  { gradientNorms = false, ...facts }: { gradientNorms?: boolean } & BatchFacts = {},
): TotalLoss {
  if (terms.length === 0) return nothing(student);
  const batch = new Batch(terms, student, teacher, labels, facts);
  const { scalars, gradients, own } = tf.tidy(() => {
    const { values, ownLosses, gradients, own } = batch.differentiate(
      terms,
      terms.map((t) => t.weight),
    );
    const norms = gradientNorms ? terms.map((t) => tf.tidy(() => norm(batch.differentiate([t], [1]).gradients))) : [];
    return {
      scalars: tf.concat([values, ownLosses, ...norms]),
      gradients,
      own: batch.next(terms).map((next, t) => ({ ...own[t], ...next })),
    };
  });
  // One read for all: on some engines each waits for everything before it.
  const numbers = scalars.dataSync();
  scalars.dispose();
  const results = terms.map((term, i) => ({
    id: nameOn(term.method.id, facts.domain),
    value: numbers[i],
    weighted: term.weight * numbers[i],
    ...(gradientNorms ? { gradientNorm: numbers[2 * terms.length + i] } : {}),
    ...(term.method.ownLoss ? { own: numbers[terms.length + i] } : {}),
  }));
  const [logits, ...taps] = gradients;
  return {
    total: results.reduce((sum, r) => sum + r.weighted, 0),
    terms: results,
    gradients: { logits, taps: new Map(batch.tapNames.map((name, i) => [name, taps[i]])) },
    own,
  };
}

/** The unweighted value of each term, as `lossAndGradients` computes it, without gradients. */
export function termValues(
  terms: readonly BoundTerm[],
  student: Outputs,
  teacher: Taught | undefined,
  labels: Tensor3D | undefined,
  facts: BatchFacts = {},
): { id: string; value: number }[] {
  const values = tf.tidy(() => new Batch(terms, student, teacher, labels, facts).values(terms).dataSync());
  return terms.map((term, i) => ({ id: term.method.id, value: values[i] }));
}

/** The sum of no terms. */
function nothing({ logits, taps }: Outputs): TotalLoss {
  const zeros = new Map([...taps].map(([name, tap]) => [name, tf.zerosLike(tap)]));
  return { total: 0, terms: [], gradients: { logits: tf.zerosLike(logits), taps: zeros }, own: [] };
}

/** ‖·‖₂ over all tensors together, as [1]. */
function norm(tensors: readonly Tensor[]): Tensor1D {
  return tf
    .addN(tensors.map((t) => sumAll(t.square())))
    .sqrt()
    .reshape([1]);
}
