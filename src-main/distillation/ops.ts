/**
 * Pieces that several methods share. Tensors are NHWC; each op has a gradient of its own where TensorFlow.js's would be
 * wrong at zero, wasteful, or missing on an engine.
 */
import { Problem } from '../contract/problem.ts';
import { averagePool, pooledSize, resizeBilinear } from '../engine/ops/spatial.ts';
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import type { LossInputs } from './method.ts';

/** Lengths below this divide as if they were this: the ε of N(v) = v / max(‖v‖₂, ε). */
export const SHORTEST = 1e-12;

/**
 * forward(x) with the gradient that it states: `gradient` is given dy and the tensors of `saved`, which outlive the
 * forward pass. Nothing inside is recorded, so ops without gradients may be used.
 */
export function withGradient<X extends Tensor, Y extends Tensor>(
  x: X,
  forward: (x: X) => { value: Y; saved: Tensor[]; gradient: (dy: Y, saved: Tensor[]) => X },
): Y {
  const op = tf.customGrad((...args) => {
    const [input, save] = args as unknown as [X, (tensors: Tensor[]) => void];
    const { value, saved, gradient } = forward(input);
    save(saved);
    return { value, gradFunc: (dy: Tensor, kept: Tensor[]) => gradient(dy as Y, kept) };
  });
  return op(x) as Y;
}

/** N(v) = v / max(‖v‖₂, 1e-12) along one axis. The zero vector stays zero and has the gradient of v / 1e-12. */
export function unit<T extends Tensor>(v: T, axis: number): T {
  return withGradient<T, T>(v, (x) => {
    const length = x.square().sum(axis, true).sqrt();
    const value: T = x.div(length.maximum(SHORTEST));
    return {
      value,
      saved: [value, length],
      gradient: (dy, [u, l]) => {
        const along = dy.mul(u).sum(axis, true).mul(l.greater(SHORTEST).cast('float32'));
        return dy.sub(u.mul(along)).div(l.maximum(SHORTEST));
      },
    };
  });
}

/** The student's and the teacher's logits of the same classes: outputs that the student does not have are dropped. */
export function logitPair(inputs: LossInputs): { student: Tensor4D; teacher: Tensor4D } {
  const student = inputs.student.logits!;
  const teacher = inputs.teacher!.logits!;
  const classes = student.shape[3];
  const [batch, height, width, outputs] = teacher.shape;
  if (outputs < classes) {
    throw new Problem(`The teacher has ${outputs} outputs but the student has ${classes} classes.`, {
      next: 'Take a teacher that knows all classes of the data set.',
    });
  }
  return {
    student,
    teacher: outputs === classes ? teacher : teacher.slice([0, 0, 0, 0], [batch, height, width, classes]),
  };
}

/** @throws Problem when a student's and a teacher's tensor differ in height or width */
export function requireSameSize(student: Tensor4D, teacher: Tensor4D, what: string): void {
  const [, height, width] = student.shape;
  const [, teacherHeight, teacherWidth] = teacher.shape;
  if (height === teacherHeight && width === teacherWidth) return;
  throw new Problem(
    `The student's ${what} are ${height}×${width} but the teacher's are ${teacherHeight}×${teacherWidth}.`,
    { next: 'Give both at one size.' },
  );
}

/**
 * Logits average-pooled to [height, width] where windows of one size do that (ceil mode), as for two networks of
 * strides that are multiples of each other; resized bilinearly otherwise.
 */
export function poolTo(logits: Tensor4D, [height, width]: readonly [number, number]): Tensor4D {
  const kernel = Math.round(logits.shape[1] / height);
  const pooled = [1, 2].map((axis) => pooledSize(logits.shape[axis], kernel, kernel, true));
  if (kernel > 1 && pooled[0] === height && pooled[1] === width) return averagePool(logits, kernel, { ceil: true });
  return resizeBilinear(logits, [height, width]);
}

/** A label map [N, H, W] reduced to [N, h, w] by the top-left pixel of each block; H and W are whole multiples of h and w. */
export function reduceLabels(labels: Tensor3D, height: number, width: number): Tensor3D {
  const [batch, fullHeight, fullWidth] = labels.shape;
  if (fullHeight === height && fullWidth === width) return labels;
  if (fullHeight % height !== 0 || fullWidth % width !== 0) {
    throw new Problem(`Labels of ${fullHeight}×${fullWidth} are no whole multiple of logits of ${height}×${width}.`, {
      next: 'Give both at the same size, or labels at a whole multiple of it.',
    });
  }
  // Blocks as axes of their own: the wasm engine's strided slice loses the type int32.
  const rows = batch * height;
  const blocks = labels.reshape([rows, fullHeight / height, width, fullWidth / width]);
  return blocks.slice([0, 0, 0, 0], [rows, 1, width, 1]).reshape([batch, height, width]);
}
