/**
 * Pieces that several methods share, for logits and labels; tensors are NHWC. What methods compute with (energy, unit
 * vectors, softmax with a temperature, cosines, squared distance) are ops of the engine, in engine/ops/, each with a
 * gradient of its own and in one pass on the CPU.
 */
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { timesScalar } from '../engine/ops/combine.ts';
import { pixelCrossEntropy } from '../engine/ops/cross-entropy.ts';
import { sumAll } from '../engine/ops/reduce.ts';
import { averagePool, pooledSize, resizeBilinear } from '../engine/ops/spatial.ts';
import { withGradient } from '../engine/ops/with-gradient.ts';
import { type Scalar, type Tensor1D, type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
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

/**
 * Cross-entropy whose pixels count differently: Σ_p w_p · (−log softmax(z_p)[y_p]) / divisor, differentiable with respect
 * to the logits; weights and divisor are constant. 0 where the divisor is.
 * @param labels as many as there are pixels
 * @param weigh what each pixel counts, given its loss (that of an ignored pixel means nothing, and it must count 0)
 */
export function weightedPixels(
  logits: Tensor4D,
  labels: Int32Array,
  weigh: (losses: () => Float32Array) => { weights: Float32Array; divisor: number },
): Scalar {
  const known = new Int32Array(labels.length);
  for (let p = 0; p < known.length; p++) if (labels[p] !== IGNORE) known[p] = labels[p];
  const rows = logits.reshape<Tensor2D>([-1, logits.shape[3]]);
  return withGradient<Tensor2D, Scalar>(rows, (z) => {
    const { losses, gradient } = pixelCrossEntropy.form(z, tf.tensor1d(known, 'int32'));
    const { weights: counts, divisor } = weigh(() => losses.dataSync<'float32'>() as Float32Array);
    const weights = tf.tensor1d(counts).div<Tensor1D>(divisor || 1);
    return {
      value: sumAll(losses.mul<Tensor1D>(weights)),
      saved: [gradient.mul<Tensor2D>(weights.expandDims(1))],
      gradient: (dy, [g]) => timesScalar(g as Tensor2D, dy),
    };
  });
}
