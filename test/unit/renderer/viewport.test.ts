import fc from 'fast-check';
import { expect, test } from 'vitest';
import { clamp, fitIn, pan, pixelAt, resolve, toImage, toPane, zoomAt } from '../../../src-renderer/canvas/viewport.ts';

const image = { width: 480, height: 360 };
const pane = { width: 300, height: 300 };

test('fit shows the whole image in the middle', () => {
  const view = fitIn(image, pane);
  expect(view).toEqual({ x: 240, y: 180, scale: 0.625 });
  expect(toPane(view, pane, { x: 0, y: 0 })).toEqual({ x: 0, y: 37.5 });
  expect(resolve('fit', image, pane)).toEqual(view);
});

test('a pane without a size has a scale all the same', () => {
  expect(fitIn(image, { width: 0, height: 0 }).scale).toBe(1);
});

const points = fc.record({
  x: fc.double({ min: 0, max: 300, noNaN: true }),
  y: fc.double({ min: 0, max: 300, noNaN: true }),
});

test('pane and image points are each other’s inverse', () => {
  fc.assert(
    fc.property(points, fc.double({ min: 0.1, max: 60, noNaN: true }), (at, scale) => {
      const view = { x: 100, y: 50, scale };
      const back = toPane(view, pane, toImage(view, pane, at));
      expect(back.x).toBeCloseTo(at.x, 6);
      expect(back.y).toBeCloseTo(at.y, 6);
    }),
  );
});

test('zooming in keeps the image point under the pointer', () => {
  const view = { x: 240, y: 180, scale: 2 };
  const at = { x: 40, y: 250 };
  const zoomed = zoomAt(view, image, pane, at, 1.5);
  expect(zoomed.scale).toBe(3);
  expect(toImage(zoomed, pane, at)).toEqual(toImage(view, pane, at));
});

test('the scale stays within half of fitting and 64', () => {
  const view = fitIn(image, pane);
  expect(zoomAt(view, image, pane, { x: 150, y: 150 }, 1e-9).scale).toBeCloseTo(0.3125);
  expect(zoomAt(view, image, pane, { x: 150, y: 150 }, 1e9).scale).toBe(64);
});

test('panning moves the image with the pointer and stops at its border', () => {
  const view = { x: 240, y: 180, scale: 2 };
  expect(pan(view, image, pane, { x: 20, y: -10 })).toEqual({ x: 230, y: 185, scale: 2 });
  expect(pan(view, image, pane, { x: 1e6, y: 1e6 })).toEqual({ x: 0, y: 0, scale: 2 });
  expect(clamp({ x: 999, y: -5, scale: 2 }, image, pane)).toEqual({ x: 480, y: 0, scale: 2 });
});

test('a pixel holds its upper left border, not its lower right one', () => {
  expect(pixelAt({ x: 479.99, y: 0 }, image)).toEqual({ x: 479, y: 0 });
  expect(pixelAt({ x: 480, y: 0 }, image)).toBeNull();
  expect(pixelAt({ x: -0.01, y: 0 }, image)).toBeNull();
});
