/** Running a model over the items of a split: one confusion matrix, and each image's own result. */
import { IGNORE } from '../contract/dataset.ts';
import type { EvaluationResult, ItemResult, JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { classMapping, mapped } from '../datasets/classes/mapping.ts';
import type { RgbImage } from '../datasets/codec.ts';
import { tf } from '../engine/tf.ts';
import { countNetwork } from '../networks/graph.ts';
import { type OpenModel, requireClasses } from '../training/model.ts';
import { pictureTensor } from '../training/normalise.ts';
import { denseCrf } from './crf/dense-crf.ts';
import { decodedItems } from './decoded.ts';
import { addConfusion, type Confusion, countPixels, emptyConfusion, itemResult, metricsOf } from './metrics.ts';
import { probabilitiesOf, wholeImage } from './whole-image.ts';

type Progress = (done: number, total: number) => void | Promise<void>;

/** The likeliest output of each pixel of an image, and how long it took to find it. */
interface Predicted {
  predicted: Int32Array;
  ms: number;
}

/**
 * Evaluates a model on every labelled item of `data`: whole images, one scale. Outputs past the data set's classes
 * count as wrong. Classes that a built-in mapping knows (Cityscapes on CamVid) go through it.
 * @param onProgress told after each image; may be waited for
 * @throws Problem where no item is labelled, a file cannot be read, or the model has other classes
 */
export async function evaluateModel(
  model: OpenModel,
  data: JobData,
  onProgress: Progress = () => {},
): Promise<EvaluationResult> {
  const [result] = await evaluateAll(model, data, (image) => [predictClasses(model, image)], onProgress);
  return result;
}

/**
 * The same, and once more with the dense CRF after the network.
 * @returns without and with it; the time of an image with it is that of both
 * @throws Problem as evaluateModel
 */
export async function evaluateWithCrf(
  model: OpenModel,
  data: JobData,
  onProgress: Progress = () => {},
): Promise<[EvaluationResult, EvaluationResult]> {
  const both = (image: RgbImage): Predicted[] => {
    const { probabilities, ms } = probabilitiesOf(model, image);
    const begun = performance.now();
    const refined = denseCrf(probabilities, image);
    const after = ms + performance.now() - begun;
    return [
      { predicted: likeliest(probabilities, model.card.outputs), ms },
      { predicted: likeliest(refined, model.card.outputs), ms: after },
    ];
  };
  const [before, after] = await evaluateAll(model, data, both, onProgress);
  return [before, after];
}

/** One result for each of the answers that `predict` gives for an image. */
async function evaluateAll(
  model: OpenModel,
  data: JobData,
  predict: (image: RgbImage) => Predicted[],
  onProgress: Progress,
): Promise<EvaluationResult[]> {
  const items = data.items.filter((item) => item.labels !== null);
  if (items.length === 0) {
    throw new Problem('There is no labelled image to evaluate on.', {
      where: data.root,
      next: 'Choose another split, or label some images.',
    });
  }
  const mapping = classMapping(model.card.classes, data.classes);
  if (!mapping) requireClasses(model.card, data.classes);
  const classes = data.classes.length;
  const outputs = mapping ? classes + 1 : model.card.outputs;
  const tallies: Tally[] = [];
  let done = 0;
  let inputSize: [number, number] = [0, 0];
  for await (const read of decodedItems(data, items)) {
    if (read instanceof Problem) throw read;
    const { image, labels } = read;
    const item = items[done++];
    for (const [i, { predicted, ms }] of predict(image).entries()) {
      tallies[i] ??= { total: emptyConfusion(classes, outputs), results: [], times: [] };
      const { total, results, times } = tallies[i];
      const confusion = emptyConfusion(classes, outputs);
      const seen = { truth: labels!, predicted };
      const pixels = mapping ? mapped(mapping, classes, seen.truth, predicted, IGNORE) : seen;
      countPixels(confusion, pixels.truth, pixels.predicted);
      addConfusion(total, confusion);
      results.push(itemResult(item.id, confusion));
      times.push(ms);
    }
    if (done === 1) inputSize = [image.height, image.width];
    await onProgress(done, items.length);
  }
  const { parameters, macs } = countNetwork(model.graph, inputSize);
  return tallies.map(({ total, results, times }) => ({
    ...metricsOf(total),
    confusion: [...total.counts],
    outputs: total.outputs,
    images: items.length,
    msPerImage: median(times),
    parameters,
    macs,
    inputSize,
    items: results,
  }));
}

/** What comes together over the images. */
interface Tally {
  total: Confusion;
  results: ItemResult[];
  times: number[];
}

/**
 * The likeliest output of each pixel of an image, at the image's size.
 * @param image RGB bytes
 */
export function predictClasses(
  model: OpenModel,
  image: { height: number; width: number; data: Uint8Array },
): Predicted {
  const picture = pictureTensor(image.data, [1, image.height, image.width, 3]);
  const { logits, ms } = wholeImage(model, picture);
  const classes = tf.tidy(() => logits.argMax(3));
  const predicted = classes.dataSync<'int32'>();
  tf.dispose([picture, logits, classes]);
  return { predicted, ms };
}

/** Of each pixel the place of its largest value. */
function likeliest(values: Float32Array, outputs: number): Int32Array {
  const places = new Int32Array(values.length / outputs);
  for (let pixel = 0; pixel < places.length; pixel++) {
    const from = pixel * outputs;
    let best = 0;
    for (let output = 1; output < outputs; output++) if (values[from + output] > values[from + best]) best = output;
    places[pixel] = best;
  }
  return places;
}

/** The first image also pays for the start, so not the mean. */
function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
