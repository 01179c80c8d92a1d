import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { recipeHash } from '../../../src-main/training/recipe-hash.ts';

const camvid = () =>
  JSON.parse(readFileSync(new URL('../../../resources/recipes/camvid-dsd.json', import.meta.url), 'utf8'));
const hashOf = (change: object = {}) => recipeHash(recipe.parse({ ...camvid(), ...change }));

test('recipes keep their hash when recipes learn something new, so that their runs can be resumed', () => {
  // As a recipe of early on had them.
  const methods = [
    { method: 'ce', weight: 1 },
    { method: 'dsd.psd', weight: 0.5, params: { pairs: 'all', reduction: 'sum' } },
    { method: 'dsd.csd', weight: 3, params: { form: 'cosine', tau: 4, pool: 2 } },
  ];
  expect(hashOf({ methods })).toBe('3ae58b64173c7239058829805d9e2a1cd93313670c7af0f677648eba189e4a00');
  const old = {
    ...{ version: 1, name: 'old', data: { dataset: 'x' }, teacher: { model: 't', cache: { mode: 'whole-image' } } },
    student: { network: { id: 'espnet-c', options: { p: 2 } }, auxiliary: true, start: 's' },
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'kd', weight: 0.5, params: { temperature: 4 }, taps: { student: ['a'], teacher: ['b'] } },
    ],
    ...{ schedule: { steps: 7 }, batch: 4, crop: [32, 64], memory: { accumulate: 2 }, precision: 'bfloat16' },
  };
  expect(recipeHash(recipe.parse(old))).toBe('41a9b5bf0d918f1210bf88e957d2905ac0f8e626f0ea4725526613446730425e');
});

test('a recipe of one teacher is written as before there could be several', () => {
  expect(Object.keys(recipe.parse(camvid()).teacher)).toEqual(['model', 'cache']);
});

test('what is learnt from is in the hash', () => {
  const [first, ...rest] = camvid().methods;
  const schedule = { shape: 'constant', from: 10 };
  expect(hashOf({ methods: [{ ...first, schedule }, ...rest] })).not.toBe(hashOf());
  expect(hashOf({ methods: [{ ...first, schedule: null }, ...rest] })).toBe(hashOf());
  const { student, teacher } = camvid();
  expect(hashOf({ teacher: { ...teacher, model: 'average' } })).not.toBe(hashOf());
  expect(hashOf({ student: { ...student, average: 0.99 } })).not.toBe(hashOf());
  const others = (names: string[], combine?: string) => hashOf({ teacher: { ...teacher, others: names, combine } });
  expect(others(['b'])).not.toBe(hashOf());
  expect(others(['c'], 'mean')).toBe(others(['b']));
  expect(new Set([others(['b']), others(['b', 'c']), others(['b'], 'best-class')]).size).toBe(3);
  // How several are combined says nothing where there is one.
  expect(hashOf({ teacher: { ...teacher, combine: 'best-class' } })).toBe(hashOf());
  expect(hashOf({ methods: [{ ...first, domain: 'source' }, ...rest] })).toBe(hashOf());
  expect(hashOf({ methods: [{ ...first, domain: 'both' }, ...rest] })).not.toBe(hashOf());
  expect(hashOf({ target: {} })).not.toBe(hashOf());
  expect(hashOf({ target: { dataset: 'here' } })).toBe(hashOf({ target: { dataset: 'there' } }));
});

test('a recipe without a target is written as before', () => {
  const written = JSON.stringify(recipe.parse(camvid()));
  expect(written).not.toContain('"target"');
  expect(written).not.toContain('"domain"');
});
