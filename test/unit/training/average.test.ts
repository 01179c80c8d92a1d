/** The moving average of a student's weights. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobData } from '../../../src-main/contract/job.ts';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { Average } from '../../../src-main/training/average.ts';
import { checkpointFiles, readCheckpoint, writeCheckpoint } from '../../../src-main/training/checkpoint.ts';
import { normalise, pictureTensor } from '../../../src-main/training/normalise.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { readModel, weightsSha256 } from '../../../src-main/weights/model-file.ts';
import { tinyData } from './tiny.ts';
import { startWorker, those } from './worker.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-average-'));
let data: JobData;
beforeAll(async () => {
  await startEngine('wasm');
  data = tinyData(path.join(root, 'data'));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const STEPS = 6;
function jobIn(name: string, average: number | null, change: object = {}): TrainJob {
  const asked = recipe.parse({
    ...{ version: 1, name: 'averaged', data: {}, methods: [{ method: 'ce', weight: 1 }] },
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } }, average },
    optimizer: { kind: 'adam', learningRate: 0.01 },
    ...{ schedule: { steps: STEPS }, batch: 2, crop: [32, 40], checkpoint: { every: 2 } },
    ...change,
  });
  const folder = path.join(root, name);
  return { kind: 'train', folder, recipe: asked, data, evaluation: data, teacher: null, engine: 'auto' };
}

test('moves by the decay, at first by less than that', () => {
  const specs = [
    { name: 'a', shape: [2] },
    { name: 'b', shape: [1, 1] },
  ];
  const begin = new Map([
    ['b', Float32Array.of(8)],
    ['a', Float32Array.of(0, 1)],
  ]);
  const before = tf.memory().numTensors;
  const average = new Average(0.625, specs, begin);
  const values = () => [...average.values()].map(([name, array]) => [name, ...array]);
  const now = [tf.tensor1d([2, 1]), tf.tensor2d([[0]])];
  average.move(now, 1);
  expect(values()).toEqual([
    ['a', 1, 1],
    ['b', 4],
  ]);
  // 1 − 1/(n + 1) has passed the decay.
  average.move(now, 7);
  expect(values()).toEqual([
    ['a', 1.375, 1],
    ['b', 2.5],
  ]);
  average.dispose();
  tf.dispose(now);
  expect(tf.memory().numTensors).toBe(before);
});

test('a run evaluates and keeps the average, trains as without it, and is resumed to the same bits', async () => {
  const plain = await startWorker(jobIn('plain', null)).ended;
  const whole = await startWorker(jobIn('whole', 0.9)).ended;
  expect(those(whole, 'started')[0].notes).toContain(
    'The average of the student’s weights is evaluated and kept (decay 0.9).',
  );
  const [trained] = those(whole, 'trained');
  const without = await readModel(path.join(root, 'plain', 'model.safetensors'));
  const model = await readModel(path.join(root, 'whole', 'model.safetensors'));
  expect(weightsSha256(model.weights)).toBe(trained.weightsSha256);
  const newest = async (name: string) => readCheckpoint(checkpointFiles(path.join(root, name))[0].file);
  const last = await newest('whole');
  expect(last.weights).toEqual(model.weights);
  const isRunning = (name: string) => /\.(mean|variance)$/.test(name);
  for (const [name, values] of without.weights) {
    // Batch norm's running values are as they are, and the parameters go their own way.
    expect(isRunning(name) ? model.weights.get(name) : last.trained.get(name), name).toEqual(values);
    if (!isRunning(name)) expect(model.weights.get(name), name).not.toEqual(values);
  }
  const losses = (messages: typeof whole) =>
    those(messages, 'steps').flatMap(({ metrics }) => metrics.map(({ loss }) => loss));
  expect(losses(whole)).toEqual(losses(plain));
  const evaluation = (messages: typeof whole) => those(messages, 'evaluated').at(-1)!.result.confusion;
  expect(evaluation(whole)).not.toEqual(evaluation(plain));

  const job = jobIn('killed', 0.9);
  await startWorker(job, (message, worker) => {
    if (message.type === 'steps' && message.metrics.some(({ step }) => step >= 3)) worker.child.kill('SIGKILL');
  }).ended;
  const rest = await startWorker(job).ended;
  expect(those(rest, 'started')[0].resumedFrom).toBeGreaterThan(0);
  expect(those(rest, 'trained')[0].weightsSha256).toBe(trained.weightsSha256);
  expect((await newest('killed')).trained).toEqual(last.trained);
  expect(evaluation(rest)).toEqual(evaluation(whole));
});

const taught = {
  teacher: { model: 'average' },
  methods: [
    { method: 'ce', weight: 1 },
    { method: 'kd', weight: 2 },
    { method: 'dsd.psd', weight: 10 },
  ],
  memory: { accumulate: 2 },
};

function someBatch() {
  const pixels = 2 * 32 * 40;
  const labels = Int32Array.from({ length: pixels }, (_, i) => (i >> 3) % 3);
  const image = Uint8Array.from({ length: 3 * pixels }, (_, i) => (labels[Math.floor(i / 3)] * 80 + (i % 71)) % 256);
  return { image, labels, items: Int32Array.of(0, 1) };
}

test('the average teaches as the model that it would be written as, and lets no array lie about', async () => {
  const before = tf.memory().numTensors;
  const session = await Session.open(jobIn('asked', 0.9, taught), null);
  const batch = someBatch();
  session.step(batch, 0);
  const kept = tf.memory().numTensors;
  const now = session.weights();
  const [, kd] = session.step(batch, 1).terms;
  expect(kd.value).toBeGreaterThan(0);
  expect(tf.memory().numTensors).toBe(kept);
  const pictures = pictureTensor(batch.image, [2, 32, 40, 3]);
  // What the second step asked is the average after the first.
  const given = session.askTeacher(pictures)!;
  const model = session.frozen(now);
  const input = normalise(pictures, model.card.preprocessing);
  const expected = model.executable.forward(input, { taps: [...given.taps.keys()] });
  const far = tf.tidy(() => expected.logits.sub(given.logits).abs().max().dataSync()[0]);
  expect(far).toBeLessThan(1e-4);
  expect(given.taps.size).toBeGreaterThan(0);
  tf.dispose([input, pictures, ...[given, expected].flatMap(({ logits, taps }) => [logits, ...taps.values()])]);
  model.executable.dispose();
  session.dispose();
  expect(tf.memory().numTensors).toBe(before);
});

test('a student that its own average teaches goes on from a checkpoint by the same bits', async () => {
  const job = jobIn('taught', 0.9, taught);
  const session = await Session.open(job, null);
  const batch = someBatch();
  for (const step of [0, 1]) session.step(batch, step);
  const weights = session.weights();
  const state = { step: 2, best: null, recipeHash: '', dataHash: '', codeVersion: '', engine: '' };
  const student = { card: session.card(weights), graph: session.graph, weights };
  const others = { trained: session.trained(), slots: session.slots(), own: session.ownValues() };
  writeCheckpoint(job.folder, state, student, others);
  const resumed = await Session.open(job, await readCheckpoint(checkpointFiles(job.folder)[0].file));
  const [one, other] = [session, resumed].map((each) => [2, 3].map((step) => each.step(batch, step).terms));
  expect(other).toEqual(one);
  expect(weightsSha256(resumed.weights())).toBe(weightsSha256(session.weights()));
  expect(resumed.trained()).toEqual(session.trained());
  session.dispose();
  resumed.dispose();
});
