/** Running a model over the items of a split: one confusion matrix, and each image's own result. */
import { IGNORE } from '../contract/dataset.ts';
import type { EvaluationResult, ItemResult, JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { classMapping, mapped } from '../datasets/classes/mapping.ts';
import { tf } from '../engine/tf.ts';
import { countNetwork } from '../networks/graph.ts';
import { type OpenModel, requireClasses } from '../training/model.ts';
import { pictureTensor } from '../training/normalise.ts';
import { decodedItems } from './decoded.ts';
import { addConfusion, countPixels, emptyConfusion, itemResult, metricsOf } from './metrics.ts';
import { wholeImage } from './whole-image.ts';

/**
 * Evaluates a model on every labelled item of `data`: whole images, one scale. Outputs past the data set's classes
 * count as wrong. Classes that a built-in mapping knows (Cityscapes on CamVid) go through it.
 * @param onProgress told after each image; may be waited for
 * @throws Problem where no item is labelled, a file cannot be read, or the model has other classes
 */
export async function evaluateModel(
  model: OpenModel,
  data: JobData,
  onProgress: (done: number, total: number) => void | Promise<void> = () => {},
): Promise<EvaluationResult> {
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
  const total = emptyConfusion(classes, outputs);
  const results: ItemResult[] = [];
  const times: number[] = [];
  let inputSize: [number, number] = [0, 0];
  for await (const read of decodedItems(data, items)) {
    if (read instanceof Problem) throw read;
    const { image, labels } = read;
    const item = items[results.length];
    const { predicted, ms } = predictClasses(model, image);
    const confusion = emptyConfusion(classes, outputs);
    const seen = { truth: labels!, predicted };
    const pixels = mapping ? mapped(mapping, classes, seen.truth, predicted, IGNORE) : seen;
    countPixels(confusion, pixels.truth, pixels.predicted);
    addConfusion(total, confusion);
    results.push(itemResult(item.id, confusion));
    times.push(ms);
    if (results.length === 1) inputSize = [image.height, image.width];
    await onProgress(results.length, items.length);
  }
  const { parameters, macs } = countNetwork(model.graph, inputSize);
  return {
    ...metricsOf(total),
    confusion: [...total.counts],
    outputs: total.outputs,
    images: items.length,
    msPerImage: median(times),
    parameters,
    macs,
    inputSize,
    items: results,
  };
}

/**
 * The likeliest output of each pixel of an image, at the image's size.
 * @param image RGB bytes
 */
export function predictClasses(
  model: OpenModel,
  image: { height: number; width: number; data: Uint8Array },
): { predicted: Int32Array; ms: number } {
  const picture = pictureTensor(image.data, [1, image.height, image.width, 3]);
  const { logits, ms } = wholeImage(model, picture);
  const classes = tf.tidy(() => logits.argMax(3));
  const predicted = classes.dataSync<'int32'>();
  tf.dispose([picture, logits, classes]);
  return { predicted, ms };
}

/** The first image also pays for the start, so not the mean. */
function median(values: number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
