/** A tiny data set on disk: coloured rectangles on grey, whose classes are learnable from the colour. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomUniform } from '../../../src-main/base/random.ts';
import type { JobData } from '../../../src-main/contract/job.ts';
import type { ModelCard } from '../../../src-main/contract/model.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';

export const COLORS: [number, number, number][] = [
  [90, 90, 90],
  [220, 40, 40],
  [40, 60, 220],
];

/** @returns the data as a job gets it; label value 7 is not named and so ignored */
export function tinyData(folder: string, items = 6, [height, width] = [48, 64]): JobData {
  mkdirSync(folder, { recursive: true });
  for (let i = 0; i < items; i++) {
    const image = new Uint8Array(height * width * 3);
    const labels = new Uint8Array(height * width);
    const draw = (counter: number) => randomUniform(1, 'tiny', i, counter);
    for (let y = 0, p = 0; y < height; y++) {
      for (let x = 0; x < width; x++, p++) {
        const inside = (k: number) =>
          Math.abs(y - height * draw(k)) < height / 5 && Math.abs(x - width * draw(k + 1)) < width / 5;
        const label = inside(0) ? 1 : inside(2) ? 2 : 0;
        labels[p] = y < 2 ? 7 : label;
        for (let c = 0; c < 3; c++) image[p * 3 + c] = COLORS[label][c] + 30 * randomUniform(2, 'tiny', i, p, c);
      }
    }
    writeFileSync(path.join(folder, `${i}.png`), encodeImage({ width, height, data: image }));
    writeFileSync(path.join(folder, `${i}_labels.png`), encodeLabels({ width, height, data: labels }));
  }
  return {
    root: folder,
    classes: ['Ground', 'Red', 'Blue'].map((name, i) => ({ name, color: COLORS[i] })),
    values: Array.from({ length: 256 }, (_, value) => (value < 3 ? value : 255)),
    items: Array.from({ length: items }, (_, i) => ({
      id: 100 + i,
      key: `train/${i}`,
      split: 'train',
      image: `${i}.png`,
      labels: `${i}_labels.png`,
    })),
    hash: 'tiny',
  };
}

/** The card of a model of such data. */
export function tinyCard({ classes }: JobData, network: ModelCard['network'], outputs = 3): ModelCard {
  const preprocessing = STUDENT_PREPROCESSING;
  return { name: 'tiny', network, classes, outputs, preprocessing, licence: '', source: '', sha256: '' };
}
