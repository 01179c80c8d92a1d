/** One method on arrays from outside: what `stillroom loss` prints, so that anyone can hold it against their own code. */
import { isDeepStrictEqual } from 'node:util';
import { randomUniform } from '../base/random.ts';
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { valueAndGradients } from '../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import type { NumpyArray } from '../weights/npz.ts';
import {
  initialValues,
  type LossInputs,
  type Method,
  type NetworkOutputs,
  type OwnArray,
  parseParams,
  withOptions,
} from './method.ts';
import { type OwnTensor, requireTaps } from './total.ts';
import { TURNS } from './turns.ts';

export interface Differentiated {
  value: number;
  /**
   * By array name; only of those that the method reads: the student's, NCHW, and its own that learn with the student
   * (`own.NAME`).
   */
  gradients: Map<string, { shape: number[]; data: Float32Array }>;
  /** What the method's own arrays learn by beside the student, where there is that. */
  ownLoss?: Omit<Differentiated, 'ownLoss'>;
}

/** A value, and the L2 norms of its gradients, over each whole array. */
export interface LossNorms {
  value: number;
  gradientNorms: Record<string, number>;
  ownLoss?: Omit<LossNorms, 'ownLoss'>;
}

/**
 * The unweighted value of a method and the L2 norm, over the whole array, of its gradient with respect to each of the
 * student's arrays that it reads; arrays that it does not read have no entry. Nothing is resized but what the method
 * itself resizes.
 * @param arrays `student.logits`, `teacher.logits`, `student.tap0`…, `teacher.tap0`…, `image` as NCHW, `labels` as N×H×W
 *   with 255 = ignore, and `own.NAME` for what the method has of its own, in the shape that it states; what the method does not
 *   read may be absent, and its own arrays are then what a run with seed 0 begins with; `domain`, for a method that compares two
 *   data sets, is 0 for arrays of the source and 1 for arrays of the target
 * @throws Problem for a missing array, a wrong shape or number, or a bad option
 */
export function evaluateLoss(method: Method, arrays: ReadonlyMap<string, NumpyArray>, params: unknown): LossNorms {
  const { ownLoss, ...loss } = differentiateLoss(method, arrays, params);
  return { ...norms(loss), ...(ownLoss ? { ownLoss: norms(ownLoss) } : {}) };
}

function norms({ value, gradients }: Differentiated): LossNorms {
  const each = [...gradients].map(([name, { data }]) => [name, Math.sqrt(data.reduce((sum, g) => sum + g * g, 0))]);
  return { value, gradientNorms: Object.fromEntries(each) };
}

/** As evaluateLoss, with the gradients themselves. */
export function differentiateLoss(
  method: Method,
  arrays: ReadonlyMap<string, NumpyArray>,
  params: unknown,
): Differentiated {
  const options = parseParams(method, params);
  const result: { loss?: Differentiated; ownLoss?: Differentiated } = {};
  tf.tidy(() => {
    const { inputs, student, own } = loadInputs(withOptions(method, options), arrays, options);
    const learning = (how: OwnArray['learns']) =>
      own.filter(({ learns }) => learns === how).map(({ name, tensor }) => [`own.${name}`, tensor] as const);
    result.loss = differentiated(() => method.loss(inputs, options), new Map([...student, ...learning('loss')]));
    const alone = new Map(learning('ownLoss'));
    if (method.ownLoss && alone.size > 0) {
      result.ownLoss = differentiated(() => method.ownLoss!(inputs, options), alone);
    }
  });
  return { ...result.loss!, ...(result.ownLoss ? { ownLoss: result.ownLoss } : {}) };
}

function differentiated(f: () => Scalar, wanted: ReadonlyMap<string, Tensor>): Differentiated {
  const { value, gradients } = valueAndGradients(f, [...wanted.values()]);
  const read = [...wanted.keys()].flatMap((name, i) => {
    // What it does not read has no gradient.
    const gradient = gradients[i];
    if (!gradient) return [];
    const shown = name.startsWith('own.') ? gradient : gradient.transpose([0, 3, 1, 2]);
    return [[name, { shape: shown.shape, data: shown.dataSync<'float32'>() }] as const];
  });
  return { value: value.dataSync()[0], gradients: new Map(read) };
}

/** The tensors that a method reads, by array name those of the student, and those that are the method's own. */
function loadInputs(method: Method, arrays: ReadonlyMap<string, NumpyArray>, options: unknown) {
  const student = loadNetwork(method, 'student', arrays);
  const inputs: LossInputs = { student };
  if (method.teacher) inputs.teacher = loadNetwork(method, 'teacher', arrays);
  requireTaps(method, student.taps.length, inputs.teacher?.taps.length ?? 0);
  const named = new Map<string, Tensor>();
  if (student.logits) named.set('student.logits', student.logits);
  for (const [i, tap] of student.taps.entries()) named.set(`student.tap${i}`, tap);
  if (method.labels) inputs.labels = loadLabels(method, arrays, student.logits?.shape[3] ?? IGNORE);
  if (method.image) inputs.image = loadNchw('image', take(method, arrays, 'image'));
  const others = [inputs.labels, inputs.image].flatMap((array) => array ?? []);
  const batches = [...tensorsOf(student), ...tensorsOf(inputs.teacher), ...others];
  if (new Set(batches.map((t) => t.shape[0])).size > 1) {
    throw new Problem(`The arrays have batches of different sizes: ${batches.map((t) => t.shape[0]).join(', ')}.`, {
      next: 'The first axis of every array is the batch.',
    });
  }
  inputs.classes = arrays.get('student.logits')?.shape[1] ?? classesIn(inputs.labels);
  if (method.needsBoth) inputs.domain = take(method, arrays, 'domain').data[0] === 1 ? 'target' : 'source';
  const images = batches[0].shape[0] / (method.turned ? TURNS : 1);
  inputs.images = Int32Array.from({ length: Math.floor(images) }, (_, i) => i);
  const own = loadOwn(method, inputs, arrays, options);
  inputs.own = new Map(own.map(({ name, tensor }) => [name, tensor]));
  inputs.random = (...counters) => randomUniform(0, 'method', 0, 0, ...counters);
  return { inputs, student: named, own };
}

