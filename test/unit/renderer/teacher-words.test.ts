import { expect, test } from 'vitest';
import { classesByTeacher } from '../../../src-main/contract/taught-classes.ts';
import { teachingOf } from '../../../src-renderer/train/teacher-words.ts';

const classes = ['Sky', 'Road', 'Car', 'Pole'].map((name) => ({ name }));

test('classes stand with the teacher that is the best at them, those of nobody with all', () => {
  expect(classesByTeacher([1, 0, 1, null], ['A', 'B', 'C'], classes)).toEqual([
    ['A', 'Road'],
    ['B', 'Sky, Car'],
    ['C', 'no class'],
    ['the mean of all', 'Pole'],
  ]);
  expect(classesByTeacher([0, 0, 1, 1], ['A', 'A'], classes).map(([name]) => name)).toEqual(['A', 'A (2)']);
});

test('a run’s teachers are told in one line', () => {
  const run = { teacherName: 'A', otherTeachers: [{ name: 'B' }], bestTeachers: null };
  expect(teachingOf(run)).toBe('A, B: the mean of their logits');
  expect(teachingOf({ ...run, bestTeachers: [0, 1] })).toBe('A, B: the best teacher of each class');
  expect(teachingOf({ ...run, otherTeachers: [] })).toBe('A');
  expect(teachingOf({ ...run, teacherName: null, otherTeachers: [] })).toBeNull();
});
