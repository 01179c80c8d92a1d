/** Runs on two data sets: a labelled source, and a target of which no label is read. */
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JobData } from '../../../src-main/contract/job.ts';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { checkRecipe } from '../../../src-main/training/check-recipe.ts';
import { compareTeacherCache } from '../../../src-main/training/compare-teacher.ts';
import { type Batch, Loader } from '../../../src-main/training/loader.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { fillTeacherCaches } from '../../../src-main/training/teacher-cache.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { tinyCard, tinyData } from './tiny.ts';
import { startWorker, those } from './worker.ts';

vi.setConfig({ testTimeout: 180_000 });

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-domains-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const teacher = path.join(root, 'teacher.safetensors');
const small = { p: 1, q: 1, width: 0.5 };
let data: JobData;
/** Its label maps are named, but not there: whoever reads one fails. */
let target: JobData;

beforeAll(async () => {
  await startEngine('cpu');
  data = tinyData(path.join(root, 'source'), 6);
  const folder = path.join(root, 'target');
  target = tinyData(folder, 4, [40, 56]);
  for (const name of readdirSync(folder)) if (name.includes('_labels')) rmSync(path.join(folder, name));
  const network = { id: 'espnet', options: small };
  writeModel(teacher, tinyCard(data, network), initialWeights(buildNetwork(network, 3), 5));
});

const recipeWith = (methods: object[], change: object = {}) => ({
  version: 1,
  name: 'adapted',
  data: {},
  target: {},
  student: { network: { id: 'espnet-c', options: small } },
  methods,
  augmentation: { scale: [0.8, 1.3], flip: 0.5 },
  optimizer: { kind: 'sgd', learningRate: 0.01, momentum: 0 },
  schedule: { steps: 10 },
  batch: 2,
  crop: [32, 40],
  checkpoint: { every: 3 },
  ...change,
});

function jobOf(name: string, methods: object[], change: object = {}): TrainJob {
  const folder = path.join(root, name);
  const parsed = recipe.parse(recipeWith(methods, change));
  const second = parsed.target ? target : null;
  return { kind: 'train', folder, recipe: parsed, data, evaluation: null, target: second, teacher, engine: 'cpu' };
}

/** Of each data set the first batch. */
let batches: { source: Batch; target: Batch };
beforeAll(async () => {
  const first = async (domain: 'source' | 'target') => {
    const loader = new Loader(
      domain === 'source' ? data : target,
      jobOf('', [{ method: 'ce', weight: 1 }]).recipe,
      null,
      domain,
    );
    const { image, labels, items } = await loader.batch(0);
    const copy = { image: image.slice(), labels: labels.slice(), items };
    await loader.close();
    return copy;
  };
  batches = { source: await first('source'), target: await first('target') };
});

/** What one step does to the parameters, and what it says. */
async function stepOf(methods: object[], change: object = {}) {
  const session = await Session.open(jobOf('', methods, change), null);
  const before = session.weights();
  const { loss, terms } = session.step(batches.source, 0, batches.target);
  const after = session.weights();
  const own = session.ownValues();
  const { domains, graph } = session;
  session.dispose();
  const moved = new Map(
    graph.params
      .filter(({ trainable }) => trainable)
      .map(({ name }) => [name, after.get(name)!.map((value, i) => value - before.get(name)![i])]),
  );
  return { loss, terms, moved, own, domains };
}

test('all pixels of the target are ignored, and its crops are drawn by themselves', () => {
  expect(new Set(batches.target.labels)).toEqual(new Set([255]));
  expect(new Set(batches.source.labels).size).toBeGreaterThan(2);
  expect(batches.target.items).not.toEqual(batches.source.items);
});

test('what is learnt on both is the sum of what is learnt on each', async () => {
  const ce = { method: 'ce', weight: 1 };
  const hints = { method: 'at', weight: 50, domain: 'target' };
  const kd = (domain?: string) => ({ method: 'kd', weight: 0.5, domain });
  // Large steps, so that parameters have digits enough for them.
  const change = { optimizer: { kind: 'sgd', learningRate: 1, momentum: 0 } };
  const both = await stepOf([ce, kd('both'), hints], change);
  const source = await stepOf([ce, kd()], change);
  const there = await stepOf([kd('target'), hints], change);
  expect([both.domains, source.domains, there.domains]).toEqual([['source', 'target'], ['source'], ['target']]);
  expect(both.terms.map(({ id }) => id)).toEqual(['ce', 'kd', 'kd@target', 'at@target']);
  expect(both.terms).toEqual([...source.terms, ...there.terms]);
  expect(both.loss).toBeCloseTo(source.loss + there.loss, 5);
  for (const [name, values] of both.moved) {
    const sum = source.moved.get(name)!.map((value, i) => value + there.moved.get(name)![i]);
    const apart = Math.hypot(...values.map((value, i) => value - sum[i]));
    expect(apart, name).toBeLessThanOrEqual(1e-4 * Math.hypot(...sum) + 1e-6);
  }
  const twice = await stepOf([ce, kd('source'), { ...kd('target'), weight: 0.25 }]);
  const [, here, other] = twice.terms;
  expect([here.id, other.id]).toEqual(['kd', 'kd@target']);
  expect(other.weighted).toBeCloseTo(0.25 * both.terms[2].value!, 5);
});

