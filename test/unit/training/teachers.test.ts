/** Runs that several teachers teach. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JobData } from '../../../src-main/contract/job.ts';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { compareTeacherCache } from '../../../src-main/training/compare-teacher.ts';
import { openModel } from '../../../src-main/training/model.ts';
import { normalise, pictureTensor, STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { disposeTaught } from '../../../src-main/training/teachers.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { tinyCard, tinyData } from './tiny.ts';
import { startWorker, those } from './worker.ts';

vi.setConfig({ testTimeout: 180_000 });

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-teachers-'));
const small = { p: 1, q: 1, width: 0.5 };
const file = (name: string) => path.join(root, `${name}.safetensors`);
let data: JobData;

/** Two teachers of other networks, pictures and outputs. */
beforeAll(async () => {
  await startEngine('cpu');
  data = tinyData(path.join(root, 'data'));
  const espnet = { id: 'espnet', options: small };
  writeModel(file('A'), { ...tinyCard(data, espnet), name: 'A' }, initialWeights(buildNetwork(espnet, 3), 5));
  const other = { id: 'espnet-c', options: small };
  const more = { name: 'B', outputs: 5, preprocessing: { ...STUDENT_PREPROCESSING, channels: 'bgr' as const } };
  writeModel(file('B'), { ...tinyCard(data, other), ...more }, initialWeights(buildNetwork(other, 5), 6));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

type Best = NonNullable<TrainJob['others']>['best'];

function jobIn(name: string, best: Best, change: object = {}): TrainJob {
  const asked = recipe.parse({
    ...{ version: 1, name: 'taught', data: {}, student: { network: { id: 'espnet-c', options: small } } },
    teacher: { others: ['B'], combine: best ? 'best-class' : 'mean' },
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'kd', weight: 1 },
      { method: 'skd.pixel', weight: 1 },
      { method: 'dsd.psd', weight: 1 },
    ],
    augmentation: { scale: [0.8, 1.3], flip: 0.5 },
    ...{ schedule: { steps: 6 }, batch: 2, crop: [32, 40], checkpoint: { every: 2 }, memory: { accumulate: 2 } },
    ...change,
  });
  const others = { files: [file('B')], best };
  const folder = path.join(root, name);
  return {
    ...{ kind: 'train', folder, recipe: asked, data, evaluation: null, teacher: file('A'), others, engine: 'cpu' },
  } as TrainJob;
}

function someBatch() {
  const labels = Int32Array.from({ length: 2 * 32 * 40 }, (_, i) => (i % 13 === 0 ? 255 : (i >> 3) % 3));
  const image = Uint8Array.from({ length: 3 * labels.length }, (_, i) => (i * 31) % 256);
  return { image, labels, items: Int32Array.of(0, 1) };
}

test.each([
  { title: 'the mean', best: null, note: 'The mean of the logits of A, B is learnt from.' },
  {
    ...{ title: 'the best of each class', best: [1, 0, null] },
    note: 'Each pixel is taught by the best teacher of its class: A (Red); B (Ground); the mean of all (Blue).',
  },
])('$title: each teacher sees the pictures as its card says, and nothing is left lying', async ({ best, note }) => {
  const tensors = tf.memory().numTensors;
  const session = await Session.open(jobIn('asked', best), null);
  expect(session.notes).toEqual([note, 'dsd.psd: only A is tapped.']);
  const batch = someBatch();
  session.step(batch, 0);
  const kept = tf.memory().numTensors;
  session.step(batch, 1);
  expect(tf.memory().numTensors).toBe(kept);

  const pictures = pictureTensor(batch.image, [2, 32, 40, 3]);
  const given = session.askTeacher(pictures)!;
  expect(given.taps.size).toBe(3);
  const alone = await openModel(file('B'));
  const input = normalise(pictures, alone.card.preprocessing);
  const expected = alone.executable.forward(input, { training: false, taps: [] });
  const apart = tf.tidy(() => expected.logits.sub(given.others!.logits[0]).abs().max().dataSync()[0]);
  expect(apart).toBeLessThan(1e-4);
  expect(given.others!.best).toEqual(best);
  disposeTaught(given);
  tf.dispose([pictures, input, expected.logits]);
  alone.executable.dispose();
  session.dispose();
  expect(tf.memory().numTensors).toBe(tensors);
});

