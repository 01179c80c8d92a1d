import { expect, test } from 'vitest';
import { CAMVID_CLASSES } from '../../../src-main/datasets/classes/camvid.ts';
import { CITYSCAPES_CLASSES } from '../../../src-main/datasets/classes/cityscapes.ts';
import { classMapping, mapped } from '../../../src-main/datasets/classes/mapping.ts';

const mapping = classMapping(CITYSCAPES_CLASSES, CAMVID_CLASSES)!;
const from = (name: string) => CITYSCAPES_CLASSES.findIndex((one) => one.name === name);
const to = (name: string) => CAMVID_CLASSES.findIndex((one) => one.name === name);

test('every class of Cityscapes has one of CamVid, and every one of CamVid some of Cityscapes', () => {
  expect(mapping.name).toBe('Cityscapes → CamVid');
  expect(mapping.classes).not.toContain(null);
  expect(new Set(mapping.classes).size).toBe(CAMVID_CLASSES.length);
  for (const [city, cam] of [
    ['road', 'Road'],
    ['sidewalk', 'Pavement'],
    ['traffic light', 'SignSymbol'],
    ['terrain', 'Tree'],
    ['bus', 'Car'],
    ['rider', 'Bicyclist'],
  ])
    expect(mapping.classes[from(city)], city).toBe(to(cam));
});

test('there is no mapping for the same classes, the other way round, or others', () => {
  expect(classMapping(CAMVID_CLASSES, CAMVID_CLASSES)).toBeNull();
  expect(classMapping(CAMVID_CLASSES, CITYSCAPES_CLASSES)).toBeNull();
  expect(classMapping(CITYSCAPES_CLASSES.slice(1), CAMVID_CLASSES)).toBeNull();
});

test('an image: many to one; an output without a class is wrong, a truth that nothing stands for is ignored', () => {
  const some = { name: '', classes: [1, 1, null] };
  const { truth, predicted } = mapped(some, 2, Uint8Array.of(0, 1, 1, 255), Int32Array.of(0, 1, 2, 3), 255);
  expect([...truth]).toEqual([255, 1, 1, 255]);
  expect([...predicted]).toEqual([1, 1, 2, 2]);
});