test('an adapter on both data sets is one, and one for each where the method is there twice', async () => {
  const hints = (domain: string) => ({ method: 'fitnets', weight: 1, params: { adapter: 'always' }, domain });
  const one = await stepOf([{ method: 'ce', weight: 1 }, hints('both')]);
  expect([...one.own.keys()]).toEqual(['fitnets.adapter.weight', 'fitnets.adapter.bias']);
  const two = await stepOf([hints('source'), hints('target')]);
  expect([...two.own.keys()].filter((name) => name.endsWith('bias'))).toEqual([
    'fitnets.adapter.bias',
    'fitnets@target.adapter.bias',
  ]);
  expect(two.own.get('fitnets.adapter.weight')).not.toEqual(two.own.get('fitnets@target.adapter.weight'));
});

test('a batch in parts is the batch as a whole on each data set', async () => {
  const methods = [
    { method: 'ce', weight: 1 },
    { method: 'ce.pseudo', weight: 1, domain: 'both' },
  ];
  const whole = await stepOf(methods);
  const parts = await stepOf(methods, { memory: { accumulate: 2 } });
  expect(parts.terms.map(({ id }) => id)).toEqual(whole.terms.map(({ id }) => id));
  // Batch norm sees each part by itself, so that they are near and not equal.
  for (const [i, { value }] of parts.terms.entries()) expect(value).toBeCloseTo(whole.terms[i].value!, 0);
});

const adapting = [
  { method: 'ce', weight: 1 },
  { method: 'ce.pseudo', weight: 1, params: { threshold: 0.34 }, domain: 'both' },
  { method: 'kd', weight: 0.1, params: { reduction: 'mean' }, domain: 'target' },
  { method: 'crd', weight: 0.1, params: { negatives: 4 }, domain: 'both' },
  { method: 'dakd.adversarial', weight: 0.001, params: { width: 4, rate: 0.01 }, domain: 'both' },
];

test('a discriminator of the two data sets learns to tell them apart, and is one entry of what a step says', async () => {
  const session = await Session.open(jobOf('', adapting.slice(0, 1).concat(adapting.slice(-1))), null);
  const learnt: number[] = [];
  for (let step = 0; step < 40; step++) {
    const { terms } = session.step(batches.source, step, batches.target);
    expect(terms.map(({ id }) => id)).toEqual(['ce', 'dakd.adversarial']);
    learnt.push(terms[1].own!);
    if (step > 0) continue;
    expect(terms[1].value).toBeCloseTo(Math.LN2, 1);
    expect(terms[1].weighted).toBeCloseTo(0.001 * terms[1].value!, 6);
    expect(terms[1].gradientNorm).toBeGreaterThan(0);
  }
  session.dispose();
  expect(learnt[0]).toBeCloseTo(Math.LN2, 1);
  expect(learnt.at(-1)).toBeLessThan(0.5 * Math.LN2);
});

test.each([
  ['live', {}],
  ['cached', { teacher: { cache: { mode: 'whole-image' } } }],
])('killed and resumed, it reaches the same bits: teacher %s', async (name, change) => {
  const whole = await startWorker(jobOf(name, adapting, change)).ended;
  expect(those(whole, 'failed')).toEqual([]);
  const [trained] = those(whole, 'trained');
  expect(trained).toMatchObject({ finished: true, step: 10 });
  const asked = those(whole, 'phase').filter(({ text }) => text.startsWith('Asking the teacher'));
  expect(asked.at(-1)?.text.endsWith('10 of 10')).toBe(name === 'cached' ? true : undefined);

  const job = jobOf(`${name}-killed`, adapting, change);
  await startWorker(job, (message, worker) => {
    if (message.type === 'steps' && message.metrics.some(({ step }) => step >= 5)) worker.child.kill('SIGKILL');
  }).ended;
  const resumed = await startWorker(job).ended;
  expect(those(resumed, 'started')[0].resumedFrom).toBeGreaterThan(0);
  expect(those(resumed, 'trained')[0].weightsSha256).toBe(trained.weightsSha256);
});

