import { expect, test } from 'vitest';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { sharedArrays, startingWeights } from '../../../src-main/training/starting-weights.ts';

const from = (id: string, options: Record<string, number> = {}, outputs = 1000) => {
  const graph = buildNetwork({ id, options }, outputs);
  return { name: 'Pretrained', graph, weights: initialWeights(graph, 5) };
};

test('a student takes the backbone of a classifier, whatever its stride, and nothing else', () => {
  const classifier = from('classifier-mobilenetv2');
  const student = buildNetwork({ id: 'deeplabv3-mobilenetv2', options: { channels: 8 } }, 11);
  const { weights, notes } = startingWeights(student, classifier, 1);
  const random = initialWeights(student, 1);
  for (const { name, torchName } of student.params) {
    const expected = torchName.startsWith('backbone.') ? classifier.weights.get(name) : random.get(name);
    expect(weights.get(name), name).toEqual(expected);
    expect(weights.get(name)).not.toBe(expected);
  }
  expect(notes).toEqual(['255 of the student’s 287 arrays start from Pretrained; the other 32 begin at random.']);
});

test('all but the classifier is taken of the same network for other classes', () => {
  const student = buildNetwork({ id: 'fcn-r18', options: { width: 0.25 } }, 4);
  const shared = sharedArrays(student, buildNetwork({ id: 'fcn-r18', options: { width: 0.25 } }, 7));
  const left = student.params.filter(({ name }) => !shared.has(name));
  expect(left.map(({ name }) => name)).toEqual(['logits.filter', 'logits.bias']);
});

test('it is said where the weights were trained with other strides', () => {
  const student = buildNetwork({ id: 'fcn-r50', options: { deepStem: 0, width: 0.125, channels: 8 } }, 4);
  const { notes } = startingWeights(student, from('classifier-r50', { deepStem: 0, early: 1, width: 0.125 }), 1);
  expect(notes[1]).toBe('Pretrained was trained with early 1; the student has 0.');
});

test('a model with nothing in common is refused', () => {
  const student = buildNetwork({ id: 'espnet', options: {} }, 4);
  expect(() => startingWeights(student, from('classifier-mobilenetv2'), 1)).toThrow(
    'The student (espnet) has no array in common with Pretrained',
  );
});
