import { expect, test } from 'vitest';
import { grabCut } from '../../../src-main/assist/grabcut.ts';
import { overlap, scene } from './scene.ts';

const { image, disc, square } = scene(180, 100);

test('what stands out in a box is found to the pixel', async () => {
  const found = await grabCut(image, { x: 15, y: 15, width: 70, height: 70 });
  expect(found).toMatchObject({ x: 15, y: 15, width: 70, height: 70 });
  expect(overlap(180, found, disc)).toBeGreaterThan(0.985);
  const right = await grabCut(image, { x: 98, y: 22, width: 64, height: 56 });
  expect(overlap(180, right, square)).toBeGreaterThan(0.985);
});

test('marks take things out of it and bring them back', async () => {
  const box = { x: 10, y: 10, width: 165, height: 80 };
  const both = Uint8Array.from(disc, (inside, at) => inside | square[at]);
  expect(overlap(180, await grabCut(image, box), both)).toBeGreaterThan(0.98);
  const out = { x: 130, y: 50, radius: 20, inside: false };
  expect(overlap(180, await grabCut(image, box, [out]), disc)).toBeGreaterThan(0.97);
  expect(overlap(180, await grabCut(image, box, [out, { ...out, inside: true }]), both)).toBeGreaterThan(0.98);
});

test('a large image is cut as well', async () => {
  const large = scene(1800, 1000);
  const found = await grabCut(large.image, { x: 150, y: 150, width: 700, height: 700 });
  expect(overlap(1800, found, large.disc)).toBeGreaterThan(0.98);
});

test('a box that reaches out of the image is cut off, one outside finds nothing, and the whole image is all inside', async () => {
  expect(await grabCut(image, { x: -40, y: 20, width: 130, height: 300 })).toMatchObject({
    x: 0,
    y: 20,
    width: 90,
    height: 80,
  });
  expect(await grabCut(image, { x: 500, y: 20, width: 10, height: 10 })).toBeNull();
  const all = await grabCut(image, { x: 0, y: 0, width: 180, height: 100 });
  expect(all!.mask).toEqual(new Uint8Array(18000).fill(1));
  const point = await grabCut(image, { x: 7, y: 7, width: 1, height: 1 });
  expect(point === null || point.mask.length === 1).toBe(true);
});
