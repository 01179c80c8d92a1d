/**
 * Cross-image relational distillation against memories: how each pixel resembles pixels and regions of earlier images, class
 * by class, as the teacher showed them.
 *
 * Source     Yang et al., CVPR 2022 (see cirkd-batch.ts), its memory-based pixel-to-pixel and pixel-to-region parts. Form:
 *            winycg/CIRKD: losses/cirkd_memory.py, train_cirkd.py.
 * Equation   u_p = N(F^T_p) of the teacher, of the student N(A(F^S)_p), after average pooling of both taps; V the vectors
 *            drawn from a memory, q_p = softmax(u_p Vᵀ/τ); L = `pixel` · 1/P Σ_p KL(q^T_p ‖ q^S_p) with V of the pixel
 *            memory + `region` · the same with V of the region memory, over the P labelled pixels of the batch.
 * Taps       one, the last unless `tap` says another. The teacher's is resized (bilinear, corners not aligned) to the
 *            student's size; labels to the nearest pixel.
 * Adapter    A of the student: 1×1 convolution, batch norm, ReLU, 1×1 convolution, without biases, to the teacher's channels.
 * Memory     of each class the last `pixels` pixels and `regions` regions of the teacher, in unit length: after each step, of
 *            each image and class in it, up to 16 pixels and the mean over all of them. V has ⌊`pixelContrast`/C⌋ + 1 (and
 *            ⌊`regionContrast`/C⌋ + 1) of each of C classes, drawn anew in each step, at the same places for all classes.
 * Reduction  KL summed over V, mean over labelled pixels; none: 0.
 * Weight     0.1, τ 0.1, contrasts 4096 and 1024, 2000 regions: the authors'. They keep 20000 pixels of each class, which is
 *            much to copy in each step and to keep in a checkpoint: 2000 and pool 2 are ours.
 * Traps      the memory begins as random vectors. The authors put a batch into it before they compare, here it is after; and
 *            their code draws the pixels to remember from the wrong places, here they are the class's own. It looks at a whole
 *            batch: a batch cannot be computed in parts.
 * Cost       pixels · (pixelContrast + regionContrast) · channels, three times, and a copy of both memories: pool.
 */
