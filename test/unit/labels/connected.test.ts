import fc from 'fast-check';
import { expect, test } from 'vitest';
import { connectedArea } from '../../../src-main/labels/connected.ts';
import { newDocument } from '../../../src-main/labels/document.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { labelMaps, pixelsOf } from './pixels.ts';

test('the area of a pixel is what a search from pixel to pixel reaches', () => {
  fc.assert(
    fc.property(labelMaps(), fc.nat(), ({ width, height, classes }, place) => {
      const start = place % classes.length;
      const area = pixelsOf({ width, height }, (span) =>
        connectedArea(
          { width, height },
          start % width,
          Math.floor(start / width),
          (at) => classes[at] === classes[start],
          span,
        ),
      );
      const reached = new Set([start]);
      for (const at of reached) {
        const x = at % width;
        for (const next of [x > 0 ? at - 1 : -1, x < width - 1 ? at + 1 : -1, at - width, at + width]) {
          if (next >= 0 && classes[next] === classes[start]) reached.add(next);
        }
      }
      expect(area).toEqual(reached);
    }),
  );
});

test('an area may be written to while it is found, and what is locked stays', () => {
  const document = newDocument(5, 2, Uint8Array.from([1, 1, 2, 1, 1, 1, 1, 1, 1, 3]));
  const fill = (locked: number[]) => {
    const stroke = new Stroke(document, new Set(locked));
    const { classes } = document;
    const seed = classes[0];
    connectedArea(
      document,
      0,
      0,
      (at) => classes[at] === seed,
      (y, from, to) => stroke.span(y, from, to, 7),
    );
  };
  fill([1]);
  expect([...document.classes]).toEqual([1, 1, 2, 1, 1, 1, 1, 1, 1, 3]);
  fill([]);
  expect([...document.classes]).toEqual([7, 7, 2, 7, 7, 7, 7, 7, 7, 3]);
});

test('a place outside of the image has no area', () => {
  for (const [x, y] of [
    [-1, 0],
    [3, 0],
    [0, 2],
  ]) {
    expect(
      pixelsOf({ width: 3, height: 2 }, (span) => connectedArea({ width: 3, height: 2 }, x, y, () => true, span)).size,
    ).toBe(0);
  }
});
