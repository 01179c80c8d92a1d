/**
 * Classes of one data set as those of another, so that a model can be judged on a data set that it was not trained on:
 * many to one; a class without a counterpart is a wrong answer where it is predicted, and ignored where it is the truth.
 */
import type { ClassInfo } from '../../contract/dataset.ts';
import { CAMVID_CLASSES } from './camvid.ts';
import { CITYSCAPES_CLASSES } from './cityscapes.ts';

export interface ClassMapping {
  /** "Cityscapes → CamVid". */
  name: string;
  /** The data set's class for each of the model's classes; null where it has none. */
  classes: (number | null)[];
}

/**
 * As CamVid's 11 classes were put together from its 32: walls belong to buildings, low vegetation to trees, traffic
 * lights to signs, lorries, buses and trains to cars, who rides to what is ridden.
 */
const CITYSCAPES_TO_CAMVID: Record<string, string> = {
  road: 'Road',
  sidewalk: 'Pavement',
  building: 'Building',
  wall: 'Building',
  fence: 'Fence',
  pole: 'Pole',
  'traffic light': 'SignSymbol',
  'traffic sign': 'SignSymbol',
  vegetation: 'Tree',
  terrain: 'Tree',
  sky: 'Sky',
  person: 'Pedestrian',
  rider: 'Bicyclist',
  car: 'Car',
  truck: 'Car',
  bus: 'Car',
  train: 'Car',
  motorcycle: 'Bicyclist',
  bicycle: 'Bicyclist',
};

const BUILT_IN = [
  { name: 'Cityscapes → CamVid', from: CITYSCAPES_CLASSES, to: CAMVID_CLASSES, names: CITYSCAPES_TO_CAMVID },
];

/** The mapping that is built in for these classes, or null where there is none. */
export function classMapping(model: readonly ClassInfo[], dataset: readonly ClassInfo[]): ClassMapping | null {
  const known = BUILT_IN.find(({ from, to }) => sameNames(from, model) && sameNames(to, dataset));
  if (!known) return null;
  const place = (name: string | undefined) => {
    const at = known.to.findIndex((one) => one.name === name);
    return at < 0 ? null : at;
  };
  return { name: known.name, classes: known.from.map(({ name }) => place(known.names[name])) };
}

function sameNames(a: readonly ClassInfo[], b: readonly ClassInfo[]): boolean {
  return a.length === b.length && a.every(({ name }, i) => name.toLowerCase() === b[i].name.trim().toLowerCase());
}

/**
 * One image through a mapping.
 * @param truth class of each pixel, or `ignore`
 * @param predicted output of each pixel
 * @returns the truth with classes that no output stands for ignored, and the predictions as the data set's classes; one
 *   past the last for what stands for none
 */
export function mapped(
  { classes }: ClassMapping,
  count: number,
  truth: Uint8Array,
  predicted: Int32Array,
  ignore: number,
): { truth: Uint8Array; predicted: Int32Array } {
  const shared = new Set(classes);
  return {
    truth: truth.map((value) => (shared.has(value) ? value : ignore)),
    predicted: predicted.map((output) => classes[output] ?? count),
  };
}
