import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fillHoles, keepLargest, removeSpecks } from '../../../src-main/labels/cleaning.ts';
import { newDocument } from '../../../src-main/labels/document.ts';
import { type Morphology, morphClass, morphed } from '../../../src-main/labels/morphology.ts';
import { coverFromAround } from '../../../src-main/labels/nearest-class.ts';
import { regionsOf } from '../../../src-main/labels/regions.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import golden from './golden/tools.json' with { type: 'json' };
import { drawing, labelMaps, pixelsOf, setOf } from './pixels.ts';

const OPERATIONS: Morphology[] = ['dilate', 'erode', 'open', 'close'];

for (const { radius, before, ...after } of golden.morphology) {
  test(`SciPy gives the same with a disc of radius ${radius}`, () => {
    const size = { width: before[0].length, height: before.length };
    for (const operation of OPERATIONS) {
      expect(drawing(morphed(setOf(before), size, operation, radius), size)).toEqual(after[operation]);
    }
  });
}

const steps = (from: number, to: number, width: number) =>
  Math.abs((from % width) - (to % width)) + Math.abs(Math.floor(from / width) - Math.floor(to / width));

test('a class that is opened, closed, dilated or eroded ends where the set does; what it loses goes to a class nearby', () => {
  fc.assert(
    fc.property(
      labelMaps(),
      fc.constantFrom(...OPERATIONS),
      fc.double({ min: 0, max: 6, noNaN: true }),
      (map, operation, radius) => {
        const before = map.classes.slice();
        const set = before.map((one) => (one === 1 ? 1 : 0));
        const document = newDocument(map.width, map.height, map.classes);
        const stroke = new Stroke(document);
        morphClass(document, 1, operation, radius, (y, from, to, value) => stroke.span(y, from, to, value));
        const wanted = morphed(set, map, operation, radius);
        const others = before.some((one) => one !== 1);
        document.classes.forEach((value, at) => {
          if (wanted[at] === 1) expect(value).toBe(1);
          else if (set[at] === 0) expect(value).toBe(before[at]);
          else expect(value !== 1 || !others).toBe(true);
        });
      },
    ),
  );
});

test('pixels that lose their class get the one that is fewest steps away', () => {
  fc.assert(
    fc.property(labelMaps(), fc.array(fc.boolean(), { minLength: 576, maxLength: 576 }), (map, chosen) => {
      const gone = Uint8Array.from(map.classes, (_, at) => (chosen[at] ? 1 : 0));
      const got = new Map<number, number>();
      pixelsOf(map, (span) =>
        coverFromAround(map, gone, 2, (y, from, to, value) => {
          span(y, from, to);
          for (let x = from; x < to; x++) got.set(y * map.width + x, value);
        }),
      );
      // Steps over lost pixels only, from any pixel that stays and is not of class 2.
      const far = new Map<number, number>();
      const reached = new Map<number, Set<number>>();
      let edge = [...map.classes.keys()].filter((at) => gone[at] === 0 && map.classes[at] !== 2);
      for (const at of edge) reached.set(at, new Set([map.classes[at]]));
      for (let step = 1; edge.length > 0; step++) {
        const next = new Set<number>();
        for (const from of edge) {
          for (const to of [from - 1, from + 1, from - map.width, from + map.width]) {
            if (to < 0 || to >= gone.length || steps(from, to, map.width) !== 1 || gone[to] === 0) continue;
            if ((far.get(to) ?? step) < step) continue;
            far.set(to, step);
            next.add(to);
            reached.set(to, new Set([...(reached.get(to) ?? []), ...reached.get(from)!]));
          }
        }
        edge = [...next];
      }
      expect([...got.keys()].sort((a, b) => a - b)).toEqual([...far.keys()].sort((a, b) => a - b));
      for (const [at, value] of got) expect(reached.get(at)).toContain(value);
    }),
  );
});

for (const { largest, before, filled } of golden.holes) {
  test(`SciPy fills the same holes of up to ${largest} pixels`, () => {
    const size = { width: before[0].length, height: before.length };
    const classes = setOf(before).map((one) => (one ? 7 : 3));
    const document = newDocument(size.width, size.height, classes);
    const stroke = new Stroke(document);
    fillHoles(document, 7, largest, (y, from, to, value) => stroke.span(y, from, to, value));
    expect(
      drawing(
        document.classes.map((one) => (one === 7 ? 1 : 0)),
        size,
      ),
    ).toEqual(filled);
  });
}

test('a hole of several classes is one hole, and a locked class in it stays', () => {
  const classes = Uint8Array.from([1, 1, 1, 1, 1, 2, 3, 1, 1, 1, 1, 1]);
  const document = newDocument(4, 3, classes);
  const fill = (largest: number, locked: number[] = []) => {
    const stroke = new Stroke(document, new Set(locked));
    fillHoles(document, 1, largest, (y, from, to, value) => stroke.span(y, from, to, value));
    return [...document.classes.subarray(5, 7)];
  };
  expect(fill(1)).toEqual([2, 3]);
  expect(fill(2, [3])).toEqual([1, 3]);
});

test('regions below a size go to the classes around them, and no others', () => {
  fc.assert(
    fc.property(labelMaps(), fc.integer({ min: 1, max: 30 }), fc.constantFrom(null, 1), (map, smallest, value) => {
      const before = regionsOf(map.classes, map.width, map.height);
      const old = map.classes.slice();
      const stroke = new Stroke(newDocument(map.width, map.height, map.classes));
      removeSpecks(map, value, smallest, 2, (y, from, to, one) => stroke.span(y, from, to, one));
      const goes = before.filter(
        ({ area, label }) => area < smallest && (value === null ? label !== 2 : label === value),
      );
      const stays = before.filter((region) => !goes.includes(region));
      for (const { x, y, width, mask } of stays) {
        mask.forEach((inside, i) => {
          const at = (y + Math.floor(i / width)) * map.width + x + (i % width);
          if (inside) expect(map.classes[at]).toBe(old[at]);
        });
      }
      const left = regionsOf(map.classes, map.width, map.height);
      if (value === 1 && stays.some(({ label }) => label !== 1)) {
        expect(left.filter(({ label }) => label === 1).length).toBe(
          before.filter(({ label, area }) => label === 1 && area >= smallest).length,
        );
      }
    }),
  );
});

test('only the largest regions of a class are kept', () => {
  const classes = Uint8Array.from([1, 1, 1, 0, 1, 0, 1, 1, 0, 0, 0, 0, 0, 2, 1, 1]);
  const keep = (count: number) => {
    const document = newDocument(8, 2, classes.slice());
    const stroke = new Stroke(document);
    keepLargest(document, 1, count, (y, from, to, value) => stroke.span(y, from, to, value));
    return [...document.classes];
  };
  expect(keep(1).flatMap((value, at) => (value === 1 ? [at] : []))).toEqual([6, 7, 14, 15]);
  expect(keep(2).flatMap((value, at) => (value === 1 ? [at] : []))).toEqual([0, 1, 2, 6, 7, 14, 15]);
  expect(keep(9)).toEqual([...classes]);
});
