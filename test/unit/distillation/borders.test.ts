import { expect, test } from 'vitest';
import { nearBorders } from '../../../src-main/distillation/borders.ts';

/** Two label maps of 4×5: a corner of class 2 with an ignored pixel far from it, and one class alone. */
const LABELS = [
  ...[2, 2, 0, 0, 0],
  ...[2, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 0],
  ...[0, 0, 0, 0, 255],
  ...Array.from({ length: 20 }, () => 1),
];

function rows(near: Uint8Array): string[] {
  return Array.from({ length: near.length / 5 }, (_, y) => near.subarray(y * 5, y * 5 + 5).join(''));
}

test('pixels at a border have a neighbour of another label, the ignored one among them; images do not touch', () => {
  const near = nearBorders(LABELS, [2, 4, 5], 1);
  expect(rows(near)).toEqual(['01100', '11000', '10001', '00011', '00000', '00000', '00000', '00000']);
});

test('a radius takes along what lies around them, in a disc', () => {
  const near = nearBorders(LABELS, [2, 4, 5], 2);
  expect(rows(near)).toEqual(['11110', '11101', '11011', '10111', '00000', '00000', '00000', '00000']);
});
