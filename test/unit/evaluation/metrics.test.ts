import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addConfusion,
  countPixels,
  emptyConfusion,
  itemResult,
  metricsOf,
} from '../../../src-main/evaluation/metrics.ts';

const count = (classes: number, outputs: number, truth: number[], predicted: number[]) => {
  const confusion = emptyConfusion(classes, outputs);
  countPixels(confusion, truth, predicted);
  return confusion;
};

test('a case worked out by hand', () => {
  // Class 0: 2 of 3 right, one false; class 1: 1 of 2 right, one false; class 2 absent; 255 not counted.
  const confusion = count(3, 3, [0, 0, 0, 1, 1, 255], [0, 0, 1, 1, 0, 2]);
  expect(metricsOf(confusion)).toEqual({
    mIoU: (2 / 4 + 1 / 3) / 2,
    pixelAccuracy: 3 / 5,
    meanAccuracy: (2 / 3 + 1 / 2) / 2,
    ious: [2 / 4, 1 / 3, null],
  });
});

test('an output that stands for no class is a wrong answer', () => {
  const metrics = metricsOf(count(2, 3, [0, 0, 1, 1], [0, 2, 1, 1]));
  expect(metrics).toEqual({ mIoU: 0.75, pixelAccuracy: 0.75, meanAccuracy: 0.75, ious: [0.5, 1] });
});

test('a class that is predicted but nowhere true counts as 0, and nothing labelled gives null', () => {
  expect(itemResult(7, count(2, 2, [0, 0], [0, 1]))).toEqual({
    item: 7,
    mIoU: 0.25,
    pixelAccuracy: 0.5,
    ious: [0.5, 0],
  });
  expect(metricsOf(count(2, 2, [255], [1]))).toEqual({
    mIoU: null,
    pixelAccuracy: null,
    meanAccuracy: null,
    ious: [null, null],
  });
});

test('fewer outputs than classes: the missing ones are never predicted', () => {
  expect(metricsOf(count(3, 2, [0, 1, 2], [0, 1, 1])).ious).toEqual([1, 0.5, 0]);
});

test('agrees with sets of pixels, and parts add up', () => {
  const value = fc.nat(4);
  const images = fc.array(fc.array(fc.tuple(fc.oneof(value, fc.constant(255)), fc.nat(5)), { maxLength: 40 }), {
    minLength: 1,
    maxLength: 4,
  });
  fc.assert(
    fc.property(images, (all) => {
      const total = emptyConfusion(5, 6);
      for (const image of all) {
        addConfusion(
          total,
          count(
            5,
            6,
            image.map(([t]) => t),
            image.map(([, p]) => p),
          ),
        );
      }
      const pixels = all.flat().filter(([t]) => t !== 255);
      const ious = [0, 1, 2, 3, 4].map((c) => {
        const union = pixels.filter(([t, p]) => t === c || p === c).length;
        return union === 0 ? null : pixels.filter(([t, p]) => t === c && p === c).length / union;
      });
      const metrics = metricsOf(total);
      expect(metrics.ious).toEqual(ious);
      const right = pixels.filter(([t, p]) => t === p).length;
      expect(metrics.pixelAccuracy).toEqual(pixels.length ? right / pixels.length : null);
    }),
  );
});

test('refuses what is no class', () => {
  expect(() => count(2, 2, [2], [0])).toThrow(/class 2/);
  expect(() => count(2, 2, [0], [2])).toThrow(/predicted 2/);
  expect(() => count(2, 2, [0, 1], [0])).toThrow(/1 predicted/);
});
