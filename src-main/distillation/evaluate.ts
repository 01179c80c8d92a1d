/** One method on arrays from outside: what `stillroom loss` prints, so that anyone can hold it against their own code. */
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import type { NumpyArray } from '../weights/npz.ts';
import { type LossInputs, type Method, type NetworkOutputs, parseParams } from './method.ts';
import { requireTaps } from './total.ts';

export interface Differentiated {
  value: number;
  /** By array name, NCHW; only of the student's arrays that the method reads. */
  gradients: Map<string, { shape: number[]; data: Float32Array }>;
}

/**
 * The unweighted value of a method and the L2 norm, over the whole array, of its gradient with respect to each of the
 * student's arrays that it reads; arrays that it does not read have no entry. Nothing is resized but what the method
 * itself resizes.
 * @param arrays `student.logits`, `teacher.logits`, `student.tap0`…, `teacher.tap0`… as NCHW and `labels` as N×H×W with
 *   255 = ignore; what the method does not read may be absent
 * @throws Problem for a missing array, a wrong shape or number, or a bad option
 */
export function evaluateLoss(
  method: Method,
  arrays: ReadonlyMap<string, NumpyArray>,
  params: unknown,
): { value: number; gradientNorms: Record<string, number> } {
  const { value, gradients } = differentiateLoss(method, arrays, params);
  const norms = [...gradients].map(([name, { data }]) => [name, Math.sqrt(data.reduce((sum, g) => sum + g * g, 0))]);
  return { value, gradientNorms: Object.fromEntries(norms) };
}

/** As evaluateLoss, with the gradients themselves. */
export function differentiateLoss(
  method: Method,
  arrays: ReadonlyMap<string, NumpyArray>,
  params: unknown,
): Differentiated {
  const options = parseParams(method, params);
  const { value, names, gradients } = tf.tidy(() => {
    const { inputs, wanted } = loadInputs(method, arrays);
    const f = () => method.loss(inputs, options) as Tensor;
    const { value, grads } = tf.valueAndGrads(f)([...wanted.values()]);
    return { value, names: [...wanted.keys()], gradients: grads.map((g) => g.transpose([0, 3, 1, 2])) };
  });
  const read = gradients.map((g) => ({ shape: g.shape, data: g.dataSync<'float32'>() }));
  const result = { value: value.dataSync()[0], gradients: new Map(names.map((name, i) => [name, read[i]])) };
  tf.dispose([value, ...gradients]);
  return result;
}

/** The tensors that a method reads, and by array name those of the student. */
function loadInputs(method: Method, arrays: ReadonlyMap<string, NumpyArray>) {
  const student = loadNetwork(method, 'student', arrays);
  const inputs: LossInputs = { student };
  if (method.teacher) inputs.teacher = loadNetwork(method, 'teacher', arrays);
  requireTaps(method, student.taps.length, inputs.teacher?.taps.length ?? 0);
  const wanted = new Map<string, Tensor4D>();
  if (student.logits) wanted.set('student.logits', student.logits);
  for (const [i, tap] of student.taps.entries()) wanted.set(`student.tap${i}`, tap);
  if (method.labels) inputs.labels = loadLabels(method, arrays, student.logits?.shape[3] ?? IGNORE);
  const batches = [...wanted.values(), ...tensorsOf(inputs.teacher), ...(inputs.labels ? [inputs.labels] : [])];
  if (new Set(batches.map((t) => t.shape[0])).size > 1) {
    throw new Problem(`The arrays have batches of different sizes: ${batches.map((t) => t.shape[0]).join(', ')}.`, {
      next: 'The first axis of every array is the batch.',
    });
  }
  return { inputs, wanted };
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
