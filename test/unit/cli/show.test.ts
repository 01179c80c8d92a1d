import { expect, test } from 'vitest';
import { comparisonPage } from '../../../src-main/cli/demo-page.ts';
import { tableText } from '../../../src-main/cli/demo-table.ts';
import { duration, progressLine } from '../../../src-main/cli/progress.ts';
import type { EvaluationSummary } from '../../../src-main/contract/evaluation.ts';
import { decodeImage } from '../../../src-main/datasets/codec.ts';

const CLASSES = [
  { name: 'road', color: [10, 20, 30] as [number, number, number] },
  { name: '<pole>', color: [40, 50, 60] as [number, number, number] },
];

function contender(title: string, mIoU: number) {
  const evaluation = {
    mIoU,
    pixelAccuracy: 0.9,
    ious: [0.75, null],
    parameters: 46544,
    macs: 51.06e6,
    msPerImage: 3.24,
  };
  return { title, evaluation: evaluation as EvaluationSummary };
}

test('progress tells how far, how fast and how long', () => {
  const state = { phase: 'Training', done: 30, total: 120, rate: 2.5, secondsLeft: 36 };
  expect(progressLine('Run', state, false)).toBe('Run  30/120 · 2.50/s · 36 s left · Training');
  expect(progressLine('Run', state, true)).toBe(
    `Run  ${'━'.repeat(6)}${'─'.repeat(18)}  30/120 · 2.50/s · 36 s left · Training`,
  );
  expect(progressLine('Run', { phase: 'Starting', done: 0, total: 0 }, true)).toBe('Run  Starting');
  expect([0.2, 98, 100, 5000, 7500].map(duration)).toEqual(['1 s', '98 s', '2 min', '83 min', '2 h 5 min']);
});

test('the table has a column per model and a row per figure', () => {
  const lines = tableText([contender('teacher', 0.7), contender('student', 0.51234)], CLASSES).split('\n');
  expect(lines[0]).toMatch(/^ +teacher +student$/);
  const rows = Object.fromEntries(
    lines.slice(2, -1).map((line) => [line.split(/ {2,}/)[0], line.split(/ {2,}/).slice(1)]),
  );
  expect(rows).toEqual({
    mIoU: ['70.00', '51.23'],
    'IoU road': ['75.00', '75.00'],
    'IoU <pole>': ['–', '–'],
    'pixel accuracy': ['90.00', '90.00'],
    parameters: ['46,544', '46,544'],
    MACs: ['51.1 M', '51.1 M'],
    'ms per image': ['3.2', '3.2'],
  });
});

test('the page is whole by itself: pictures in it, nothing to fetch or run, names escaped', () => {
  const [width, height] = [2, 1];
  const item = {
    key: 'val/<a>',
    image: { width, height, data: Uint8Array.from([100, 100, 100, 200, 200, 200]) },
    labels: Uint8Array.from([0, 255]),
    predictions: [
      { classes: Uint8Array.from([0, 1]), mIoU: 1 },
      { classes: Uint8Array.from([1, 1]), mIoU: 0.25 },
    ],
  };
  const page = comparisonPage([contender('teacher', 0.7), contender('student', 0.5)], CLASSES, [item]);
  expect(page).not.toMatch(/<script|https?:|<pole>|<a>/);
  const pictures = [...page.matchAll(/src="data:image\/png;base64,([^"]+)"/g)].map(([, data]) => [
    ...decodeImage(Buffer.from(data, 'base64'), 'picture').data,
  ]);
  const [road, pole, ignored] = [
    [10, 20, 30],
    [40, 50, 60],
    [40, 40, 40],
  ];
  expect(pictures).toEqual([
    [100, 100, 100, 200, 200, 200],
    [...road, ...ignored],
    [...road, ...pole],
    [...pole, ...pole],
    // Wrong where the truth is road; an ignored pixel is never wrong.
    [230, 60, 50, 80, 80, 80],
  ]);
  expect(page).toContain('25.0');
});
