import { expect, test } from 'vitest';
import { z } from 'zod';
import { curveGroups, curveLabel } from '../../../src-renderer/train/curve-groups.ts';
import { getAt, type Json, problemAt, setAt } from '../../../src-renderer/train/paths.ts';
import { schemaFields } from '../../../src-renderer/train/schema-fields.ts';

const recipe = {
  schedule: { steps: 10 },
  methods: [
    { method: 'ce', params: { temperature: 1 } },
    { method: 'kd', params: { temperature: 4 } },
  ],
} satisfies Json;

test('values are read and changed by path without touching the old recipe', () => {
  expect(getAt(recipe, 'methods.1.params.temperature')).toBe(4);
  expect(getAt(recipe, 'methods[1].method')).toBe('kd');
  expect(getAt(recipe, 'schedule.steps.more')).toBeUndefined();
  const changed = setAt(recipe, 'methods.1.params.temperature', 2);
  expect(getAt(changed, 'methods.1.params.temperature')).toBe(2);
  expect(recipe.methods[1].params.temperature).toBe(4);
  expect(getAt(changed, 'schedule')).toBe(recipe.schedule);
});

test('entries are added where there were none, and taken out', () => {
  expect(setAt({}, 'a.b', 1)).toEqual({ a: { b: 1 } });
  expect(setAt(recipe, 'methods.0', undefined)).toEqual({ ...recipe, methods: [recipe.methods[1]] });
  expect(setAt({ a: 1, b: 2 }, 'a', undefined)).toEqual({ b: 2 });
});

test('a problem is shown at its field, however its place in a list is written', () => {
  const problems = [{ field: 'methods[0].weight', message: 'bad weight' }];
  expect(problemAt(problems, 'methods.0.weight')).toBe('bad weight');
  expect(problemAt(problems, 'methods.0')).toBeUndefined();
  expect(problemAt(problems, 'methods', true)).toBe('bad weight');
});

test('the options of a method become fields', () => {
  const schema = z.toJSONSchema(
    z.object({
      temperature: z.number().positive().default(4).describe('Temperature'),
      pool: z.number().int().default(1),
      pairs: z.enum(['all', 'adjacent']).default('all'),
      on: z.boolean().default(true),
      tau: z.number().nullable().default(null),
      weights: z.array(z.number()).nullable().default(null),
    }),
  );
  const fields = schemaFields(schema as Record<string, unknown>);
  expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
    ['temperature', 'number'],
    ['pool', 'integer'],
    ['pairs', 'choice'],
    ['on', 'boolean'],
    ['tau', 'number'],
    ['weights', 'json'],
  ]);
  expect(fields[0]).toMatchObject({ title: 'Temperature', initial: 4, nullable: false });
  expect(fields[2].choices).toEqual(['all', 'adjacent']);
  expect(fields[4].nullable).toBe(true);
});

test('each kind of curve has its chart, and a chart without curves is left out', () => {
  const groups = curveGroups(['loss', 'learningRate', 'ce.value', 'dsd.psd.value', 'dsd.psd.gradientNorm']);
  expect(groups).toEqual([
    { title: 'Loss', names: ['loss'] },
    { title: 'Terms', names: ['ce.value', 'dsd.psd.value'] },
    { title: 'Gradient norm of each term', names: ['dsd.psd.gradientNorm'] },
    { title: 'Learning rate', names: ['learningRate'] },
  ]);
  expect(curveLabel('dsd.psd.value')).toBe('dsd.psd');
});
