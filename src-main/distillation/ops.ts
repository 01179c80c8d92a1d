/**
 * Pieces that several methods share, for logits and labels; tensors are NHWC. What methods compute with (energy, unit
 * vectors, softmax with a temperature, cosines, squared distance) are ops of the engine, in engine/ops/, each with a
 * gradient of its own and in one pass on the CPU.
 */
import { Problem } from '../contract/problem.ts';
import { averagePool, pooledSize, resizeBilinear } from '../engine/ops/spatial.ts';
import { type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import type { LossInputs } from './method.ts';

/** The student's and the teacher's logits of the same classes: outputs that the student does not have are dropped. */
export function logitPair(inputs: LossInputs): { student: Tensor4D; teacher: Tensor4D } {
  const { student, teacher } = wholeLogits(inputs);
  const classes = student.shape[3];
  const [batch, height, width, outputs] = teacher.shape;
  return {
    student,
    teacher: outputs === classes ? teacher : teacher.slice([0, 0, 0, 0], [batch, height, width, classes]),
  };
}

/** The same with all outputs of the teacher, for ops that read the first ones only. */
export function wholeLogits(inputs: LossInputs): { student: Tensor4D; teacher: Tensor4D } {
  const student = inputs.student.logits!;
  const teacher = inputs.teacher!.logits!;
  const classes = student.shape[3];
  const outputs = teacher.shape[3];
  if (outputs < classes) {
    throw new Problem(`The teacher has ${outputs} outputs but the student has ${classes} classes.`, {
      next: 'Take a teacher that knows all classes of the data set.',
    });
  }
  return { student, teacher };
}

/** A map's pixels, whatever image they are of: [pixels, channels]. */
export function rowsOf(map: Tensor4D): Tensor2D {
  return map.reshape([-1, map.shape[3]]);
}

/** @throws Problem when a student's and a teacher's tap differ in channels */
export function requireSameChannels(student: Tensor4D, teacher: Tensor4D, id: string): void {
  const [channels, other] = [student, teacher].map((tap) => tap.shape[3]);
  if (channels === other) return;
  throw new Problem(`The student's tap has ${channels} channels but the teacher's has ${other}.`, {
    where: 'taps',
    next: `${id} compares channel with channel: name two taps of as many channels.`,
  });
}

/** Vectors [N, positions, channels] of a map's pixels. */
export function pixelsOf(map: Tensor4D): Tensor3D {
  const [batch, height, width, channels] = map.shape;
  return map.reshape([batch, height * width, channels]);
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

/**
 * Labels at [height, width], each the one at ⌊i · H / height⌋, as PyTorch's interpolate(mode='nearest'): any size will do.
 */
export function nearestLabels(labels: Tensor3D, [height, width]: readonly [number, number]): Tensor3D {
  const [batch, fullHeight, fullWidth] = labels.shape;
  // Not by gather, which WebGPU has for float32 alone.
  const values = labels.dataSync<'int32'>();
  const reduced = new Int32Array(batch * height * width);
  for (let row = 0, to = 0; row < batch * height; row++) {
    const from = Math.floor(row / height) * fullHeight + Math.floor(((row % height) * fullHeight) / height);
    for (let x = 0; x < width; x++, to++) {
      reduced[to] = values[from * fullWidth + Math.floor((x * fullWidth) / width)];
    }
  }
  return tf.tensor3d(reduced, [batch, height, width], 'int32');
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
