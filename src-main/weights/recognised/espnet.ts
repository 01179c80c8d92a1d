/** ESPNet and ESPNet-C of the authors: any p and q, trained on CamVid or Cityscapes. */
import type { ModelCard, NetworkRef } from '../../contract/model.ts';
import { CAMVID_CLASSES } from '../../datasets/classes/camvid.ts';
import { CITYSCAPES_CLASSES } from '../../datasets/classes/cityscapes.ts';
import type { Recognise } from './recognised.ts';

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
export const espnet: Recognise = (tensors) => {
  const shapes = new Map([...tensors].map(([name, { shape }]) => [name, shape]));
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
  const network: NetworkRef = decoded
    ? { id: 'espnet', options: { p, q, form } }
    : { id: 'espnet-c', options: { p, q } };
  return {
    network,
    outputs,
    ...training,
    licence: 'MIT',
    source: 'Weights published by the authors of ESPNet (Mehta et al., ECCV 2018; sacmehta/ESPNet)',
    tensors,
  };
};

/** Which module of a level a convolution belongs to, or −1 where it is of none. */
function blockIndex(name: string, level: number): number {
  const found = PYRAMID.exec(name);
  return found?.[2] !== undefined && Number(found[1]) === level ? Number(found[2]) : -1;
}
