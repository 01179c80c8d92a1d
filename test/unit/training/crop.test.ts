import { expect, test } from 'vitest';
import { BatchPlanner } from '../../../src-main/training/batch-plan.ts';
import { cutCrop, PADDING } from '../../../src-main/training/crop.ts';

/** An image whose red is 10·row + column, and whose labels are the columns. */
function gradient(height: number, width: number) {
  const image = new Uint8Array(height * width * 3);
  const labels = new Uint8Array(height * width);
  for (let i = 0; i < height * width; i++) {
    image[i * 3] = 10 * Math.floor(i / width) + (i % width);
    image[i * 3 + 1] = 200;
    image[i * 3 + 2] = 7;
    labels[i] = i % width;
  }
  return { height, width, image, labels };
}

function cut(item: ReturnType<typeof gradient>, plan: Partial<Parameters<typeof cutCrop>[1]>, size: [number, number]) {
  const image = new Uint8Array(size[0] * size[1] * 3);
  const labels = new Uint8Array(size[0] * size[1]);
  cutCrop(item, { scale: 1, flip: false, top: 0, left: 0, ...plan }, size, image, labels);
  return { red: [...image].filter((_, i) => i % 3 === 0), rest: image, labels: [...labels] };
}

test('cuts the image at its own size without changing a pixel, anywhere from corner to corner', () => {
  const item = gradient(4, 5);
  expect(cut(item, {}, [2, 2])).toMatchObject({ red: [0, 1, 10, 11], labels: [0, 1, 0, 1] });
  expect(cut(item, { top: 0.999999, left: 0.999999 }, [2, 2])).toMatchObject({
    red: [23, 24, 33, 34],
    labels: [3, 4, 3, 4],
  });
  expect(cut(item, {}, [4, 5]).red).toEqual([...item.image].filter((_, i) => i % 3 === 0));
});

test('flips image and labels together', () => {
  expect(cut(gradient(4, 5), { flip: true }, [2, 3])).toMatchObject({
    red: [2, 1, 0, 12, 11, 10],
    labels: [2, 1, 0, 2, 1, 0],
  });
});

test('pads around an image that is too small', () => {
  const { red, rest, labels } = cut(gradient(1, 2), { top: 0.5, left: 0 }, [3, 3]);
  const p = PADDING[0];
  expect(red).toEqual([p, p, p, 0, 1, p, p, p, p]);
  expect([...rest.slice(0, 3)]).toEqual([...PADDING]);
  expect(labels).toEqual([255, 255, 255, 0, 1, 255, 255, 255, 255]);
});

test('scales bilinearly at pixel centres, labels by the nearest pixel', () => {
  // A row 0, 2 … of width 2 made twice as wide: sampled at −¼ (clamped), ¼, ¾, 1¼ (clamped).
  const item = { height: 1, width: 2, image: Uint8Array.of(0, 0, 0, 100, 0, 0), labels: Uint8Array.of(3, 4) };
  expect(cut(item, { scale: 2 }, [2, 4])).toMatchObject({
    red: [0, 25, 75, 100, 0, 25, 75, 100],
    labels: [3, 3, 4, 4, 3, 3, 4, 4],
  });
  // Half size: the mean of each two.
  expect(cut(gradient(4, 4), { scale: 0.5 }, [2, 2])).toMatchObject({ red: [6, 8, 26, 28], labels: [1, 3, 1, 3] });
});

test('plans are a function of seed and step alone; each epoch takes every item once', () => {
  const settings = { seed: 5, batch: 4, augmentation: { scale: [0.5, 2] as [number, number], flip: 0.5 } };
  const forward = new BatchPlanner(settings, 10);
  const plans = Array.from({ length: 10 }, (_, step) => forward.plan(step));
  const backward = new BatchPlanner(settings, 10);
  for (let step = 9; step >= 0; step--) expect(backward.plan(step)).toEqual(plans[step]);
  const items = plans.flat().map((sample) => sample.item);
  for (let epoch = 0; epoch < 4; epoch++) {
    expect([...items.slice(epoch * 10, epoch * 10 + 10)].sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
  }
  expect(items.slice(0, 10)).not.toEqual(items.slice(10, 20));
  expect(new BatchPlanner({ ...settings, seed: 6 }, 10).plan(0)).not.toEqual(plans[0]);
  for (const sample of plans.flat()) {
    expect(sample.scale).toBeGreaterThanOrEqual(0.5);
    expect(sample.scale).toBeLessThan(2);
  }
  expect(new Set(plans.flat().map((sample) => sample.flip)).size).toBe(2);
});
