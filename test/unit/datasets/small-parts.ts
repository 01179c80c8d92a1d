/**
 * What the small data sets of `small.ts` are made of. Of each image the left half is one class and the right half another;
 * some image, as a rule the last, has no label map.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ClassInfo } from '../../../src-main/contract/dataset.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { encodePng } from '../../../src-main/datasets/png.ts';

export const WIDTH = 64;
export const HEIGHT = 48;

export interface SmallDataset {
  layout: string;
  /** Another layout comes before it: this one must be chosen. */
  chosen?: true;
  title: string;
  items: number;
  labelled: number;
  /** How many images each split has, in the order in which they are told. */
  splits: Record<string, number>;
  classes: number;
  /** The classes of the two halves of the images. */
  halves: [left: ClassInfo, right: ClassInfo];
  files: Record<string, Uint8Array | string>;
}

const grey = (level: number) =>
  encodeImage({ width: WIDTH, height: HEIGHT, data: new Uint8Array(3 * WIDTH * HEIGHT).fill(level) });

/** An image; no two are of one grey. */
export const picture = (index = 0) => grey(60 + 20 * index);

/** A map whose two halves have these values. */
export function map(left: number, right: number): Uint8Array {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH < WIDTH / 2 ? left : right));
  return encodePng(WIDTH, HEIGHT, 1, data);
}

const MATLAB: Record<string, { file: string }> = JSON.parse(
  readFileSync(path.join(import.meta.dirname, 'golden/matlab.json'), 'utf8'),
);

/** A MATLAB file of test/oracles/matlab.py. */
export const matlab = (name: string): Uint8Array => Buffer.from(MATLAB[name].file, 'base64');

type Colour = ClassInfo['color'];

/** A map whose two halves have these colours. */
export function colours(left: Colour, right: Colour): Uint8Array {
  const data = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => {
    return (Math.floor(i / 3) % WIDTH < WIDTH / 2 ? left : right)[i % 3];
  });
  return encodePng(WIDTH, HEIGHT, 3, data);
}

export const json = (content: unknown) => JSON.stringify(content);
export const named = (name: string, ...color: Colour): ClassInfo => ({ name, color });
