import { expect, test } from 'vitest';
import { z } from 'zod';
import { sweptField as schema } from '../../../src-main/contract/sweep.ts';
import type { MethodInfo } from '../../../src-main/contract/window.ts';
import type { Json } from '../../../src-renderer/train/paths.ts';
import { fieldValue, rowFor, sweepFields, sweptField } from '../../../src-renderer/train/sweep-draft.ts';
import { quickRecipe } from '../workbench/helpers.ts';

const params = z.object({
  temperature: z.number().positive().default(4),
  on: z.enum(['logits', 'tap']).default('logits'),
});
const METHODS = [{ id: 'kd', params: z.toJSONSchema(params) }] as unknown as MethodInfo[];

const base = quickRecipe('Any');
base.methods.push({ method: 'kd', weight: 0.5, params: { on: 'tap' }, taps: null, schedule: null });
const recipe = base as unknown as Json;

test('what may be swept are the values that a run is tried with, options of methods that the recipe leaves out among them', () => {
  const paths = sweepFields(recipe, METHODS);
  const some = ['methods.1.weight', 'methods.1.params.on', 'methods.1.params.temperature', 'optimizer.learningRate'];
  expect(paths).toEqual(expect.arrayContaining([...some, 'crop.0', 'seed', 'student.network.options.q', 'batch']));
  expect(paths.filter((path) => /^(name|version|data|teacher\.model|checkpoint)/.test(path))).toEqual([]);
  expect(paths).not.toContain('methods.1.method');
  expect(new Set(paths).size).toBe(paths.length);
  expect(fieldValue(recipe, METHODS, 'methods.1.params.temperature')).toBe(4);
  expect(fieldValue(recipe, METHODS, 'methods.1.params.on')).toBe('tap');
  expect(fieldValue(recipe, METHODS, 'batch')).toBe(2);
});

test('a row begins with a range around the value of now', () => {
  const space = (field: string, value: Json) => sweptField(rowFor(0, field, value), true)?.space;
  expect(space('methods.1.weight', 1)).toEqual({ kind: 'log', from: 0.1, to: 10 });
  expect(space('optimizer.learningRate', 0.0005)).toEqual({ kind: 'log', from: 0.00005, to: 0.005 });
  expect(space('batch', 8)).toEqual({ kind: 'whole', from: 4, to: 16 });
  expect(space('optimizer.weightDecay', 0)).toEqual({ kind: 'linear', from: 0, to: 1 });
  expect(space('student.auxiliary', false)).toEqual({ kind: 'choices', choices: [false, true] });
  expect(space('precision', 'float32')).toEqual({ kind: 'choices', choices: ['float32'] });
  for (const path of sweepFields(recipe, METHODS)) {
    const field = sweptField(rowFor(0, path, fieldValue(recipe, METHODS, path)), false);
    if (field) expect(schema.safeParse(field).success, path).toBe(true);
  }
});

test('what is typed is what is asked for; what is missing is told by null', () => {
  const row = { ...rowFor(0, 'methods.1.weight', 1), from: ' 0,5 ', to: '2', values: '4' };
  expect(sweptField(row, true)?.space).toEqual({ kind: 'log', from: 0.5, to: 2, values: 4 });
  expect(sweptField(row, false)?.space).toEqual({ kind: 'log', from: 0.5, to: 2 });
  expect(sweptField({ ...row, kind: 'choices', choices: '1, 2, adam' }, false)?.space).toEqual({
    kind: 'choices',
    choices: [1, 2, 'adam'],
  });
  expect(sweptField({ ...row, to: '' }, false)).toBeNull();
  expect(sweptField({ ...row, to: 'two' }, false)).toBeNull();
  expect(sweptField({ ...row, kind: 'choices' }, false)).toBeNull();
  expect(sweptField(rowFor(0, null, undefined), false)).toBeNull();
});
