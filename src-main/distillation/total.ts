/** The weighted sum of a recipe's terms and its gradients with respect to what the student gave. */
import { Problem } from '../contract/problem.ts';
import type { Term } from '../contract/recipe.ts';
import { sumAll } from '../engine/ops/reduce.ts';
import { resizeBilinear } from '../engine/ops/spatial.ts';
import { type Tensor, type Tensor1D, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import { type LossInputs, type Method, parseParams } from './method.ts';
import { poolTo } from './ops.ts';
import { methodById } from './registry.ts';

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
  taps: TapNames;
}

/** What a network gave on a batch: logits [N, h, w, outputs] at its own stride, and its tapped nodes by name. */
export interface Outputs {
  logits: Tensor4D;
  taps: ReadonlyMap<string, Tensor4D>;
}

export interface TotalLoss {
  total: number;
  /** In the order of the terms; `weighted` is weight · value, `gradientNorm` that of the unweighted term. */
  terms: { id: string; value: number; weighted: number; gradientNorm?: number }[];
  /** Of the total, the caller's to dispose: one for the logits and one for each of the student's taps. */
  gradients: { logits: Tensor4D; taps: Map<string, Tensor4D> };
}

/**
 * Checks a term of a recipe.
 * @param defaults the networks' usual taps, for a term that names none
 * @throws Problem for an unknown method, an unknown or bad option, too few taps or lists that do not match
 */
export function bindTerm(term: Term, defaults: TapNames): BoundTerm {
  const method = methodById(term.method);
  const params = parseParams(method, term.params);
  if (method.taps === 0) return { method, params, weight: term.weight, taps: { student: [], teacher: [] } };
  const taps = term.taps ?? defaults;
  requireTaps(method, taps.student.length, taps.teacher.length);
  return { method, params, weight: term.weight, taps };
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
  teacher: Outputs | undefined,
  labels: Tensor3D,
  options: { gradientNorms?: boolean } = {},
): TotalLoss {
  const batch = new Batch(terms, student, teacher, labels);
  const { scalars, gradients } = tf.tidy(() => {
    const { values, gradients } = batch.differentiate(
      terms,
      terms.map((t) => t.weight),
    );
    const norms = options.gradientNorms
      ? terms.map((t) => tf.tidy(() => norm(batch.differentiate([t], [1]).gradients)))
      : [];
    return { scalars: tf.concat([values, ...norms]), gradients };
  });
  // One read for all: on some engines each waits for everything before it.
  const numbers = scalars.dataSync();
  scalars.dispose();
  const results = terms.map((term, i) => ({
    id: term.method.id,
    value: numbers[i],
    weighted: term.weight * numbers[i],
    ...(options.gradientNorms ? { gradientNorm: numbers[terms.length + i] } : {}),
  }));
  const [logits, ...taps] = gradients;
  return {
    total: results.reduce((sum, r) => sum + r.weighted, 0),
    terms: results,
    gradients: { logits, taps: new Map(batch.tapNames.map((name, i) => [name, taps[i]])) },
  };
}

/** The unweighted value of each term, as `lossAndGradients` computes it, without gradients. */
export function termValues(
  terms: readonly BoundTerm[],
  student: Outputs,
  teacher: Outputs | undefined,
  labels: Tensor3D | undefined,
): { id: string; value: number }[] {
  const values = tf.tidy(() => new Batch(terms, student, teacher, labels).values(terms).dataSync());
  return terms.map((term, i) => ({ id: term.method.id, value: values[i] }));
}

/** What both networks gave on one batch, at the sizes that methods ask for. */
class Batch {
  readonly tapNames: string[];
  private readonly tensors: Tensor4D[];
  private readonly teacher: Outputs | undefined;
  private readonly labels: Tensor3D | undefined;

  constructor(
    terms: readonly BoundTerm[],
    student: Outputs,
    teacher: Outputs | undefined,
    labels: Tensor3D | undefined,
  ) {
    this.teacher = teacher;
    this.labels = labels;
    for (const { method, taps } of terms) {
      if (method.teacher && !teacher) {
        throw new Problem(`${method.id} needs a teacher.`, { next: 'Choose one, or leave this method out.' });
      }
      requireNodes(method, 'student', taps.student, student);
      if (teacher) requireNodes(method, 'teacher', taps.teacher, teacher);
    }
    this.tapNames = [...student.taps.keys()];
    this.tensors = [student.logits, ...student.taps.values()];
  }

  /** Unweighted values [terms], differentiable with respect to `tensors`: the student's logits, then its taps. */
  values(terms: readonly BoundTerm[], tensors: readonly Tensor4D[] = this.tensors): Tensor1D {
    const ofStudent = this.sizes(tensors[0]);
    const ofTeacher = this.teacher && this.sizes(this.teacher.logits);
    const inputs = ({ method, taps }: BoundTerm): LossInputs => ({
      student: {
        logits: ofStudent(method.logits),
        taps: taps.student.map((name) => tensors[1 + this.tapNames.indexOf(name)]),
      },
      teacher: ofTeacher && {
        logits: ofTeacher(method.logits),
        taps: taps.teacher.map((name) => this.teacher!.taps.get(name)!),
      },
      labels: this.labels,
    });
    return tf.stack(terms.map((term) => term.method.loss(inputs(term), term.params))) as Tensor1D;
  }

  /** Values, and the gradients of Σ weight · value with respect to the student's logits and each of its taps. */
  differentiate(terms: readonly BoundTerm[], weights: number[]): { values: Tensor1D; gradients: Tensor4D[] } {
    const used = [
      terms.some((t) => t.method.logits !== 'none'),
      ...this.tapNames.map((name) => terms.some((t) => t.taps.student.includes(name))),
    ];
    // Copies (of the handle, not the data): a tap may be the very tensor of the logits or of another tap.
    const copies = this.tensors.map((t) => t.clone());
    const f = () => this.values(terms, copies) as Tensor;
    const { value, grads } = tf.valueAndGrads(f)(
      copies.filter((_, i) => used[i]),
      tf.tensor1d(weights),
    );
    const gradients = copies.map((t, i) => (used[i] ? grads.shift()! : tf.zerosLike(t)) as Tensor4D);
    return { values: value as Tensor1D, gradients };
  }

  /** Logits at the size that a method asks for, each size made once. */
  private sizes(logits: Tensor4D): (wanted: Method['logits']) => Tensor4D | undefined {
    const made: { [wanted in Method['logits']]?: Tensor4D } = {};
    return (wanted) => {
      if (wanted === 'none') return undefined;
      made[wanted] ??= this.sized(logits, wanted);
      return made[wanted];
    };
  }

  private sized(logits: Tensor4D, wanted: 'label' | 'student'): Tensor4D {
    if (wanted === 'label') return resizeBilinear(logits, [this.labels!.shape[1], this.labels!.shape[2]]);
    const [, height, width] = this.tensors[0].shape;
    return logits.shape[1] === height && logits.shape[2] === width ? logits : poolTo(logits, [height, width]);
  }
}

function requireNodes(method: Method, whose: string, names: readonly string[], outputs: Outputs): void {
  const missing = names.filter((name) => !outputs.taps.has(name));
  if (missing.length === 0) return;
  throw new Problem(`${method.id} taps ${missing.join(', ')}, which the ${whose} does not have.`, {
    where: 'taps',
    next: `Choose from the ${whose}'s nodes.`,
  });
}

/** ‖·‖₂ over all tensors together, as [1]. */
function norm(tensors: readonly Tensor[]): Tensor1D {
  return tf
    .addN(tensors.map((t) => sumAll(t.square())))
    .sqrt()
    .reshape([1]);
}
