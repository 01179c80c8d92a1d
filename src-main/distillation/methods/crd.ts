/**
 * Contrastive representation distillation: the student's embedding of an image is to be told apart from the teacher's of
 * other images as well as the teacher's own is.
 *
 * Source     Y. Tian, D. Krishnan, P. Isola: Contrastive Representation Distillation, ICLR 2020, arXiv 1910.10699.
 *            Form: HobbitLong/RepDistiller: crd/criterion.py, crd/memory.py.
 * Equation   v = N(W · mean over positions of F + b) of both networks; with p(a, b) = exp(⟨a, b⟩/τ)/Z,
 *            L = −1/B Σ_i [log p⁺/(p⁺ + K/n) + Σ_k log (K/n)/(p_k⁻ + K/n)], once for the student's v against the teacher's
 *            memory, once for the teacher's v against the student's; n images, K of others for each.
 * Taps       one (`tap`, the last where none is named), averaged over its positions: the method is one of whole images.
 * Adapter    W of both networks, to `dimensions`; both learn with the student.
 * Memory     one vector for each image of the split and network, moved by `momentum` towards the image's newest; Z of each
 *            direction is n times the first batch's mean and stays.
 * Weight     0.8, τ 0.07, K 16384, momentum 0.5 (the authors'). K here is at most the number of images.
 * Traps      an image's crops share one memory, whatever they show. Two images of a batch that are the same one write one
 *            after the other. Z is frozen from the very first batch.
 * Cost       small: means over positions, and K products of vectors for each image.
 */
import { z } from 'zod';
import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../../engine/tf.ts';
import { pointwise, pointwiseArrays } from '../layers.ts';
import type { LossInputs, Method } from '../method.ts';
import { chosen, tapOption, tapPair } from '../taps.ts';

const params = z.strictObject({
  tap: tapOption,
  dimensions: z
    .number()
    .int()
    .min(1)
    .max(1024)
    .default(128)
    .meta({ title: 'Dimensions', description: 'How long the embeddings are' }),
  temperature: z
    .number()
    .positive()
    .max(10)
    .default(0.07)
    .meta({ title: 'Temperature τ', description: 'Divides the products of embeddings' }),
  negatives: z
    .number()
    .int()
    .min(1)
    .max(65536)
    .default(16384)
    .meta({ title: 'Negatives', description: 'Other images that each is held against; no more than there are' }),
  momentum: z
    .number()
    .min(0)
    .max(0.999)
    .default(0.5)
    .meta({ title: 'Momentum', description: 'What stays of an image’s memory when it is seen again' }),
});
type Params = z.output<typeof params>;

const TINY = 1e-7;

export const crd: Method<Params> = {
  id: 'crd',
  title: 'CRD (contrastive representations)',
  citation: 'Tian, Krishnan, Isola: Contrastive Representation Distillation. ICLR 2020',
  equation: '−log p⁺/(p⁺ + K/n) − Σ log (K/n)/(p⁻ + K/n), p = exp(⟨vˢ, vᵀ⟩/τ)/Z, both ways',
  params,
  teacher: true,
  labels: false,
  taps: 1,
  logits: 'none',
  defaultWeight: 0.8,
  copies: 2,
  own(shapes, { tap, dimensions }) {
    const memory = { kind: 'uniform', bound: 1 / Math.sqrt(dimensions / 3) } as const;
    const bank = (name: string) => ({
      name,
      shape: [shapes.images, dimensions],
      init: memory,
      learns: 'none' as const,
    });
    return [
      ...pointwiseArrays('student', chosen(shapes.student, tap)[2], dimensions),
      ...pointwiseArrays('teacher', chosen(shapes.teacher, tap)[2], dimensions),
      bank('memory.student'),
      bank('memory.teacher'),
      // Of the student against the teacher's memory, and the other way; 0: not set yet.
      { name: 'z', shape: [2], init: { kind: 'constant', value: 0 }, learns: 'none' },
    ];
  },
  loss(inputs, options) {
    const { student, teacher } = embeddings(inputs, options);
    const drawn = draw(inputs, options);
    const z = constants(inputs, options);
    const ways = [
      noiseContrast(student, inputs.own!.get('memory.teacher') as Tensor2D, drawn, z[0], options.temperature),
      noiseContrast(teacher, inputs.own!.get('memory.student') as Tensor2D, drawn, z[1], options.temperature),
    ];
    return tf.addN(ways) as Scalar;
  },
  next(inputs, options) {
    const { student, teacher } = embeddings(inputs, options);
    return {
      'memory.student': remembered(inputs.own!.get('memory.student') as Tensor2D, student, inputs.images!, options),
      'memory.teacher': remembered(inputs.own!.get('memory.teacher') as Tensor2D, teacher, inputs.images!, options),
      z: tf.tensor1d(constants(inputs, options)),
    };
  },
};

