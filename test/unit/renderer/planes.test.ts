import { expect, test } from 'vitest';
import {
  indexAt,
  mapPlane,
  NO_CLASS,
  outputClasses,
  type Plane,
  readPrediction,
  touch,
} from '../../../src-renderer/canvas/planes.ts';

/** A prediction of 3 × 1 pixels, an odd number: the 16-bit planes begin off their boundary. */
function bytes() {
  const buffer = new ArrayBuffer(27);
  new Uint8Array(buffer).set([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  const view = new DataView(buffer);
  for (let i = 0; i < 9; i++) view.setUint16(9 + 2 * i, 1000 * i + 7, true);
  return buffer;
}

test('a prediction is taken apart into three planes of classes and three of probabilities', () => {
  const prediction = readPrediction(bytes(), 3, 1);
  expect(prediction.classes.map(({ data }) => [...data])).toEqual([
    [1, 2, 3],
    [4, 5, 6],
    [7, 8, 9],
  ]);
  expect(prediction.probabilities.map((plane) => [...plane])).toEqual([
    [7, 1007, 2007],
    [3007, 4007, 5007],
    [6007, 7007, 8007],
  ]);
});

test('a prediction of another length is refused', () => {
  expect(() => readPrediction(bytes(), 2, 2)).toThrow('2 × 2 pixels should have 36 bytes, not 27');
});

test('outputs become the data set’s classes by name; the others stand for none', () => {
  const table = outputClasses(
    [{ name: 'traffic sign' }, { name: 'ROAD' }, { name: 'void' }],
    [{ name: 'Road' }, { name: 'Traffic-Sign' }],
  );
  expect([...table.slice(0, 4)]).toEqual([1, 0, NO_CLASS, NO_CLASS]);
  expect([...mapPlane({ width: 2, height: 1, data: new Uint8Array([1, 2]) }, table).data]).toEqual([0, NO_CLASS]);
});

test('maps of another size than the image are read at the same place', () => {
  const size = { width: 4, height: 2 };
  expect(indexAt(size, 0, 0)).toBe(0);
  expect(indexAt(size, 0.99, 0.99)).toBe(7);
  expect(indexAt(size, 0.25, 0.5)).toBe(5);
  expect(indexAt(size, 1, 1)).toBe(7);
});

test('what changed in a plane adds up until it is drawn', () => {
  const plane: Plane = { width: 10, height: 10, data: new Uint8Array(100) };
  touch(plane, { x: 2, y: 3, width: 1, height: 1 });
  touch(plane, { x: 7, y: 1, width: 2, height: 1 });
  expect(plane.dirty).toEqual({ x: 2, y: 1, width: 7, height: 3 });
});
