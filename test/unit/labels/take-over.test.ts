import fc from 'fast-check';
import { expect, test } from 'vitest';
import { newDocument } from '../../../src-main/labels/document.ts';
import { fillRings } from '../../../src-main/labels/fill-rings.ts';
import { drawShape } from '../../../src-main/labels/shapes.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { copyLabels, everywhere, takeOver } from '../../../src-main/labels/take-over.ts';
import { labelMaps } from './pixels.ts';

const box = (x: number, y: number, w: number, h: number) => [[x, y, x + w, y, x + w, y + h, x, y + h]];

test('another label map is taken where it is sure enough, inside of the region, and not over locked classes', () => {
  fc.assert(
    fc.property(
      labelMaps(),
      fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 5, maxLength: 30 }),
      fc.boolean(),
      fc.constantFrom<number[]>([], [0], [0, 1]),
      (map, values, whole, locked) => {
        const { width, height } = map;
        const before = map.classes.slice();
        const classes = before.map((_, at) => 5 + (values[(at * 3) % values.length] % 3));
        const confidence = Uint16Array.from(before, (_, at) => values[at % values.length]);
        const document = newDocument(width, height, map.classes);
        const lasso = box(1, 1, 7, 9);
        const stroke = new Stroke(document, new Set(locked));
        takeOver(
          width,
          { classes, confidence },
          4,
          whole ? everywhere(map) : (span) => fillRings(lasso, width, height, span),
          (y, from, to, value) => stroke.span(y, from, to, value),
        );
        document.classes.forEach((value, at) => {
          const [x, y] = [at % width, Math.floor(at / width)];
          const inside = whole || (x >= 1 && x < 8 && y >= 1 && y < 10);
          const taken = inside && confidence[at] >= 4 && !locked.includes(before[at]);
          expect(value).toBe(taken ? classes[at] : before[at]);
        });
      },
    ),
  );
});

const scene = (classes: number, ...shapes: { id: number; class: number; rings: number[][] }[]) => {
  const document = newDocument(12, 8, new Uint8Array(96).fill(classes));
  for (const shape of shapes) drawShape(new Stroke(document), shape);
  return document;
};

test('copied labels are those of the other image: classes, instances, what lies under them, shapes', () => {
  const from = scene(1, { id: 2, class: 4, rings: box(2, 2, 5, 4) }, { id: 3, class: 5, rings: box(4, 3, 6, 4) });
  const to = scene(0, { id: 9, class: 6, rings: box(0, 0, 4, 4) }, { id: 3, class: 6, rings: box(5, 0, 4, 4) });
  copyLabels(new Stroke(to), from);
  expect(to).toEqual(from);
});

test('copying keeps locked pixels with their instance, and gives a copied instance of the same number a new one', () => {
  const from = scene(1, { id: 2, class: 4, rings: box(0, 0, 12, 8) });
  const to = scene(0, { id: 2, class: 6, rings: box(3, 3, 2, 2) }, { id: 5, class: 7, rings: box(8, 3, 2, 2) });
  copyLabels(new Stroke(to, new Set([6])), from);
  const at = 3 * 12 + 3;
  expect([to.classes[at], to.instances[at], to.under[at]]).toEqual([6, 2, 0]);
  expect([to.classes[0], to.instances[0], to.under[0]]).toEqual([4, 3, 1]);
  expect([...to.shapes.values()].map(({ id, class: value }) => [id, value])).toEqual([
    [2, 6],
    [3, 4],
  ]);
});

test('copying changes no locked pixel through what lies under an instance', () => {
  const from = scene(6, { id: 2, class: 4, rings: box(0, 0, 12, 8) });
  const to = scene(0);
  copyLabels(new Stroke(to, new Set([6])), from);
  expect(to).toEqual(from);
});

test('labels of another size are refused', () => {
  expect(() => copyLabels(new Stroke(newDocument(3, 4)), newDocument(4, 3))).toThrow('4×3 pixels, this image has 3×4');
});
