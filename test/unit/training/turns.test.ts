/** Methods that read images turned by 90° too: what they see, what the others see, and what a recipe has to be for them. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { appFolder } from '../../../src-main/base/folders.ts';
import { randomUniform } from '../../../src-main/base/random.ts';
import { recipe as schema } from '../../../src-main/contract/recipe.ts';
import { bindTerm, lossAndGradients, termValues } from '../../../src-main/distillation/total.ts';
import { TURNS, turned, upright } from '../../../src-main/distillation/turns.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { checkRecipe } from '../../../src-main/training/check-recipe.ts';
import { compareTeacherCache } from '../../../src-main/training/compare-teacher.ts';
import type { Batch } from '../../../src-main/training/loader.ts';
import { estimateMemory } from '../../../src-main/training/memory-estimate.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';
import { tinyCard, tinyData } from './tiny.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-turns-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const SIDE = 32;
const small = { p: 1, q: 1, width: 0.5 };
const teacher = path.join(root, 'teacher.safetensors');
const CE = { method: 'ce', weight: 1 };
const SSKD = { method: 'sskd', weight: 1 };
const read = (name: string) =>
  JSON.parse(readFileSync(path.join(appFolder(), 'resources', 'recipes', 'methods', `${name}.json`), 'utf8'));

beforeAll(async () => {
  await startEngine('cpu');
  const network = { id: 'espnet', options: small };
  const weights = initialWeights(buildNetwork(network, 3), 5);
  const card = tinyCard(tinyData(path.join(root, 'data'), 2), network);
  writeModel(teacher, { ...card, sha256: weightsSha256(weights) }, weights);
});

function jobOf(methods: object[]): TrainJob {
  const student = { network: { id: 'espnet-c', options: small } };
  const rest = { schedule: { steps: 10 }, batch: 2, crop: [SIDE, SIDE], seed: 3 };
  return {
    kind: 'train',
    folder: root,
    recipe: schema.parse({ version: 1, name: 'turns', data: {}, student, methods, ...rest }),
    data: tinyData(path.join(root, 'data'), 2),
    evaluation: null,
    teacher,
    engine: 'cpu',
  };
}

const pixels = 2 * SIDE * SIDE;
const noise = (purpose: string, size: number, below: number) =>
  Array.from({ length: size }, (_, i) => Math.floor(below * randomUniform(1, purpose, i)));
const batch: Batch = {
  image: Uint8Array.from(noise('image', 3 * pixels, 256)),
  labels: Int32Array.from(noise('labels', pixels, 3)),
  items: Int32Array.of(0, 1),
};

test('images are turned counter-clockwise, those that stand first', () => {
  const images = tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [2, 2, 2, 1]);
  const all = turned(images);
  expect([...all.dataSync()]).toEqual(
    [
      [1, 2, 3, 4, 5, 6, 7, 8],
      [2, 4, 1, 3, 6, 8, 5, 7],
      [4, 3, 2, 1, 8, 7, 6, 5],
      [3, 1, 4, 2, 7, 5, 8, 6],
    ].flat(),
  );
  expect([...upright(all).dataSync()]).toEqual([...images.dataSync()]);
});

test('other methods see the images that stand, and teach nothing about turned ones', () => {
  const map = (seed: number, images: number, channels: number) =>
    tf.tensor4d(noise(`map ${seed}`, images * 16 * channels, 9), [images, 4, 4, channels]);
  const outputs = (seed: number) => ({
    logits: map(seed, 2 * TURNS, 3),
    taps: new Map([['f', map(seed + 1, 2 * TURNS, 5)]]),
  });
  const [student, taught] = [outputs(1), outputs(3)];
  const firsts = ({ logits, taps }: typeof student) => ({
    logits: upright(logits),
    taps: new Map([...taps].map(([name, tap]) => [name, upright(tap)])),
  });
  const labels = tf.tensor3d(noise('truth', 2 * 8 * 8, 3), [2, 8, 8], 'int32');
  const terms = schema
    .parse({ ...read('sskd'), methods: [CE, { method: 'kd', weight: 2 }, { method: 'at', weight: 3 }] })
    .methods.map((term) => bindTerm(term, { student: ['f'], teacher: ['f'] }));
  const turning = bindTerm(schema.parse({ ...read('sskd'), methods: [SSKD] }).methods[0], {
    student: ['f'],
    teacher: ['f'],
  });
  const facts = { turned: true, images: Int32Array.of(0, 1) };
  expect(termValues(terms, student, taught, labels, facts)).toEqual(
    termValues(terms, firsts(student), firsts(taught), labels),
  );
  const { gradients } = lossAndGradients(terms, student, taught, labels, facts);
  const alone = lossAndGradients(terms, firsts(student), firsts(taught), labels);
  for (const [all, some] of [
    [gradients.logits, alone.gradients.logits],
    [gradients.taps.get('f')!, alone.gradients.taps.get('f')!],
  ]) {
    expect(all.dataSync().slice(0, some.size)).toEqual(some.dataSync());
    expect(
      all
        .dataSync()
        .slice(some.size)
        .every((value) => value === 0),
    ).toBe(true);
  }
  const own = turning.method.own!(
    { classes: 3, logits: [4, 4], student: [[4, 4, 5]], teacher: [[4, 4, 5]], images: 2 },
    turning.params,
  ).map((array) => ({ ...array, tensor: tf.fill([...array.shape], 0.1) }));
  const learnt = lossAndGradients([{ ...turning, own }], student, taught, labels, facts).gradients.logits.dataSync();
  const standing = upright(student.logits).size;
  expect(learnt.slice(0, standing).every((value) => value === 0)).toBe(true);
  expect(learnt.slice(standing).some((value) => value !== 0)).toBe(true);
});

test('both networks see all turns where the method counts, and only then; its MLPs learn', async () => {
  const forward = vi.spyOn(Executable.prototype, 'forward');
  const later = { ...SSKD, schedule: { shape: 'constant', from: 1 } };
  const session = await Session.open(jobOf([CE, later]), null);
  const before = new Map([...session.ownValues()].map(([name, values]) => [name, values.slice()]));
  const tensors: number[] = [];
  for (let step = 0; step < 3; step++) {
    const { terms } = session.step(batch, step);
    expect(terms.map(({ id }) => id)).toEqual(['ce', 'sskd']);
    if (step > 0) expect(terms[1].value).toBeGreaterThan(0);
    tensors.push(tf.memory().numTensors);
  }
  expect(forward.mock.calls.map(([input]) => (input as Tensor4D).shape[0])).toEqual([2, 8, 8, 8, 8]);
  expect(tensors[2]).toBe(tensors[1]);
  for (const [name, values] of session.ownValues()) {
    if (name.startsWith('sskd.')) expect(values, name).not.toEqual(before.get(name));
  }
  session.dispose();
});

test('a recipe with one has square crops, a teacher alone and no cache', () => {
  const card = { network: { id: 'espnet', options: { p: 2, q: 8, form: 1 } }, outputs: 12 };
  const bound = { data: null, teacher: card };
  expect(checkRecipe(read('sskd'), bound)).toEqual([]);
  const wrong = {
    ...read('sskd'),
    crop: [256, 192],
    teacher: { cache: { mode: 'whole-image' } },
    memory: { accumulate: 2 },
  };
  const problems = checkRecipe(wrong, { ...bound, others: [{ name: 'other', ...card }] });
  expect(problems.map(({ field }) => field).sort()).toEqual([
    'crop',
    'memory.accumulate',
    'teacher.cache.mode',
    'teacher.others',
  ]);
  expect(problems.find(({ field }) => field === 'crop')!.message).toBe(
    'sskd reads images turned by 90° too, so the crop has to be square.',
  );
});

test('it needs the memory of as many images as there are turns, and nothing of a cache is compared', async () => {
  const card = { network: { id: 'espnet', options: { p: 2, q: 8, form: 1 } }, outputs: 12 };
  const facts = {
    classes: 11,
    images: { count: 9, pixels: 9 },
    teacher: card,
    engine: 'cpu',
    loader: { threads: 1, cacheBytes: 0 },
  };
  const step = (name: string) => estimateMemory(schema.parse({ ...read(name), batch: 2 }), facts).step;
  expect(step('sskd') / step('kd')).toBeGreaterThan(2);
  expect(step('sskd') / step('kd')).toBeLessThan(TURNS);
  await expect(compareTeacherCache(jobOf([CE, SSKD]), () => {})).rejects.toThrow('nothing can be kept');
});
