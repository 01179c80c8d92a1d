/** A model's label map of one image, as a file. */
import { readBytes, writeAtomic } from '../base/files.ts';
import { decodeImage, encodeLabels } from '../datasets/codec.ts';
import type { OpenModel } from '../training/model.ts';
import { predictClasses } from './evaluate.ts';

/**
 * Writes the predicted outputs of an image as an 8-bit PNG of one channel, at the image's size.
 * @throws Problem where the image cannot be read or the file cannot be written
 */
export function predictFile(model: OpenModel, image: string, out: string): void {
  const decoded = decodeImage(readBytes(image), image);
  const { predicted } = predictClasses(model, decoded);
  const { width, height } = decoded;
  writeAtomic(out, encodeLabels({ width, height, data: Uint8Array.from(predicted) }));
}