import { z } from 'zod';
import { IGNORE } from '../../contract/dataset.ts';
import { divergence } from '../../engine/ops/divergence.ts';
import { averagePool } from '../../engine/ops/spatial.ts';
import { unit } from '../../engine/ops/unit.ts';
import { type Scalar, type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../../engine/tf.ts';
import { batchNormArrays, batchNormed, pointwise, pointwiseArrays } from '../layers.ts';
import type { LossInputs, Method, OwnArray } from '../method.ts';
import { nearestLabels } from '../ops.ts';
import { poolOption, shareOption, temperatureOption } from '../options.ts';
import { atSizeOf, chosen, tapOption, tapPair } from '../taps.ts';

const count = (initial: number, title: string, description: string) =>
  z.number().int().min(1).max(65536).default(initial).meta({ title, description });

const params = z.strictObject({
  tap: tapOption,
  temperature: temperatureOption(0.1, 'cosines', 'Temperature τ'),
  pool: poolOption(2, 'Average pooling of the taps before: 1 is none'),
  pixel: shareOption(1, 'Pixels', 'Weight of the pixel memory’s part within the term'),
  region: shareOption(1, 'Regions', 'Weight of the region memory’s part within the term'),
  pixels: count(2000, 'Pixel memory', 'Pixels of each class that are remembered'),
  regions: count(2000, 'Region memory', 'Regions of each class that are remembered'),
  pixelContrast: count(4096, 'Pixels compared', 'About how many remembered pixels each pixel is compared with'),
  regionContrast: count(1024, 'Regions compared', 'About how many remembered regions each pixel is compared with'),
});
type Params = z.output<typeof params>;

/** Pixels of one class in one image that are remembered at most. */
const PIXELS_OF_IMAGE = 16;

export const cirkdMemory: Method<Params> = {
  id: 'cirkd.memory',
  title: 'CIRKD: pixels and regions of a memory',
  citation: 'Yang et al.: Cross-Image Relational Knowledge Distillation for Semantic Segmentation. CVPR 2022',
  equation: 'meanₚ KL(softmax(uₚᵀ·V/τ) ‖ softmax(uₚˢ·V/τ)), V = remembered pixels, and the same with regions',
  params,
  teacher: true,
  labels: true,
  taps: 1,
  logits: 'none',
  defaultWeight: 0.1,
  copies: 10,
  wholeBatch: true,
  besides: ([height, width], { pool, pixelContrast, regionContrast }) =>
    5 * Math.ceil(height / pool) * Math.ceil(width / pool) * (pixelContrast + regionContrast),
  own({ classes, student, teacher }, { tap, pixels, regions }) {
    const [, , channels] = chosen(student, tap);
    const [, , to] = chosen(teacher, tap);
    const remembered = (name: string, shape: number[], bound: number): OwnArray => ({
      name,
      shape,
      init: bound === 0 ? { kind: 'constant', value: 0 } : { kind: 'uniform', bound },
      learns: 'none',
    });
    // Of unit length in the mean.
    const bound = Math.sqrt(3 / to);
    return [
      ...pointwiseArrays('project1', channels, to, { bias: false }),
      ...batchNormArrays('norm', to),
      ...pointwiseArrays('project2', to, to, { bias: false }),
      remembered('pixels', [classes, pixels, to], bound),
      remembered('regions', [classes, regions, to], bound),
      // Where the next of each class is put.
      remembered('pixels.next', [classes], 0),
      remembered('regions.next', [classes], 0),
    ];
  },
  loss(inputs, options) {
    const { own } = inputs;
    const { student } = tapPair(inputs, options.tap);
    const hidden = batchNormed(pointwise(pooled(student, options), own!, 'project1'), own!, 'norm').relu<Tensor4D>();
    const ofStudent = rows(pointwise(hidden, own!, 'project2'));
    const { ofTeacher, labels } = taught(inputs, options);
    const valid = labels.reduce((sum, label) => sum + (label === IGNORE ? 0 : 1), 0);
    const shares = Float32Array.from(labels, (label) => (label === IGNORE ? 0 : 1 / valid));
    const parts = [
      { weight: options.pixel, memory: 'pixels', contrast: options.pixelContrast },
      { weight: options.region, memory: 'regions', contrast: options.regionContrast },
    ];
    const terms = parts.flatMap(({ weight, memory, contrast }, part) => {
      if (weight === 0) return [];
      const vectors = draw(inputs, memory, contrast, part);
      const scores = (of: Tensor2D) => tf.matMul(of, vectors, false, true).div<Tensor2D>(options.temperature);
      const each = tf.tensor2d(shares, [shares.length, 1]).mul<Tensor2D>(weight);
      return [divergence(scores(ofStudent), scores(ofTeacher), 1, each)];
    });
    return tf.addN([tf.scalar(0), ...terms]) as Scalar;
  },
  next(inputs, options) {
    const { ofTeacher, labels } = taught(inputs, options);
    const [classes, , channels] = inputs.own!.get('pixels')!.shape;
    const pixels = new Ring(inputs, 'pixels');
    const regions = new Ring(inputs, 'regions');
    const values = ofTeacher.dataSync<'float32'>();
    const vector = (at: number) => values.subarray(at * channels, (at + 1) * channels);
    const images = inputs.labels!.shape[0];
    const size = labels.length / images;
    for (let image = 0; image < images; image++) {
      for (let label = 0; label < classes; label++) {
        const places: number[] = [];
        for (let at = image * size; at < (image + 1) * size; at++) if (labels[at] === label) places.push(at);
        if (places.length === 0) continue;
        const random = (k: number) => inputs.random!(2, image, label, k);
        for (const i of some(PIXELS_OF_IMAGE, places.length, random)) pixels.put(label, vector(places[i]));
        const mean = new Float32Array(channels);
        for (const at of places) for (const [c, x] of vector(at).entries()) mean[c] += x / places.length;
        const length = Math.max(1e-12, Math.hypot(...mean));
        regions.put(
          label,
          mean.map((x) => x / length),
        );
      }
    }
    return { ...pixels.now(), ...regions.now() };
  },
};

/** What is remembered of each class: the newest in place of the oldest. */
class Ring {
  private readonly name: string;
  private readonly shape: [classes: number, size: number, channels: number];
  private readonly values: Float32Array;
  private readonly places: Float32Array;

  constructor({ own }: LossInputs, name: string) {
    this.name = name;
    this.shape = own!.get(name)!.shape as [number, number, number];
    this.values = own!.get(name)!.dataSync<'float32'>().slice();
    this.places = own!.get(`${name}.next`)!.dataSync<'float32'>().slice();
  }

  put(label: number, vector: Float32Array): void {
    const [, size, channels] = this.shape;
    this.values.set(vector, (label * size + this.places[label]) * channels);
    this.places[label] = (this.places[label] + 1) % size;
  }

  now(): Record<string, Tensor> {
    return {
      [this.name]: tf.tensor3d(this.values, this.shape),
      [`${this.name}.next`]: tf.tensor1d(this.places),
    };
  }
}

function pooled(tap: Tensor4D, { pool }: Params): Tensor4D {
  return pool === 1 ? tap : averagePool(tap, pool, { ceil: true });
}

/** The direction of each pixel, image after image: [pixels, channels]. */
function rows(map: Tensor4D): Tensor2D {
  return unit(map.reshape<Tensor2D>([-1, map.shape[3]]));
}

/** The teacher's pixels at the student's size after pooling, and their labels. */
function taught(inputs: LossInputs, options: Params): { ofTeacher: Tensor2D; labels: Int32Array } {
  const { student, teacher } = tapPair(inputs, options.tap);
  const map = pooled(atSizeOf(student, teacher), options);
  const labels = nearestLabels(inputs.labels!, [map.shape[1], map.shape[2]]).dataSync<'int32'>() as Int32Array;
  return { ofTeacher: rows(map), labels };
}

/** Vectors of a memory to compare with: about as many as wanted, equally many of each class, [vectors, channels]. */
function draw({ own, random }: LossInputs, name: string, wanted: number, part: number): Tensor2D {
  const memory = own!.get(name)!;
  const [classes, size, channels] = memory.shape;
  const places = some(Math.floor(wanted / classes) + 1, size, (k) => random!(part, k));
  const all = Int32Array.from({ length: classes * places.length }, (_, i) => {
    return Math.floor(i / places.length) * size + places[i % places.length];
  });
  return tf.gather(memory.reshape<Tensor2D>([classes * size, channels]), tf.tensor1d(all, 'int32') as Tensor1D);
}

/** As many of the first `of` numbers, none twice. @param random a number in [0, 1) for each */
function some(wanted: number, of: number, random: (k: number) => number): number[] {
  const numbers = Array.from({ length: of }, (_, i) => i);
  const taken = Math.min(wanted, of);
  for (let k = 0; k < taken; k++) {
    const other = k + Math.floor(random(k) * (of - k));
    [numbers[k], numbers[other]] = [numbers[other], numbers[k]];
  }
  return numbers.slice(0, taken);
}
