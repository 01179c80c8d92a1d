/** Running a model over a data set for its features: one unit vector for each image, and one for each class in it. */
import { randomNormal } from '../base/random.ts';
import type { ItemFeatures } from '../contract/embedding.ts';
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { ItemPixels } from '../datasets/read-item.ts';
import { type Tensor2D, tf } from '../engine/tf.ts';
import { decodedItems } from '../evaluation/decoded.ts';
import { type OpenModel, wholeInput } from '../training/model.ts';
import { pictureTensor } from '../training/normalise.ts';
import type { Reporter } from '../training/reporter.ts';
import { type Pooling, pooling } from './pooling.ts';

/** Channels that are kept; a tap that has more is projected. */
export const MOST_CHANNELS = 256;

/** Features are handed over in messages of at most so many items, and at least this often. */
const MOST_ITEMS = 64;
const EVERY_MS = 500;

/** An embed job: features, progress, and in the end what could not be read go to the host. */
export async function embed(model: OpenModel, tap: string, data: JobData, report: Reporter): Promise<void> {
  const tapChannels = model.executable.graph.nodes.find((node) => node.name === tap)?.channels ?? 0;
  let items: ItemFeatures[] = [];
  let saidAt = performance.now();
  const say = () => {
    if (items.length > 0) report.say({ type: 'embedded', tapChannels, items });
    items = [];
    saidAt = performance.now();
  };
  const problems = await embedItems(model, tap, data, (features, done) => {
    if (features) items.push(features);
    if (items.length >= MOST_ITEMS || performance.now() - saidAt >= EVERY_MS) say();
    report.progress(done, data.items.length);
  });
  say();
  if (problems.length === 0) return;
  const [{ message }] = problems;
  report.warn(
    problems.length === 1
      ? `One image was left out: ${message}`
      : `${problems.length} images could not be read and were left out. The first: ${message}`,
  );
}

/**
 * Computes the features of every item of `data`, in order. An item that cannot be read is left out and told at the end.
 * Of a tap with more channels than are kept, a random projection is taken (normal, the same for every image), which
 * keeps angles nearly as they are (Johnson and Lindenstrauss, 1984).
 * @param tap a node of the network
 * @param take gets each item's features as they come, null for one that cannot be read
 * @returns why those could not be read
 * @throws Problem where the network has no such node, or its features are not finite
 */
export async function embedItems(
  model: OpenModel,
  tap: string,
  data: JobData,
  take: (features: ItemFeatures | null, done: number) => void,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  let projection: Tensor2D | null = null;
  let done = 0;
  try {
    for await (const pixels of decodedItems(data, data.items)) {
      const { id, key } = data.items[done++];
      if (pixels instanceof Problem) {
        problems.push(pixels);
        take(null, done);
      } else {
        const { means, ...pooled } = pooledFeatures(model, tap, pixels, data.classes.length);
        if (means.shape[1] > MOST_CHANNELS) projection ??= randomProjection(means.shape[1]);
        take({ item: id, ...unitVectors(means, projection, pooled.classes, key) }, done);
      }
    }
  } finally {
    projection?.dispose();
  }
  return problems;
}

/** The tap's mean over the image and over each class: [1 + classes, channels], the caller's to dispose. */
function pooledFeatures(
  model: OpenModel,
  tap: string,
  { image, labels }: ItemPixels,
  ofClasses: number,
): { means: Tensor2D; classes: Pooling['classes'] } {
  const { height, width, data } = image;
  const picture = pictureTensor(data, [1, height, width, 3]);
  const input = wholeInput(model, picture);
  const { logits, taps } = model.executable.forward(input, { taps: [tap] });
  const features = taps.get(tap)!;
  const [, rows, columns, channels] = features.shape;
  const size = [input.shape[1], input.shape[2]] as const;
  const { classes, weights } = pooling(labels, ofClasses, [height, width], size, [rows, columns]);
  const means = tf.tidy(() =>
    tf.matMul<Tensor2D>(
      tf.tensor2d(weights, [1 + classes.length, rows * columns]),
      features.reshape<Tensor2D>([rows * columns, channels]),
    ),
  );
  tf.dispose([picture, input, logits, features]);
  return { means, classes };
}

/** The rows of `means`, which is disposed, as unit vectors. */
function unitVectors(
  means: Tensor2D,
  projection: Tensor2D | null,
  classes: Pooling['classes'],
  key: string,
): Omit<ItemFeatures, 'item'> {
  const kept = projection ? tf.matMul<Tensor2D>(means, projection) : means.clone();
  const values = kept.dataSync<'float32'>();
  const channels = kept.shape[1];
  tf.dispose([means, kept]);
  const unit = (row: number) => toUnit(values.slice(row * channels, (row + 1) * channels), key);
  return { vector: unit(0), classes: classes.map((one, i) => ({ ...one, vector: unit(1 + i) })) };
}

/** Brings a vector to length 1, in place; one of zeros stays. @throws Problem where it is not finite */
function toUnit(vector: Float32Array, key: string): Float32Array {
  const length = Math.hypot(...vector);
  if (!Number.isFinite(length)) {
    throw new Problem('The model’s features are not finite numbers.', {
      where: key,
      next: 'Its training went wrong: choose another model.',
    });
  }
  if (length > 0) for (let i = 0; i < vector.length; i++) vector[i] /= length;
  return vector;
}

/** [channels, MOST_CHANNELS], normal with variance 1 / MOST_CHANNELS; the caller's to dispose. */
function randomProjection(channels: number): Tensor2D {
  const values = Float32Array.from(
    { length: channels * MOST_CHANNELS },
    (_, i) => randomNormal(0, 'embedding', i) / Math.sqrt(MOST_CHANNELS),
  );
  return tf.tensor2d(values, [channels, MOST_CHANNELS]);
}
