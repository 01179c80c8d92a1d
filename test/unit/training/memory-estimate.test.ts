import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { recipe as schema } from '../../../src-main/contract/recipe.ts';
import {
  estimateMemory,
  type MemoryFacts,
  memoryNeed,
  memoryOptions,
  memoryWays,
} from '../../../src-main/training/memory-estimate.ts';

const file = new URL('../../../resources/recipes/camvid-dsd.json', import.meta.url);
const recipeWith = (change: object = {}) => schema.parse({ ...JSON.parse(readFileSync(file, 'utf8')), ...change });
const teacher = { network: { id: 'espnet', options: { p: 2, q: 8, form: 1 } }, outputs: 12 };
const facts: MemoryFacts = {
  classes: 11,
  images: { count: 367, pixels: 367 * 360 * 480 },
  teacher,
  engine: 'cpu',
  loader: { threads: 1, cacheBytes: 2e9 },
};

test('is the sum of its parts, and more of everything needs more', () => {
  const { bytes, engine, step, loader } = estimateMemory(recipeWith(), facts);
  expect(engine + step + loader).toBe(bytes);
  const more = (change: object) => estimateMemory(recipeWith(change), facts).step / step;
  expect(more({ batch: 16 })).toBeGreaterThan(1.9);
  expect(more({ crop: [352, 240] })).toBeGreaterThan(1.9);
  expect(more({ memory: { accumulate: 4 } })).toBeLessThan(0.3);
  expect(more({ methods: [{ method: 'ce', weight: 1 }] })).toBeLessThan(1);
});

test('an average of the weights is one more vector of them, and more while it is moved', () => {
  const step = (id: string, average: number | null) =>
    estimateMemory(recipeWith({ student: { network: { id, options: {} }, average } }), facts).step;
  const parameters = 185_225;
  const more = step('espnet-c', 0.99) - step('espnet-c', null);
  expect(more / (4 * parameters)).toBeGreaterThan(1);
  expect(more / (4 * parameters)).toBeLessThan(1.2);
});

test('a student that its average teaches needs what another of its kind would', () => {
  const student = { network: { id: 'espnet-c', options: {} }, average: 0.99 };
  const other = { ...facts, teacher: { network: student.network, outputs: facts.classes } };
  const own = estimateMemory(recipeWith({ student, teacher: { model: 'average' } }), { ...facts, teacher: null });
  expect(own).toEqual(estimateMemory(recipeWith({ student }), other));
});

test('another teacher needs its weights and its logits, live or cached', () => {
  const methods = [
    { method: 'ce', weight: 1 },
    { method: 'kd', weight: 1 },
  ];
  for (const cache of [{}, { mode: 'whole-image' }]) {
    const asked = recipeWith({ methods, teacher: { cache } });
    const [one, two, three] = [[], [teacher], [teacher, teacher]].map((others) =>
      estimateMemory(asked, { ...facts, others }),
    );
    expect(two.step - one.step).toBeGreaterThan(0);
    expect(two.step / one.step).toBeLessThan(2);
    expect(three.step).toBeGreaterThan(two.step);
    if (cache.mode) expect(two.loader).toBeGreaterThan(one.loader);
    else expect(two.loader).toBe(one.loader);
  }
});

test('half precision needs room for rounded copies, where a convolution is what needs the most', () => {
  const large = { student: { network: { id: 'deeplabv3-mobilenetv2', options: {} } } };
  const step = (precision: string) =>
    estimateMemory(recipeWith({ ...large, methods: [{ method: 'ce', weight: 1 }], precision }), facts).step;
  expect(step('bfloat16') / step('float32')).toBeGreaterThan(1.01);
  expect(step('bfloat16') / step('float32')).toBeLessThan(1.1);
  expect(step('float16')).toBe(step('bfloat16'));
});

