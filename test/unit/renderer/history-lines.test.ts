import { expect, test } from 'vitest';
import type { HistoryEntry } from '../../../src-main/contract/annotation.ts';
import { toolTitle, turnsOf } from '../../../src-renderer/annotate/history-lines.ts';

const entry = (sequence: number, minute: number, of: number | null = null): HistoryEntry => ({
  sequence,
  at: new Date(Date.UTC(2026, 0, 1, 10, minute)).toISOString(),
  tool: 'brush',
  of,
  pixels: 10,
});

test('entries are told by turns of work, newest first; what was undone says so and has no line of its own', () => {
  const turns = turnsOf([entry(1, 0), entry(2, 5), entry(3, 6, 2), entry(4, 50), entry(5, 55, 4), entry(6, 56, 4)]);
  expect(turns.map(({ lines }) => lines.map((line) => [line.entry.sequence, line.inForce]))).toEqual([
    [[4, true]],
    [
      [2, false],
      [1, true],
    ],
  ]);
});

test('a turn in which something was only undone has no line', () => {
  expect(turnsOf([entry(1, 0), entry(2, 59, 1)])).toHaveLength(1);
});

test('lines have the names of their tools', () => {
  expect(toolTitle(entry(1, 0), true)).toBe('Brush');
  expect(toolTitle({ ...entry(1, 0), tool: 'specks' }, false)).toBe('Remove specks, undone');
});
