import { expect, test } from 'vitest';
import { ERRORS, errorKind, paletteBytes } from '../../../src-renderer/canvas/palette.ts';
import { paintLabels } from '../../../src-renderer/canvas/plain.ts';
import type { PaneDrawing } from '../../../src-renderer/canvas/renderer.ts';
import { SELECTED } from '../../../src-renderer/canvas/shader.ts';
import { colorAt, paintMap, SEQUENTIAL } from '../../../src-renderer/compare/colors.ts';

const classes = [
  { name: 'Road', color: [10, 20, 30] as [number, number, number] },
  { name: 'Sky', color: [40, 50, 60] as [number, number, number] },
];
const plane = (...data: number[]) => ({ width: data.length, height: 1, data: new Uint8Array(data) });

function pane(change: Partial<PaneDrawing>): PaneDrawing {
  const size = { width: 4, height: 1 };
  const rect = { x: 0, y: 0, ...size };
  return {
    rect,
    size,
    view: { x: 2, y: 0.5, scale: 1 },
    image: null,
    labels: null,
    truth: null,
    teacher: null,
    mode: 'labels',
    opacity: 0.5,
    contours: false,
    clip: [0, 1],
    ...change,
  };
}

test('hidden classes and ignored pixels are not painted', () => {
  const palette = paletteBytes(classes, new Set([1]));
  expect([...palette.slice(0, 8)]).toEqual([10, 20, 30, 255, 40, 50, 60, 0]);
  expect(palette[255 * 4 + 3]).toBe(0);
  const pixels = paintLabels(pane({ labels: plane(0, 1, 255, 0) }), palette)!;
  expect([...pixels]).toEqual([10, 20, 30, 128, 40, 50, 60, 0, 0, 0, 0, 0, 10, 20, 30, 128]);
});

test('contours are painted in full where classes meet', () => {
  const pixels = paintLabels(pane({ labels: plane(0, 0, 1, 1), contours: true }), paletteBytes(classes, new Set()))!;
  expect([3, 7, 11, 15].map((i) => pixels[i])).toEqual([128, 255, 255, 128]);
});

test('who is wrong has a colour; ignored pixels and hidden classes have none', () => {
  const drawing = pane({
    mode: 'errors',
    truth: plane(0, 0, 255, 1),
    labels: plane(1, 1, 0, 0),
    teacher: plane(0, 1, 0, 0),
  });
  const pixels = paintLabels(drawing, paletteBytes(classes, new Set([1])))!;
  const at = (i: number) => [...pixels.slice(i * 4, i * 4 + 3)];
  expect(at(0)).toEqual(ERRORS.student.color);
  expect(at(1)).toEqual(ERRORS.both.color);
  expect([pixels[11], pixels[15]]).toEqual([0, 0]);
});

test('instances are outlined over the labels, the chosen one in a colour of its own', () => {
  const instances = { width: 4, height: 1, data: Uint16Array.of(0, 7, 7, 0) };
  const drawing = pane({ labels: plane(0, 0, 255, 255), instances });
  const palette = paletteBytes(classes, new Set());
  const at = (pixels: Uint8ClampedArray, i: number) => [...pixels.slice(i * 4, i * 4 + 4)];
  const pixels = paintLabels(drawing, palette)!;
  // White that covers 0.8 over a colour that covers 0.5 covers 0.9; over nothing 0.8.
  expect(at(pixels, 0)).toEqual([(255 * 0.8 + 10 * 0.1) / 0.9, (255 * 0.8 + 20 * 0.1) / 0.9, 230, 230].map(Math.round));
  expect(at(pixels, 1)).toEqual([10, 20, 30, 128]);
  expect(at(pixels, 2)).toEqual([255, 255, 255, 204]);
  const chosen = paintLabels({ ...drawing, selected: 7 }, palette)!;
  expect([at(chosen, 0), at(chosen, 2)]).toEqual([
    [...SELECTED, 255],
    [...SELECTED, 255],
  ]);
  expect(paintLabels({ ...drawing, mode: 'image' }, palette)).toBeNull();
});

test('a part of a pane is painted as it is in the whole, whatever the view', () => {
  const size = { width: 31, height: 23 };
  const random = (count: number, turn: number) =>
    Uint8Array.from({ length: 31 * 23 }, (_, i) => ((i * turn) >> 3) % count);
  const drawing = pane({
    size,
    rect: { x: 0, y: 0, width: 60, height: 40 },
    labels: { ...size, data: random(2, 7) },
    instances: { ...size, data: Uint16Array.from(random(3, 5)) },
    selected: 2,
    contours: true,
  });
  const palette = paletteBytes(classes, new Set());
  for (const view of [
    { x: 15.5, y: 11.5, scale: 1.7 },
    { x: 3, y: 20, scale: 0.4 },
    { x: 12.25, y: 9.75, scale: 9 },
  ]) {
    for (const ratio of [1, 1.5]) {
      const whole = paintLabels({ ...drawing, view }, palette, ratio)!;
      const part = { x: 11, y: 6, width: 17, height: 13 };
      const pixels = paintLabels({ ...drawing, view }, palette, ratio, part)!;
      for (let y = 0; y < part.height; y++) {
        const from = ((part.y + y) * 60 * ratio + part.x) * 4;
        expect([...pixels.slice(y * 17 * 4, (y + 1) * 17 * 4)]).toEqual([...whole.slice(from, from + 17 * 4)]);
      }
    }
  }
});

test('a pixel of the label map covers as many of the screen as the view enlarges it', () => {
  const drawing = pane({
    labels: plane(0, 1, 0, 1),
    rect: { x: 0, y: 0, width: 8, height: 2 },
    view: { x: 2, y: 0.5, scale: 2 },
    opacity: 1,
  });
  const reds = paintLabels(drawing, paletteBytes(classes, new Set()))!.filter((_, i) => i % 4 === 0);
  expect([...reds]).toEqual([10, 10, 40, 40, 10, 10, 40, 40, 10, 10, 40, 40, 10, 10, 40, 40]);
});

test('who is wrong', () => {
  expect(errorKind(3, 3, 3)).toBe(0);
  expect(errorKind(3, 4, 3)).toBe(1);
  expect(errorKind(3, 3, 4)).toBe(2);
  expect(errorKind(3, 4, 5)).toBe(3);
  expect(errorKind(3, 4, null)).toBe(1);
  expect(errorKind(255, 4, 5)).toBe(0);
});

test('maps are painted from the scale’s first colour to its last; what is no number is painted as the first', () => {
  const pixels = paintMap(new Float32Array([1, 3, 9, Number.NaN]), [1, 3]);
  const first = [...SEQUENTIAL[0], 255];
  const last = [...SEQUENTIAL.at(-1)!, 255];
  expect([...pixels]).toEqual([...first, ...last, ...last, ...first]);
  expect(
    colorAt(
      [
        [0, 0, 0],
        [100, 50, 0],
      ],
      0.5,
    ),
  ).toEqual([50, 25, 0]);
});
