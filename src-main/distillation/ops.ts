/**
 * Pieces that several methods share, for logits and labels; tensors are NHWC. What methods compute with (energy, unit
 * vectors, softmax with a temperature, cosines, squared distance) are ops of the engine, in engine/ops/, each with a
 * gradient of its own and in one pass on the CPU.
 */
import { Problem } from '../contract/problem.ts';
import { averagePool, pooledSize, resizeBilinear } from '../engine/ops/spatial.ts';
import type { Tensor3D, Tensor4D } from '../engine/tf.ts';
import type { LossInputs } from './method.ts';

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
