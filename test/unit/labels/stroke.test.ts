import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LabelDocument, newDocument } from '../../../src-main/labels/document.ts';
import { applyPatch } from '../../../src-main/labels/patch.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';

const planes = ({ classes, instances, under }: LabelDocument) => ({
  classes: classes.slice(),
  instances: instances.slice(),
  under: under.slice(),
});

/** Documents of more than one tile, and runs that may leave them. */
const size = fc.record({ width: fc.integer({ min: 1, max: 600 }), height: fc.integer({ min: 1, max: 300 }) });
const span = fc.record({
  y: fc.integer({ min: -2, max: 301 }),
  from: fc.integer({ min: -5, max: 620 }),
  length: fc.integer({ min: -3, max: 400 }),
  value: fc.constantFrom(0, 1, 2, 255),
  instance: fc.constantFrom(0, 0, 1, 700),
});
const paint = (
  stroke: Stroke,
  spans: readonly { y: number; from: number; length: number; value: number; instance: number }[],
) => {
  for (const { y, from, length, value, instance } of spans) stroke.span(y, from, from + length, value, instance);
};

test('a patch undoes its stroke and does it again, in every plane', () => {
  fc.assert(
    fc.property(
      size,
      fc.array(span, { maxLength: 12 }),
      fc.array(span, { maxLength: 12 }),
      ({ width, height }, first, second) => {
        const document = newDocument(width, height);
        paint(new Stroke(document), first);
        const before = planes(document);
        const stroke = new Stroke(document);
        paint(stroke, second);
        const after = planes(document);
        const patch = stroke.finish()?.patch ?? null;
        if (patch) applyPatch(document, patch);
        expect(planes(document)).toEqual(before);
        if (patch) applyPatch(document, patch);
        expect(planes(document)).toEqual(after);
      },
    ),
    { numRuns: 60 },
  );
});

test('a stroke that is given up leaves the document as it was', () => {
  fc.assert(
    fc.property(size, fc.array(span, { maxLength: 12 }), ({ width, height }, spans) => {
      const document = newDocument(width, height);
      const before = planes(document);
      const stroke = new Stroke(document);
      paint(stroke, spans);
      stroke.setShape(7, { id: 7, class: 1, rings: [] });
      stroke.cancel();
      expect(planes(document)).toEqual(before);
      expect(document.shapes.size).toBe(0);
      expect(stroke.finish()).toBeNull();
    }),
    { numRuns: 40 },
  );
});

test('a run colours the pixels between its ends, and nothing of a locked class', () => {
  const document = newDocument(8, 2, Uint8Array.from([0, 0, 1, 1, 2, 2, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0]));
  const stroke = new Stroke(document, new Set([1]));
  stroke.span(0, 1, 6, 9);
  expect([...document.classes.subarray(0, 8)]).toEqual([0, 9, 1, 1, 9, 9, 3, 3]);
  expect(stroke.takeDirty()).toEqual({ x: 1, y: 0, width: 5, height: 1 });
  expect(stroke.takeDirty()).toBeNull();
});

test('what lies under an instance comes back when the instance leaves it', () => {
  const document = newDocument(6, 1, Uint8Array.from([0, 0, 1, 1, 2, 2]));
  new Stroke(document).span(0, 1, 5, 8, 3);
  new Stroke(document).span(0, 2, 3, 8, 3);
  expect([...document.classes]).toEqual([0, 8, 8, 8, 8, 2]);
  expect([...document.instances]).toEqual([0, 3, 3, 3, 3, 0]);
  new Stroke(document).release(0, 0, 6, 3);
  expect([...document.classes]).toEqual([0, 0, 1, 1, 2, 2]);
  expect([...document.instances]).toEqual([0, 0, 0, 0, 0, 0]);
});

test('bytes that are no patch of this document change nothing', () => {
  const big = newDocument(700, 10);
  const stroke = new Stroke(big);
  stroke.span(3, 600, 700, 4);
  const { patch } = stroke.finish()!;
  const small = newDocument(20, 10);
  const before = planes(small);
  for (const bytes of [patch!, new Uint8Array(), Uint8Array.of(1, 2, 3), patch!.slice(0, -4)]) {
    expect(() => applyPatch(small, bytes)).toThrow();
    expect(planes(small)).toEqual(before);
  }
});
