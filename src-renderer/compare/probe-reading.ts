import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { indexAt, NO_CLASS, type Plane, type Prediction } from '../canvas/planes.ts';
import type { Point, Size } from '../canvas/viewport.ts';

/** One class under the pointer. `label` is its number in the data set; null where it is none of them. */
export interface Reading {
  label: number | null;
  name: string;
  probability: number | null;
}

/** The truth at an image point; null without labels. */
export function readTruth(truth: Plane | null, at: Point, image: Size, classes: readonly ClassInfo[]): Reading | null {
  if (!truth) return null;
  const value = truth.data[indexAt(truth, at.x / image.width, at.y / image.height)];
  if (value === 255) return { label: null, name: 'ignored', probability: null };
  return { label: value, name: classes[value]?.name ?? `value ${value}`, probability: null };
}

/** The likeliest classes of a model at an image point with their probabilities, likeliest first. */
export function readModel(
  prediction: Prediction,
  table: Uint8Array,
  names: { outputs: readonly { name: string }[]; classes: readonly ClassInfo[] },
  at: Point,
  image: Size,
): Reading[] {
  const index = indexAt(prediction, at.x / image.width, at.y / image.height);
  return [0, 1, 2].map((place) => {
    const output = prediction.classes[place].data[index];
    const label = table[output];
    return {
      label: label === NO_CLASS ? null : label,
      name: names.classes[label]?.name ?? names.outputs[output]?.name ?? `output ${output + 1}, no class`,
      probability: prediction.probabilities[place][index] / 65535,
    };
  });
}
