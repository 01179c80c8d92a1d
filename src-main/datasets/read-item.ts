/** Reading one item: its image, and its label map in terms of the data set's classes. */
import path from 'node:path';
import { readBytes } from '../base/files.ts';
import { type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { decodeImage, decodeLabels, imageSize, type RawLabels, type RgbImage } from './codec.ts';
import { decodeLabelBytes, type FoundLabels, type LabelBytes, openLabels } from './label-source.ts';
import { fileInDataset, type LabelTable, OUTSIDE } from './layout.ts';

/** An image and its label map: `height·width` values, each a class or IGNORE; null where the item is unlabelled. */
export interface ItemPixels {
  image: RgbImage;
  labels: Uint8Array | null;
}

/** The files of an item; `corrected` as in `JobData`. */
export type ItemFiles = Pick<FoundItem, 'image' | 'labels'> & { corrected?: boolean };

/**
 * Reads an item for training, evaluation and display. Label values that mean nothing count as IGNORE (the index has
 * reported them).
 * @param root the data set's folder
 * @param table the data set's
 * @throws Problem where a file cannot be read or the label map has another size than the image
 */
export function readItem(root: string, item: ItemFiles, table: LabelTable): ItemPixels {
  const imageFile = fileInDataset(root, item.image);
  const image = decodeImage(readBytes(imageFile), imageFile);
  if (item.labels === null) return { image, labels: null };
  if (item.corrected) {
    const { data, ...size } = decodeLabels(readBytes(item.labels), item.labels);
    checkSize(size, item.labels, image, imageFile);
    return { image, labels: Uint8Array.from(data) };
  }
  const raw = decodeSized(openLabels(root, item.labels), image, imageFile);
  return { image, labels: mapLabels(raw, table).labels };
}

/** Height and width of an item's image, from its header. @throws Problem where it cannot be read */
export function imageSizeOf(root: string, image: string): [number, number] {
  const file = fileInDataset(root, image);
  const { height, width } = imageSize(readBytes(file), file);
  return [height, width];
}

/**
 * The label values of an image. Shapes are not drawn where they are of another size: that may be any.
 * @throws Problem where there is no label map to be had, or it has another size than its image
 */
export function decodeSized(
  opened: LabelBytes,
  image: { width: number; height: number },
  imageFile: string,
): FoundLabels {
  if (opened.recipe.kind === 'drawing') checkSize(opened.recipe, opened.file, image, imageFile);
  const raw = decodeLabelBytes(opened);
  checkSize(raw, opened.file, image, imageFile);
  return raw;
}

/** @throws Problem where a label map has another size than its image */
export function checkSize(
  labels: { width: number; height: number },
  labelFile: string,
  image: { width: number; height: number },
  imageFile: string,
): void {
  if (labels.width === image.width && labels.height === image.height) return;
  const sizes = `${labels.width}×${labels.height} pixels, but its image ${path.basename(imageFile)} has ${image.width}×${image.height}`;
  throw new Problem(`${labelFile} has ${sizes}.`, {
    where: labelFile,
    next: 'Give the label map the size of the image (nearest neighbour, so that no class is mixed).',
  });
}

/**
 * A label map's values as classes.
 * @returns `labels`, a class or IGNORE for each pixel, and `outside`: how often each value without a meaning occurs
 */
export function mapLabels(raw: RawLabels, table: LabelTable): { labels: Uint8Array; outside: Map<number, number> } {
  const labels = new Uint8Array(raw.data.length);
  const outside = new Map<number, number>();
  for (let i = 0; i < labels.length; i++) {
    const value = raw.data[i];
    const label = value < table.length ? table[value] : OUTSIDE;
    if (label === OUTSIDE) {
      outside.set(value, (outside.get(value) ?? 0) + 1);
      labels[i] = IGNORE;
    } else labels[i] = label;
  }
  return { labels, outside };
}
