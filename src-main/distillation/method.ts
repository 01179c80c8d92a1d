import { z } from 'zod';
import { randomUniform } from '../base/random.ts';
import { Problem } from '../contract/problem.ts';
import type { Scalar, Tensor, Tensor3D, Tensor4D } from '../engine/tf.ts';
import { type ParamSpec, sizeOf } from '../networks/graph.ts';
import type { Size3 } from '../networks/node-kind.ts';
import type { Domain } from './domains.ts';

/** What one network gives to a method: logits [N, h, w, outputs] and taps [N, h, w, channels], float32. */
export interface NetworkOutputs {
  logits?: Tensor4D;
  taps: Tensor4D[];
}

/** What a method is evaluated on. A method asks only for what it declares, so the rest may be absent. */
export interface LossInputs {
  student: NetworkOutputs;
  teacher?: NetworkOutputs;
  /** int32 [N, H, W], 255 = ignore. */
  labels?: Tensor3D;
  /** How many classes the student has. */
  classes?: number;
  /** The method's own arrays, by name. */
  own?: ReadonlyMap<string, Tensor>;
  /** A number in [0, 1), the same for the same step and counters (whole numbers). */
  random?(...counters: number[]): number;
  /** Which of the images that are trained on these are, counted from 0: [N]. */
  images?: Int32Array;
  /** Of which data set they are; the source where there is but one. */
  domain?: Domain;
  /** The images as the student takes them: float32 [N, H, W, 3]. */
  image?: Tensor4D;
}

/** What a method knows of what it will read before anything is computed. */
export interface LossShapes {
  /** The student's outputs. */
  classes: number;
  /** Height and width of the logits as the method reads them; null where it reads none. */
  logits: readonly [height: number, width: number] | null;
  /** Height, width and channels of each tap. */
  student: readonly Size3[];
  teacher: readonly Size3[];
  /** Images that are trained on. */
  images: number;
}

/**
 * An array of a method's own: an adapter's, a discriminator's, or what it remembers from step to step. It lives as long
 * as the run and is no part of the student.
 */
export interface OwnArray {
  name: string;
  shape: readonly number[];
  init: ParamSpec['init'];
  /**
   * `loss`: it learns along with the student, by the same optimizer; `ownLoss`: by that, and is constant in the loss;
   * `none`: `next` says what it is after a step.
   */
  learns: 'loss' | 'ownLoss' | 'none';
}

/**
 * A distillation method (or a plain loss): one file in methods/ and one line in registry.ts.
 * The text fields and the schema of `params` are what the recipe form and `stillroom loss --help` show.
 */
export interface Method<P = unknown> {
  /** How recipes and the command line name it. */
  id: string;
  title: string;
  citation: string;
  /** The unweighted term as one line of plain text. */
  equation: string;
  /** Its options; every field has a default and a `meta` with title and description. */
  params: z.ZodType<P>;
  teacher: boolean;
  labels: boolean;
  /** Whether it reads the images themselves. */
  image?: boolean;
  /** Whether it reads all turns of the images (turns.ts): both networks' outputs are then of so many times the images. */
  turned?: boolean;
  /** The fewest taps it works on; 0: it reads none. */
  taps: number;
  /**
   * Where it reads logits in training: `label`, upsampled to the label map's size; `student`, at the student's stride,
   * the teacher's average-pooled to it; `none`, not at all.
   */
  logits: 'none' | 'label' | 'student';
  defaultWeight: number;
  /**
   * How many arrays of the size of the logits that it reads (of its taps where it reads none) it holds at once at most,
   * their gradient among them: for telling how much memory a recipe needs.
   */
  copies: number;
  /**
   * How much a part of a batch counts in the term's mean over the whole batch, so that it can be computed in parts:
   * as many as it has images where this is not given. `labels` are the part's, 255 = ignore, of images of this size.
   */
  mass?(labels: Int32Array, params: P, size: readonly [height: number, width: number]): number;
  /**
   * `energy` where all that the method reads of the teacher's taps is the mean over channels of their squares: it may
   * then be given √(that mean) as one channel in place of the tap.
   */
  teacherTaps?: 'energy';
  /** Its own arrays. */
  own?(shapes: LossShapes, params: P): OwnArray[];
  /** The rate at which Adam (β 0.9 and 0.99) moves the arrays that learn by `ownLoss`. */
  ownRate?(params: P): number;
  /** What its own arrays learn by that the student does not: the student's and the teacher's tensors are constant in it. */
  ownLoss?(inputs: LossInputs, params: P): Scalar;
  /** What the arrays that do not learn are after a step, by name; those that stay as they are may be left out. */
  next?(inputs: LossInputs, params: P): Record<string, Tensor>;
  /** `label` where it brings its taps to the label map's size. */
  tapSize?: 'label';
  /** Where it compares two data sets, so that it has to count on both: it then has the value of the target. */
  needsBoth?: boolean;
  /** Where it is no mean over images, so that a batch cannot be computed in parts. */
  wholeBatch?: boolean;
  /**
   * How many numbers it holds at once at most for one image beside `copies`, as for a matrix of pixels.
   * @param size height, width and channels of what it reads of the student
   */
  besides?(size: Size3, params: P): number;
  /** What its options decide of it: these fields then stand in place of its own. */
  decides?(params: P): Partial<Pick<Method, 'taps' | 'logits' | 'wholeBatch' | 'image' | 'copies'>>;
  /**
   * The unweighted term, averaged over the batch: a scalar that TensorFlow.js can differentiate with respect to the
   * student's tensors. `params` must have gone through the schema. Throws a Problem where shapes do not fit together.
   */
  loss(inputs: LossInputs, params: P): Scalar;
}

/**
 * Options as a recipe or the command line gives them, checked and with the defaults filled in. The option `tap` may also
 * be what a file calls that array: `tap2` for 2.
 * @throws Problem naming the field, in words
 */
export function parseParams<P>(method: Method<P>, params: unknown): P {
  const named = /^tap(\d+)$/.exec(String((params as { tap?: unknown } | null)?.tap));
  const result = method.params.safeParse(named ? { ...(params as object), tap: Number(named[1]) } : (params ?? {}));
  if (result.success) return result.data;
  const known = paramNames(method);
  const takes = known.length > 0 ? `It takes ${known.join(', ')}.` : 'It takes no options.';
  const issue = result.error.issues[0];
  if (issue.code === 'unrecognized_keys') {
    throw new Problem(`${method.id} has no option named ${issue.keys.join(', ')}.`, { next: takes });
  }
  const field = issue.path.join('.');
  throw new Problem(`${method.id}: ${field ? `option ${field}: ` : ''}${issue.message}.`, {
    where: field,
    next: takes,
  });
}

/** A method as its options make it. @param params as parseParams gives them */
export function withOptions<P>(method: Method<P>, params: P): Method<P> {
  return method.decides ? { ...method, ...method.decides(params) } : method;
}

/** The names of a method's options. */
export function paramNames(method: Method): string[] {
  return Object.keys(z.toJSONSchema(method.params, { io: 'input' }).properties ?? {});
}

/** What an array of a method's own holds before the first step. */
export function initialValues({ name, shape, init }: OwnArray, method: string, seed: number): Float32Array {
  const values = new Float32Array(sizeOf(shape));
  if (init.kind === 'constant') return values.fill(init.value);
  return values.map((_, i) => (2 * randomUniform(seed, `${method}.${name}`, i) - 1) * init.bound);
}
