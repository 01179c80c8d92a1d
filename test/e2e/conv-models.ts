/**
 * Models of one convolution of 1×1, so that what they say of a pixel is computed here in a few lines, and images for
 * them.
 */
import { type Grid, grid, type Picture, SIZE } from './annotate-driver.ts';
import type { Rows } from './conv-file.ts';

export const NAMES = ['a', 'b', 'c', 'd', 'e'];
/** Red from left to right, green from top to bottom; blue, and how far red goes, tells the images apart. */
export const picture: Picture = (x, y, n) => [x + 20 + ((n * 37) % 90), 3 * y, (n * 101) % 256];

/** These leave no pixel of the images on the edge between two classes, or on that of being sure enough. */
export const TEACHER: Rows = [
  [-9.06, 0.97, 1.3, 4.61],
  [7.74, 0.28, -1.75, -0.72],
  [0.72, 7.81, 0.57, -3.19],
  [0.54, -6.2, 4.79, 1.71],
];
export const STUDENT: Rows = [
  [-6.88, 1.79, 0.66, 3.44],
  [6.37, -1.9, 1.26, -0.4],
  [-1.03, 6.5, 2.21, -2.17],
  [1.63, -4.22, 3.16, 1.23],
];

/** What a model says of each pixel of the nth image: the likeliest class, and the probabilities of all. */
export function said(rows: Rows, n: number): { label: number; probabilities: number[] }[] {
  return Array.from({ length: SIZE.width * SIZE.height }, (_, i) => {
    const color = picture(i % SIZE.width, Math.floor(i / SIZE.width), n);
    const exps = rows.map(([r, g, b, offset]) => Math.exp((r * color[0] + g * color[1] + b * color[2]) / 255 + offset));
    const sum = exps.reduce((all, one) => all + one, 0);
    const probabilities = exps.map((one) => one / sum);
    return { label: probabilities.indexOf(Math.max(...probabilities)), probabilities };
  });
}

/** The pixels of the nth image that a model's labels are taken for, by its likeliest class where it is sure enough. */
export function taken(
  rows: Rows,
  n: number,
  confidence: number,
  before: Grid,
  where: (x: number, y: number) => boolean,
): Grid {
  const all = said(rows, n);
  return grid((x, y) => {
    const i = y * SIZE.width + x;
    const { label, probabilities } = all[i];
    return where(x, y) && probabilities[label] >= confidence ? label : before[i];
  });
}
