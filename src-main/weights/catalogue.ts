/** The catalogue of known weights files. A file is known by its tensors' names and shapes, never by its own name. */
import type { ClassInfo } from '../contract/dataset.ts';
import type { ModelCard } from '../contract/model.ts';
import { CAMVID_CLASSES } from '../datasets/classes/camvid.ts';
import { CITYSCAPES_CLASSES } from '../datasets/classes/cityscapes.ts';
import { VOC_CLASSES, vocColour } from '../datasets/classes/voc.ts';
import type { PartOfCard } from './card.ts';
import { ownNames } from './match.ts';
import type { TensorFile } from './tensor-file.ts';

/** What the catalogue knows of a file. */
export type KnownModel = Omit<ModelCard, 'name' | 'sha256'>;

/**
 * The card of a known file. One tensor more or less does not keep a file from being recognised, so that what is
 * missing can be said by name.
 * @returns undefined where the file is of no network, or of no classes, known here
 */
export function recognise(file: TensorFile): KnownModel | undefined {
  return espnet(new Map([...ownNames(file.tensors)].map(([name, { shape }]) => [name, shape])));
}

/**
 * The authors' trainings, by the number of outputs. Means and deviations are of blue, green and red over the training
 * images; the authors divide by 255 after the deviation (sacmehta/ESPNet).
 */
const ESPNET_TRAININGS: Record<number, Pick<ModelCard, 'classes' | 'preprocessing'>> = {
  // The twelfth output is void
  12: {
    classes: [...CAMVID_CLASSES],
    preprocessing: {
      channels: 'bgr',
      mean: [110.331, 108.409, 105.033],
      std: [72.126, 72.691, 69.904],
      scale: 1 / 255,
    },
  },
  // Train ids 0–18; the twentieth output is all that Cityscapes does not evaluate
  20: {
    classes: [...CITYSCAPES_CLASSES],
    preprocessing: {
      channels: 'bgr',
      mean: [72.392, 82.909, 73.158],
      std: [45.319, 46.153, 44.915],
      scale: 1 / 255,
    },
  },
};

/** A convolution of one of the pyramid modules that ESPNet is made of. */
const PYRAMID = /^(?:encoder\.)?level(2|3)(?:_0|\.(\d{1,2}))\.(?:c1|d1|d2|d4|d8|d16)\.conv\.weight$/;
/** The highest numbers of modules that ESPNet can be built with here. */
const MOST = { p: 20, q: 40 };

/** ESPNet (with its decoder) and ESPNet-C (the encoder alone), with the authors' names. */
function espnet(shapes: Map<string, number[]>): KnownModel | undefined {
  const modules = [...shapes.keys()].filter((name) => PYRAMID.test(name)).length;
  if (modules < 12) return undefined;
  const blocks = (level: number) => 1 + Math.max(-1, ...[...shapes.keys()].map((name) => blockIndex(name, level)));
  const [p, q] = [blocks(2), blocks(3)];
  if (p < 1 || q < 1 || p > MOST.p || q > MOST.q) return undefined;

  const decoded = [...shapes.keys()].some((name) => name.startsWith('encoder.'));
  const prefix = decoded ? 'encoder.' : '';
  if ((shapes.get(`${prefix}level1.conv.weight`)?.[0] ?? 16) !== 16) return undefined;
  const outputs =
    (shapes.get(`${prefix}classifier.conv.weight`) ?? shapes.get('classifier.weight')?.slice(1))?.[0] ?? 0;
  const training = Object.hasOwn(ESPNET_TRAININGS, outputs) ? ESPNET_TRAININGS[outputs] : undefined;
  if (!training) return undefined;

  // The CamVid decoder's last convolution also takes the reduced input: 19 channels beside the classes, otherwise 16
  const last = shapes.get('conv.conv.weight')?.[1];
  const form = last === undefined ? Number(outputs === 12) : Number(last === outputs + 19);
  return {
    network: decoded ? { id: 'espnet', options: { p, q, form } } : { id: 'espnet-c', options: { p, q } },
    outputs,
    ...training,
    licence: 'MIT',
    source: 'Weights published by the authors of ESPNet (Mehta et al., ECCV 2018; sacmehta/ESPNet)',
  };
}

/** Which module of a level a convolution belongs to, or −1 where it is of none. */
function blockIndex(name: string, level: number): number {
  const found = PYRAMID.exec(name);
  return found?.[2] !== undefined && Number(found[1]) === level ? Number(found[2]) : -1;
}

/** The preprocessing that most networks are trained with: RGB, ImageNet's mean and deviation. */
const USUAL: ModelCard['preprocessing'] = {
  channels: 'rgb',
  mean: [123.675, 116.28, 103.53],
  std: [58.395, 57.12, 57.375],
  scale: 1,
};

/** Classes by the number of outputs, where a data set of the field has just so many. */
const USUAL_CLASSES: Record<number, { name: string; classes: readonly ClassInfo[] }> = {
  11: { name: 'CamVid', classes: CAMVID_CLASSES },
  12: { name: 'CamVid', classes: CAMVID_CLASSES },
  19: { name: 'Cityscapes', classes: CITYSCAPES_CLASSES },
  20: { name: 'Cityscapes', classes: CITYSCAPES_CLASSES },
  21: { name: 'Pascal VOC', classes: VOC_CLASSES.map((name, i) => ({ name, color: vocColour(i) })) },
};

/** The parts of a card that a file does not tell: as it is told elsewhere, or as it most likely is. */
export function assumedCard(
  outputs: number,
  told: PartOfCard,
): Pick<ModelCard, 'classes' | 'preprocessing' | 'licence' | 'source'> & { assumed: string | null } {
  const usual = Object.hasOwn(USUAL_CLASSES, outputs) ? USUAL_CLASSES[outputs] : undefined;
  const numbered = () =>
    Array.from({ length: outputs }, (_, i) => ({ name: `class ${i + 1}`, color: vocColour(i + 1) }));
  const parts = [
    told.classes
      ? ''
      : `its ${outputs} outputs are ${usual ? `the classes of ${usual.name}` : 'classes without names'}`,
    told.preprocessing ? '' : 'its pictures are RGB, with ImageNet’s mean and deviation',
  ].filter(Boolean);
  return {
    classes: told.classes ?? [...(usual?.classes ?? numbered())],
    preprocessing: told.preprocessing ?? USUAL,
    licence: told.licence ?? 'unknown',
    source: told.source ?? 'a file',
    assumed: parts.length ? `The file does not tell, so it is assumed that ${parts.join(', and that ')}.` : null,
  };
}
