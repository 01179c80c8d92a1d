import type { ClassInfo } from '../../contract/dataset.ts';

/** Pascal VOC's classes in the order of the label maps' values; 255 is void. Colours are those of its colour map. */
export const VOC_CLASSES: readonly string[] = [
  'background',
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
];

type Colour = [red: number, green: number, blue: number];

/** The colour of void in label maps that are written as colours. */
export const VOC_VOID: Readonly<Colour> = [224, 224, 192];

/** Colour number `index` of its colour map: the bits of the index, spread over red, green and blue from the top. */
export function vocColour(index: number): Colour {
  const colour: Colour = [0, 0, 0];
  for (let bit = 0; bit < 8; bit++) {
    for (let channel = 0; channel < 3; channel++) {
      colour[channel] |= ((index >> (3 * bit + channel)) & 1) << (7 - bit);
    }
  }
  return colour;
}

/** The classes with their colours. */
export const VOC_CLASS_INFO: readonly ClassInfo[] = VOC_CLASSES.map((name, i) => ({ name, color: vocColour(i) }));