/** Of unit length, [N, dimensions]. */
function embeddings(inputs: LossInputs, { tap, dimensions }: Params): Record<'student' | 'teacher', Tensor2D> {
  const taps = tapPair(inputs, tap);
  const embed = (name: 'student' | 'teacher') => {
    const pooled = taps[name].mean<Tensor4D>([1, 2], true);
    const v = pointwise(pooled, inputs.own!, name).reshape<Tensor2D>([-1, dimensions]);
    return v.div<Tensor2D>(v.square().sum(1, true).sqrt().maximum(1e-12));
  };
  return { student: embed('student'), teacher: embed('teacher') };
}

/** The images that each image of the batch is held against: itself first, then K drawn from all. */
function draw({ own, images, random }: LossInputs, { negatives }: Params): number[][] {
  const [count] = own!.get('memory.student')!.shape;
  const k = Math.min(negatives, count);
  return Array.from(images!, (image, i) => [
    image,
    ...Array.from({ length: k }, (_, j) => Math.floor(random!(i, j) * count)),
  ]);
}

/** exp(⟨v, memory⟩/τ), not divided by Z: [N, 1 + K]. */
function scores(v: Tensor2D, memory: Tensor2D, drawn: readonly number[][], temperature: number): Tensor2D {
  const [count, dimensions] = v.shape;
  const rows = tf.gather(memory, tf.tensor1d(drawn.flat(), 'int32')).reshape([count, drawn[0].length, dimensions]);
  const products = tf.matMul(rows, v.reshape([count, dimensions, 1])).reshape<Tensor2D>([count, drawn[0].length]);
  return products.div<Tensor2D>(temperature).exp();
}

/** Z of both ways: as they are, or where they are not set, n times the mean over this batch. */
function constants(inputs: LossInputs, options: Params): number[] {
  const kept = [...(inputs.own!.get('z') as Tensor1D).dataSync()];
  if (kept.every((value) => value > 0)) return kept;
  return tf.tidy(() => {
    const { student, teacher } = embeddings(inputs, options);
    const drawn = draw(inputs, options);
    const [first, second] = ['memory.teacher', 'memory.student'].map((name) => inputs.own!.get(name) as Tensor2D);
    const mean = (v: Tensor2D, memory: Tensor2D) => scores(v, memory, drawn, options.temperature).mean().dataSync()[0];
    return [mean(student, first) * first.shape[0], mean(teacher, second) * second.shape[0]];
  });
}

function noiseContrast(
  v: Tensor2D,
  memory: Tensor2D,
  drawn: readonly number[][],
  z: number,
  temperature: number,
): Tensor {
  const k = drawn[0].length - 1;
  const noise = k / memory.shape[0];
  const p = scores(v, memory, drawn, temperature).div<Tensor2D>(z);
  const positive = p.slice([0, 0], [-1, 1]);
  const negative = p.slice([0, 1], [-1, k]);
  const right = positive.div(positive.add(noise + TINY)).log();
  const wrong = tf
    .scalar(noise)
    .div(negative.add(noise + TINY))
    .log();
  return right.sum().add(wrong.sum()).div(-v.shape[0]);
}

/** The memory with the rows of this batch's images moved towards their embeddings, and of unit length again. */
function remembered(memory: Tensor2D, v: Tensor2D, images: Int32Array, { momentum }: Params): Tensor2D {
  const values = memory.dataSync<'float32'>().slice();
  const vectors = v.dataSync<'float32'>();
  const dimensions = memory.shape[1];
  for (const [i, image] of images.entries()) {
    const row = values.subarray(image * dimensions, (image + 1) * dimensions);
    for (let d = 0; d < dimensions; d++) row[d] = momentum * row[d] + (1 - momentum) * vectors[i * dimensions + d];
    const length = Math.sqrt(row.reduce((sum, x) => sum + x * x, 0));
    for (let d = 0; d < dimensions; d++) row[d] /= length;
  }
  return tf.tensor2d(values, memory.shape);
}