test('a teacher that is the best at no class is told as such', async () => {
  const session = await Session.open(jobIn('idle', [0, 0, 0]), null);
  expect(session.notes[0]).toMatch(/: A \(Ground, Red, Blue\); B \(no class\)\.$/);
  session.dispose();
});

test('what is learnt depends on how the teachers are combined, and on the second one', async () => {
  const losses: number[] = [];
  for (const best of [null, [0, 0, 0], [1, 1, 1], [0, 1, 0]]) {
    const session = await Session.open(jobIn('differing', best), null);
    losses.push(session.step(someBatch(), 0).loss);
    session.dispose();
  }
  expect(new Set(losses).size).toBe(4);
});

test('images without labels are taught by the mean, whoever is the best at a class', async () => {
  const unlabelled = { ...someBatch(), labels: new Int32Array(2 * 32 * 40).fill(255) };
  const values = async (best: Best) => {
    const change = { target: {}, methods: [{ method: 'kd', weight: 1, domain: 'target' }] };
    const session = await Session.open({ ...jobIn('target', best, change), target: data }, null);
    const { loss } = session.step(null, 0, unlabelled);
    session.dispose();
    return loss;
  };
  expect(await values([1, 0, 1])).toBeCloseTo(await values(null), 5);
});

test.each([
  { name: 'live', best: [1, 0, null], cache: { mode: 'off' } },
  { name: 'cached', best: null, cache: { mode: 'whole-image' } },
])('killed and resumed, a run of two teachers reaches the same bits: $name', async ({ name, best, cache }) => {
  const change = { teacher: { others: ['B'], combine: best ? 'best-class' : 'mean', cache } };
  const whole = await startWorker(jobIn(`${name} whole`, best, change)).ended;
  expect(those(whole, 'failed')).toEqual([]);
  expect(those(whole, 'started')[0].notes.join(' ')).toContain('dsd.psd: only A is tapped.');
  const job = jobIn(`${name} killed`, best, change);
  await startWorker(job, (message, worker) => {
    if (message.type === 'steps' && message.metrics.some(({ step }) => step >= 3)) worker.child.kill('SIGKILL');
  }).ended;
  const rest = await startWorker(job).ended;
  expect(those(rest, 'started')[0].resumedFrom).toBeGreaterThan(0);
  expect(those(rest, 'trained')[0].weightsSha256).toBe(those(whole, 'trained')[0].weightsSha256);
  if (cache.mode === 'off') return;
  // Each teacher's in a folder of its own.
  const kept = readdirSync(path.join(job.folder, 'teacher-cache'));
  expect(kept).toHaveLength(2);
  for (const one of kept) expect(readdirSync(path.join(job.folder, 'teacher-cache', one))).toHaveLength(6);
});

test('a run of the mean goes on as it was only with as many teachers', async () => {
  const job = jobIn('changed', null, { schedule: { steps: 2 } });
  await startWorker(job).ended;
  const { others: _, ...alone } = { ...job, recipe: { ...job.recipe, teacher: { ...job.recipe.teacher } } };
  delete alone.recipe.teacher.others;
  const again = await startWorker(alone).ended;
  expect(those(again, 'failed')[0].message).toBe('The checkpoint of step 2 was made with another recipe.');
});

test('what the cache changes is told of each teacher', async () => {
  const tensors = tf.memory().numTensors;
  const change = { crop: [48, 64], augmentation: { scale: [1, 1], flip: 0 }, memory: { accumulate: 1 } };
  const found = await compareTeacherCache(jobIn('', [1, 0, 1], change), () => {});
  expect(found.maps.map(({ teacher, node }) => `${teacher} ${node}`)).toEqual([
    'A logits',
    'A level1',
    'A level2',
    'A level3',
    `B ${buildNetwork({ id: 'espnet-c', options: small }, 5).output}`,
  ]);
  for (const { worst } of found.maps) expect(worst).toBeLessThan(2 ** -11);
  expect(found.terms.find(({ id }) => id === 'ce')!.worst).toBe(0);
  expect(tf.memory().numTensors).toBe(tensors);
});
