import { expect, test } from 'vitest';
import type { RunGain } from '../../../src-main/contract/annotation.ts';
import { classesByGain, gainLimits, gainOf, gainTitle } from '../../../src-renderer/runs/gain-words.ts';

const gain: RunGain = {
  run: 'b-1',
  before: 'a-1',
  split: 'val',
  images: 12,
  evaluatedImages: 0,
  otherRecipe: false,
  mIoU: [0.5, 0.51],
  classes: [
    { before: 0.5, after: 0.48, pixels: 0 },
    { before: null, after: 0.4, pixels: 0 },
    { before: 0.1, after: 0.3, pixels: 10 },
    { before: 0.2, after: 0.2, pixels: 0 },
  ],
};

test('classes stand in the order of their gain, those of which it is not known last', () => {
  expect(classesByGain(gain)).toEqual([2, 3, 0, 1]);
  expect(gain.classes.map(gainOf)).toEqual([0.48 - 0.5, null, 0.3 - 0.1, 0]);
});

test('tells what is held against what, by the runs’ names', () => {
  expect(gainTitle(gain, (run) => run.toUpperCase())).toBe(
    'IoU on val of B-1 against A-1, the run before it; in between the labels of 12 images were edited.',
  );
  expect(gainTitle({ ...gain, images: 0 }, String)).toContain('no label map was edited');
});

test('tells what the figures do not: chance, another recipe, other labels in the split itself', () => {
  expect(gainLimits(gain)).toContain('by chance');
  expect(gainLimits(gain)).not.toContain('recipes');
  expect(gainLimits({ ...gain, otherRecipe: true })).toContain('The recipes differ as well');
  expect(gainLimits({ ...gain, evaluatedImages: 1 })).toContain('1 image of val itself is among those edited');
  expect(gainLimits({ ...gain, images: 0 })).toContain('how far two runs differ without new labels');
});
