/** The catalogue of known weights files. A file is known by its tensors' names and shapes, never by its own name. */
import type { ClassInfo } from '../contract/dataset.ts';
import type { ModelCard } from '../contract/model.ts';
import { CAMVID_CLASSES } from '../datasets/classes/camvid.ts';
import { CITYSCAPES_CLASSES } from '../datasets/classes/cityscapes.ts';
import { VOC_CLASS_INFO, vocColour } from '../datasets/classes/voc.ts';
import type { PartOfCard } from './card.ts';
import { ownNames } from './match.ts';
import { efficientnetLite } from './recognised/efficientnet-lite.ts';
import { espnet } from './recognised/espnet.ts';
import { kerasResnet } from './recognised/keras-resnet.ts';
import { mobilenetV2 } from './recognised/mobilenet-v2.ts';
import { IMAGENET_PREPROCESSING, type Recognise, type Recognised } from './recognised/recognised.ts';
import { torchvisionResnet } from './recognised/torchvision-resnet.ts';
import { torchvisionSegmentation } from './recognised/torchvision-segmentation.ts';
import type { TensorFile } from './tensor-file.ts';

const KNOWN: readonly Recognise[] = [
  ...[espnet, torchvisionSegmentation],
  ...[mobilenetV2, efficientnetLite, kerasResnet, torchvisionResnet],
];

/** What is known of a file, and what its card takes for granted, as a sentence. */
export type KnownFile = Omit<ModelCard, 'name' | 'sha256'> & Pick<Recognised, 'tensors'> & { assumed: string | null };

/**
 * The card of a known file. One tensor more or less does not keep a file from being recognised, so that what is
 * missing can be said by name.
 * @returns undefined where the file is of no network, or of no classes, known here
 */
export function recogniseFile(file: TensorFile): KnownFile | undefined {
  const tensors = ownNames(file.tensors);
  for (const recognise of KNOWN) {
    const found = recognise(tensors);
    if (!found) continue;
    const { network, outputs, tensors: named, ...told } = found;
    return { network, outputs, tensors: named, ...assumedCard(outputs, told) };
  }
  return undefined;
}

/** Classes by the number of outputs, where a data set of the field has just so many. */
const USUAL_CLASSES: Record<number, { name: string; classes: readonly ClassInfo[] }> = {
  11: { name: 'CamVid', classes: CAMVID_CLASSES },
  12: { name: 'CamVid', classes: CAMVID_CLASSES },
  19: { name: 'Cityscapes', classes: CITYSCAPES_CLASSES },
  20: { name: 'Cityscapes', classes: CITYSCAPES_CLASSES },
  21: { name: 'Pascal VOC', classes: VOC_CLASS_INFO },
};

/** The parts of a card that a file does not tell: as it is told elsewhere, or as it most likely is. */
export function assumedCard(
  outputs: number,
  told: PartOfCard,
): Pick<ModelCard, 'classes' | 'preprocessing' | 'licence' | 'source' | 'guessed'> & { assumed: string | null } {
  const usual = Object.hasOwn(USUAL_CLASSES, outputs) ? USUAL_CLASSES[outputs] : undefined;
  const numbered = () =>
    Array.from({ length: outputs }, (_, i) => ({ name: `class ${i + 1}`, color: vocColour(i + 1) }));
  const parts = [
    told.classes
      ? ''
      : `its ${outputs} outputs are ${usual ? `the classes of ${usual.name}` : 'classes without names'}`,
    told.preprocessing ? '' : 'its pictures are RGB, with ImageNet’s mean and deviation',
  ].filter(Boolean);
  const guessed = (['classes', 'preprocessing'] as const).filter((part) => !told[part]);
  return {
    ...(guessed.length > 0 ? { guessed } : {}),
    classes: told.classes ?? [...(usual?.classes ?? numbered())],
    preprocessing: told.preprocessing ?? IMAGENET_PREPROCESSING,
    licence: told.licence ?? 'unknown',
    source: told.source ?? 'a file',
    assumed: parts.length ? `The file does not tell, so it is assumed that ${parts.join(', and that ')}.` : null,
  };
}