test('an engine that does not update in place needs room for it where a network is large', () => {
  const alone = { teacher: { model: null }, methods: [{ method: 'ce', weight: 1 }], batch: 2, crop: [256, 256] };
  const step = (id: string, engine: string) =>
    estimateMemory(recipeWith({ ...alone, student: { network: { id, options: {} } } }), { ...facts, engine }).step;
  expect(step('pspnet-r18', 'wasm')).toBeGreaterThan(1.5 * step('pspnet-r18', 'cpu'));
  expect(step('pspnet-r18', 'auto')).toBe(step('pspnet-r18', 'cpu'));
  expect(step('espnet-c', 'wasm')).toBe(step('espnet-c', 'cpu'));
});

test('a short run decodes fewer images, and no more are kept than the loader keeps', () => {
  const loader = (steps: number, more: object = {}) =>
    estimateMemory(recipeWith({ schedule: { steps } }), { ...facts, loader: { ...facts.loader, ...more } }).loader;
  expect(loader(1)).toBeLessThan(loader(1000));
  expect(loader(1000)).toBe(loader(2000));
  expect(loader(1000, { cacheBytes: 0 })).toBeLessThan(loader(1));
});

test('what does not fit is told what would do, the fewest parts first', () => {
  const whole = estimateMemory(recipeWith(), facts).bytes;
  const ways = memoryOptions(recipeWith(), facts, whole - 1);
  expect(ways.map(({ memory }) => memory)).toEqual([
    { accumulate: 2, checkpointing: false },
    { accumulate: 1, checkpointing: true },
  ]);
  for (const { bytes } of ways) expect(bytes).toBeLessThan(whole);
  expect(memoryOptions(recipeWith(), facts, 1e8)).toEqual([]);
});

test('matrices of pixels take room, and a method that needs the whole batch leaves no way in parts', () => {
  const step = (params: object) =>
    estimateMemory(recipeWith({ methods: [{ method: 'skd.pairwise', weight: 1, params }] }), facts).step;
  expect(step({ tap: 0, pool: 2 }) / step({ tap: 0, pool: 8 })).toBeGreaterThan(1.2);
  const ways = (method: string) => memoryWays(recipeWith({ methods: [{ method, weight: 1 }] }));
  expect(ways('dist').map(({ accumulate }) => accumulate)).toEqual([1, 1]);
  expect(ways('cwd').length).toBe(8);
});

test('is told once everything that it depends on is known', () => {
  const data = { classes: 11, splits: [{ name: 'train', labelled: 367, pixels: 367 * 360 * 480 }] };
  expect(memoryNeed(recipeWith(), { data: null, teacher }, 'cpu', 1e10)).toBeNull();
  expect(memoryNeed(recipeWith(), { data, teacher: null }, 'cpu', 1e10)).toBeNull();
  expect(memoryNeed(recipeWith(), { data, teacher }, 'cpu', 1e10)).toMatchObject({ available: 1e10, options: [] });
  expect(memoryNeed(recipeWith(), { data, teacher }, 'cpu', 9.5e8)!.options).toHaveLength(2);
});

test('a target has a loader of its own, and no methods beside those of the source', () => {
  const target = { count: 50, pixels: 50 * 360 * 480 };
  const methods = [
    { method: 'ce', weight: 1 },
    { method: 'kd', weight: 1 },
  ];
  const [one, two] = [
    recipeWith({ methods }),
    recipeWith({ methods: [methods[0], { ...methods[1], domain: 'both' }], target: {} }),
  ];
  const alone = estimateMemory(one, facts);
  const both = estimateMemory(two, { ...facts, target });
  expect(both.loader - alone.loader).toBeGreaterThan(4 * target.pixels);
  // The gradients of one data set wait for those of the other.
  expect(both.step - alone.step).toBeGreaterThan(0);
  expect(both.step / alone.step).toBeLessThan(1.05);
  const data = { classes: 11, splits: [{ name: 'train', labelled: 367, pixels: 367 * 360 * 480 }] };
  expect(memoryNeed(two, { data, teacher }, 'cpu', 1e10)).toBeNull();
  const splits = [{ name: 'train', images: 50, allPixels: target.pixels }];
  expect(memoryNeed(two, { data, target: { splits }, teacher }, 'cpu', 1e10)!.bytes).toBeGreaterThan(alone.bytes);
});