/** What the method has of its own: from the arrays where they have it, otherwise what a run with seed 0 begins with. */
function loadOwn(
  method: Method,
  { student, teacher, images, classes }: LossInputs,
  arrays: ReadonlyMap<string, NumpyArray>,
  options: unknown,
): OwnTensor[] {
  const sizes = (outputs?: NetworkOutputs) =>
    (outputs?.taps ?? []).map((tap) => tap.shape.slice(1) as [number, number, number]);
  const shapes = {
    classes: classes!,
    logits: student.logits ? ([student.logits.shape[1], student.logits.shape[2]] as const) : null,
    student: sizes(student),
    teacher: sizes(teacher),
    images: images?.length ?? 0,
  };
  return (method.own?.(shapes, options) ?? []).map((array) => {
    const given = arrays.get(`own.${array.name}`);
    if (given && !isDeepStrictEqual(given.shape, array.shape)) {
      throw new Problem(`own.${array.name} has the shape ${given.shape.join('×')}.`, {
        next: `${method.id} has it as ${array.shape.join('×')}.`,
      });
    }
    const values = given ? Float32Array.from(given.data) : initialValues(array, method.id, 0);
    return { ...array, tensor: tf.tensor(values, [...array.shape]) };
  });
}

/** As many as the largest label says, where there are no logits to tell. */
function classesIn(labels: Tensor3D | undefined): number {
  let largest = -1;
  for (const label of labels?.dataSync<'int32'>() ?? []) if (label !== IGNORE && label > largest) largest = label;
  return largest + 1;
}

function tensorsOf(outputs: NetworkOutputs | undefined): Tensor4D[] {
  return outputs ? [...(outputs.logits ? [outputs.logits] : []), ...outputs.taps] : [];
}

function loadNetwork(method: Method, whose: string, arrays: ReadonlyMap<string, NumpyArray>): NetworkOutputs {
  const outputs: NetworkOutputs = { taps: [] };
  if (method.logits !== 'none') outputs.logits = loadNchw(`${whose}.logits`, take(method, arrays, `${whose}.logits`));
  if (method.taps === 0) return outputs;
  const taps = [...arrays.keys()].filter((name) => name.startsWith(`${whose}.tap`));
  const count = Math.max(taps.length, method.taps);
  for (let i = 0; i < count; i++) {
    const name = `${whose}.tap${i}`;
    outputs.taps.push(loadNchw(name, take(method, arrays, name)));
  }
  return outputs;
}

function take(method: Method, arrays: ReadonlyMap<string, NumpyArray>, name: string): NumpyArray {
  const array = arrays.get(name);
  if (array) return array;
  throw new Problem(`${method.id} needs the array ${name}, which the file does not have.`, {
    next: arrays.size > 0 ? `It has ${[...arrays.keys()].join(', ')}.` : 'It has no arrays.',
  });
}

function loadNchw(name: string, { shape, data }: NumpyArray): Tensor4D {
  requireRank(name, shape, 4, 'N×C×H×W');
  const values = Float32Array.from(data);
  if (!values.every(Number.isFinite)) {
    throw new Problem(`${name} holds values that are not finite numbers.`, { next: 'Give finite float32 values.' });
  }
  return tf.tensor4d(values, shape as [number, number, number, number]).transpose([0, 2, 3, 1]);
}

function loadLabels(method: Method, arrays: ReadonlyMap<string, NumpyArray>, classes: number): Tensor3D {
  const { shape, data } = take(method, arrays, 'labels');
  requireRank('labels', shape, 3, 'N×H×W');
  const bad = data.find((v) => !Number.isInteger(v) || (v !== IGNORE && (v < 0 || v >= classes)));
  if (bad !== undefined) {
    throw new Problem(`labels holds ${bad}, but there are ${classes} classes.`, {
      next: `Labels are whole numbers from 0 to ${classes - 1}, or ${IGNORE} for ignored pixels.`,
    });
  }
  return tf.tensor3d(Int32Array.from(data), shape as [number, number, number], 'int32');
}

function requireRank(name: string, shape: readonly number[], rank: number, form: string): void {
  if (shape.length === rank && shape.every((n) => n > 0)) return;
  throw new Problem(`${name} has the shape ${shape.join('×') || '()'}.`, {
    next: `It must be ${form}, none of them 0.`,
  });
}
