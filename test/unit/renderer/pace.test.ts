import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from '../../../src-renderer/canvas/pace.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** The details of frames so many ms apart while the view moves. */
const frames = (pace: Pace, from: number, gap: number, count: number) =>
  Array.from({ length: count }, (_, i) => pace.detail(from + i * gap, true));

test('a machine that keeps up draws all detail while the view moves', () => {
  expect(new Set(frames(new Pace(() => {}), 0, 16.7, 200))).toEqual(new Set([1]));
});

test('a machine that does not keep up draws less of it step by step, and all when the view rests', () => {
  const refine = vi.fn();
  const pace = new Pace(refine);
  const details = frames(pace, 0, 50, 30);
  expect(details[0]).toBe(1);
  expect(details).toContain(0.5);
  expect(details.at(-1)).toBe(0.35);
  // A stroke's frame in between does not make the picture flicker.
  expect(pace.detail(1501, false)).toBe(0.35);
  expect(refine).not.toHaveBeenCalled();
  vi.advanceTimersByTime(120);
  expect(refine).toHaveBeenCalledTimes(1);
  expect(pace.detail(1700, false)).toBe(1);
  // What was learned is kept for the next movement.
  expect(pace.detail(5000, true)).toBe(0.35);
});

test('single steps with pauses between them are drawn in full, however long they take', () => {
  expect(new Set(frames(new Pace(() => {}), 0, 400, 30))).toEqual(new Set([1]));
});