test('room for what the teacher says of one data set is not made by removing what it said of the other', async () => {
  const session = await Session.open(jobOf('', adapting), null);
  const both = [
    { domain: 'source' as const, data },
    { domain: 'target' as const, data: target },
  ];
  const fill = (name: string, maxBytes: number) =>
    fillTeacherCaches(
      session.teachers,
      both,
      path.join(root, name),
      { mode: 'whole-image', format: 'float16', maxBytes },
      async () => true,
    );
  const filled = (await fill('room', 1e9))!;
  expect(filled.map(({ files }) => files.length)).toEqual([6, 4]);
  const bytes = filled.flatMap(({ files }) => files.flat()).reduce((sum, file) => sum + statSync(file).size, 0);
  await expect(fill('no-room', bytes - 1)).rejects.toThrow(/needs about/);
  session.dispose();
});

test('what the cache of the teacher changes is measured on the source, by the terms that count there', async () => {
  const terms = (methods: object[]) => compareTeacherCache(jobOf('', methods, { teacher: {} }), () => {});
  const kd = { method: 'kd', weight: 0.5 };
  const ce = { method: 'ce', weight: 1 };
  const found = await terms([ce, { ...kd, domain: 'both' }, { method: 'at', weight: 1, domain: 'target' }]);
  expect(found.terms.map(({ id }) => id)).toEqual(['ce', 'kd']);
  await expect(terms([ce, { ...kd, domain: 'target' }])).rejects.toThrow(/asks a teacher about the labelled images/);
});

test('a target whose images have changed is told at a resume', async () => {
  const job = jobOf('changed', adapting);
  await startWorker(job, (message, worker) => {
    if (message.type === 'checkpoint') worker.tell({ type: 'stop' });
  }).ended;
  const messages = await startWorker({ ...job, target: { ...target, hash: 'another' } }).ended;
  expect(those(messages, 'event').map(({ text }) => text)).toContainEqual(
    expect.stringMatching(/^The data set has changed/),
  );
});

test('what does not go together on two data sets is refused at its field', () => {
  const facts = {
    data: { classes: 3, splits: [{ name: 'train', labelled: 6 }] },
    teacher: tinyCard(data, { id: 'espnet', options: small }),
  };
  const found = (methods: object[], change: object = {}, images = 4) =>
    checkRecipe(recipeWith(methods, { data: { evaluationSplit: null }, ...change }), {
      ...facts,
      target: { splits: [{ name: 'train', images }] },
    });
  const ce = { method: 'ce', weight: 1 };
  expect(found(adapting.slice(0, 3))).toEqual([]);
  expect(found([{ ...ce, domain: 'both' }])).toMatchObject([
    { field: 'methods.0.domain', message: expect.stringContaining('learns by labels') },
  ]);
  expect(found([ce, { method: 'kd', weight: 1, domain: 'target' }], { target: undefined })).toMatchObject([
    { field: 'methods.1.domain', message: expect.stringContaining('no target data set') },
  ]);
  expect(found([ce])).toEqual([]);
  const adversarial = { method: 'dakd.adversarial', weight: 0.001, params: { width: 4 } };
  expect(found([ce, { ...adversarial, domain: 'both' }])).toEqual([]);
  const refused = [{ field: 'methods.1.domain', message: expect.stringContaining('tells a target data set') }];
  expect(found([ce, { ...adversarial, domain: 'target' }])).toMatchObject(refused);
  expect(found([ce, { ...adversarial, domain: 'both' }], { target: undefined })).toMatchObject(refused);
  const middle = { ...adversarial, params: { width: 4, middle: 0.2 }, domain: 'both' };
  expect(found([ce, middle])).toMatchObject([
    { field: 'methods.1.params.middle', message: expect.stringContaining('channels, but there are 3 classes') },
  ]);
  const kd = (domain: string) => ({ method: 'kd', weight: 1, domain });
  expect(found([ce, kd('source'), kd('target')])).toEqual([]);
  expect(found([ce, kd('both'), kd('target')])).toMatchObject([{ field: 'methods.2.method' }]);
  expect(found([ce, kd('both')], {}, 0)).toMatchObject([{ field: 'target.split' }]);
  expect(found([ce, kd('both')], { target: { split: 'night' } })).toMatchObject([
    { field: 'target.split', message: expect.stringContaining('it has train') },
  ]);
});
