import { expect, test } from 'vitest';
import type { ModelSummary } from '../../../src-main/contract/model.ts';
import { NO_CLASS, type Prediction } from '../../../src-renderer/canvas/planes.ts';
import { matrixParts } from '../../../src-renderer/compare/matrix-parts.ts';
import { bestColumns, chooseModels, imageScores } from '../../../src-renderer/compare/panes.ts';
import { readModel, readTruth } from '../../../src-renderer/compare/probe-reading.ts';

const model = (id: number, run: string | null, parameters: number) => ({ id, run, parameters }) as ModelSummary;
const ids = (models: (ModelSummary | null)[]) => models.map((one) => one?.id ?? null);

test('the largest imported model is the teacher, the newest of a run the student', () => {
  const models = [model(1, null, 10), model(2, null, 99), model(3, 'a', 5), model(4, 'b', 5)];
  expect(ids(chooseModels(models, [null, null, null]))).toEqual([2, 4, null]);
});

test('what the user chose is kept, and nobody is chosen twice', () => {
  const models = [model(1, null, 10), model(2, null, 99), model(3, 'a', 5), model(4, 'b', 5)];
  expect(ids(chooseModels(models, [1, 3, 4]))).toEqual([1, 3, 4]);
  expect(ids(chooseModels(models, [null, 2, null]))).toEqual([1, 2, null]);
  expect(ids(chooseModels(models, [null, null, 4]))).toEqual([2, 3, 4]);
  expect(ids(chooseModels([model(1, null, 10)], [null, null, null]))).toEqual([1, null, null]);
  expect(ids(chooseModels([], [7, null, null]))).toEqual([null, null, null]);
});

test('panes stand so that the image is largest', () => {
  const image = { width: 480, height: 360 };
  expect(bestColumns(6, { width: 1000, height: 600 }, image)).toBe(3);
  expect(bestColumns(2, { width: 1000, height: 600 }, image)).toBe(2);
  expect(bestColumns(2, { width: 300, height: 600 }, image)).toBe(1);
  expect(bestColumns(1, { width: 300, height: 600 }, image)).toBe(1);
});

const plane = (...data: number[]) => ({ width: data.length, height: 1, data: new Uint8Array(data) });

test('the IoU of an image leaves ignored pixels out and counts outputs without a class as wrong', () => {
  const { mIoU, ious } = imageScores(plane(0, 0, 1, 255, 1), plane(0, 1, 1, 2, NO_CLASS), 3);
  expect(ious).toEqual([1 / 2, 1 / 3, null]);
  expect(mIoU).toBeCloseTo(5 / 12);
  expect(imageScores(plane(255), plane(0), 1)).toEqual({ mIoU: null, ious: [null] });
});

const classes = [
  { name: 'Road', color: [0, 0, 0] as [number, number, number] },
  { name: 'Pole', color: [0, 0, 0] as [number, number, number] },
];

test('the probe reads the pixel under the pointer, also from a map of another size', () => {
  const image = { width: 4, height: 1 };
  expect(readTruth(plane(0, 1, 255, 0), { x: 1.9, y: 0.5 }, image, classes)?.name).toBe('Pole');
  expect(readTruth(plane(0, 1, 255, 0), { x: 2, y: 0.5 }, image, classes)?.name).toBe('ignored');
  expect(readTruth(null, { x: 0, y: 0 }, image, classes)).toBeNull();
  const prediction: Prediction = {
    width: 2,
    height: 1,
    classes: [plane(0, 1), plane(1, 2), plane(2, 0)],
    probabilities: [new Uint16Array([65535, 32768]), new Uint16Array([0, 16384]), new Uint16Array([0, 0])],
  };
  const table = new Uint8Array(256).fill(NO_CLASS);
  table.set([1, 0]);
  const readings = readModel(
    prediction,
    table,
    { outputs: [{ name: 'pole' }, { name: 'road' }], classes },
    { x: 3, y: 0 },
    image,
  );
  expect(readings.map(({ name, label }) => [name, label])).toEqual([
    ['Road', 0],
    ['output 3, no class', null],
    ['Pole', 1],
  ]);
  expect(readings.map(({ probability }) => probability!.toFixed(2))).toEqual(['0.50', '0.25', '0.00']);
});

test('both matrices share a scale, and the difference is about zero', () => {
  const [teacher, student, difference] = matrixParts({ teacher: [1, 0.5], student: [0.2, 0.6] });
  expect(teacher.range).toEqual([0.2, 1]);
  expect(student.range).toEqual(teacher.range);
  expect(difference.values.map((value) => value.toFixed(1))).toEqual(['-0.8', '0.1']);
  expect(difference.range).toEqual([-0.8, 0.8]);
});
