/** Training in half precision, and the scaling of its gradients. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { JobData } from '../../../src-main/contract/job.ts';
import type { Precision } from '../../../src-main/contract/precision.ts';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { hasEngine } from '../../../src-main/engine/acquire.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { CPU } from '../../../src-main/engine/native-engines.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { checkpointFiles, readCheckpoint, writeCheckpoint } from '../../../src-main/training/checkpoint.ts';
import { INITIAL_LOSS_SCALE, nextLossScale } from '../../../src-main/training/loss-scale.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';
import { COLORS, tinyCard, tinyData } from './tiny.ts';
import { startWorker, those } from './worker.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-precision-'));
const teacher = path.join(root, 'teacher.safetensors');
const small = { p: 1, q: 1, width: 0.5 };
let data: JobData;
beforeAll(() => {
  data = tinyData(path.join(root, 'data'));
  const network = { id: 'espnet', options: small };
  writeModel(teacher, tinyCard(data, network), initialWeights(buildNetwork(network, 3), 5));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

const STEPS = 8;
const [HEIGHT, WIDTH] = [32, 40];

function jobIn(precision: Precision, name = 'run'): TrainJob {
  const asked = {
    version: 1,
    name: 'half',
    data: {},
    student: { network: { id: 'espnet-c', options: small } },
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'dsd.psd', weight: 0.5 },
    ],
    optimizer: { kind: 'adam', learningRate: 0.005 },
    schedule: { steps: STEPS },
    batch: 2,
    crop: [HEIGHT, WIDTH],
    checkpoint: { every: 3 },
    precision,
  };
  const folder = path.join(root, name);
  return { kind: 'train', folder, recipe: recipe.parse(asked), data, evaluation: null, teacher, engine: 'auto' };
}

function batch() {
  const pixels = 2 * HEIGHT * WIDTH;
  const labels = Int32Array.from({ length: pixels }, (_, i) => (i >> 3) % 3);
  const image = Uint8Array.from({ length: 3 * pixels }, (_, i) => {
    const at = Math.floor(i / 3);
    return COLORS[labels[at]][i % 3] + ((at * 7 + i) % 23);
  });
  return { image, labels, items: Int32Array.of(0, 1) };
}

/** How far the parameters have moved from where they were, all in one row. */
function moves(weights: Map<string, Float32Array>, from: Map<string, Float32Array>): number[] {
  const trained = [...weights].filter(([name]) => !/\.(mean|variance)$/.test(name));
  return trained.flatMap(([name, values]) => [...values].map((value, i) => value - from.get(name)![i]));
}

describe.skipIf(!hasEngine(CPU))('on TensorFlow’s own library', () => {
  beforeEach(async () => {
    await startEngine();
  });

  test.each(['bfloat16', 'float16'] as const)('%s learns, and near what float32 learns', async (precision) => {
    const train = async (precision: Precision) => {
      const session = await Session.open(jobIn(precision), null);
      const before = session.weights();
      const first = session.step(batch(), 0);
      const moved = moves(session.weights(), before);
      const { numTensors, numBytes } = tf.memory();
      const losses = [first.loss];
      for (let step = 1; step < 30; step++) losses.push(session.step(batch(), step).loss);
      expect(tf.memory()).toMatchObject({ numTensors, numBytes });
      const { notes } = session;
      session.dispose();
      return { losses, moved, notes };
    };
    const [exact, rough] = [await train('float32'), await train(precision)];
    expect(exact.notes).toEqual([]);
    expect(rough.notes).toEqual([expect.stringContaining(`compute in ${precision}`)]);
    expect(rough.losses[0]).not.toBe(exact.losses[0]);
    expect(rough.losses[0] / exact.losses[0]).toBeCloseTo(1, 1.5);
    expect(rough.losses.at(-1)! / rough.losses[0]).toBeLessThan(0.7);
    const dot = (a: number[], b: number[]) => a.reduce((sum, value, i) => sum + value * b[i], 0);
    const [a, b] = [exact.moved, rough.moved];
    expect(dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b))).toBeGreaterThan(0.95);
  });

  test('bfloat16 has the range of float32, so its gradients are not scaled', async () => {
    const session = await Session.open(jobIn('bfloat16'), null);
    expect(session.lossScale).toBeNull();
    session.dispose();
  });

  test('a step whose gradients overflow is left out, and the next ones are scaled half as much', async () => {
    const session = await Session.open(jobIn('float16'), null);
    expect(session.step(batch(), 0).skipped).toBe(false);
    expect(session.lossScale).toEqual({ scale: 2 ** 16, good: 1, skipped: 0 });
    const learnt = () => {
      const trained = [...session.weights()].filter(([name]) => !/\.(mean|variance)$/.test(name));
      return weightsSha256(new Map([...trained, ...session.slots()]));
    };
    const before = learnt();
    const { numTensors } = tf.memory();
    session.lossScale = { scale: 2 ** 60, good: 1, skipped: 0 };
    const { skipped, loss } = session.step(batch(), 1);
    expect(skipped).toBe(true);
    expect(loss).toBeGreaterThan(0);
    expect(session.lossScale).toEqual({ scale: 2 ** 59, good: 0, skipped: 1 });
    expect(learnt()).toBe(before);
    expect(tf.memory().numTensors).toBe(numTensors);
    session.dispose();
  });

  test('a step that was left out does not count for Adam’s corrections', async () => {
    const train = async (over: boolean) => {
      const session = await Session.open(jobIn('float16'), null);
      if (over) {
        session.lossScale = { ...INITIAL_LOSS_SCALE, scale: 2 ** 60 };
        expect(session.step(batch(), 0).skipped).toBe(true);
        session.lossScale = { ...session.lossScale, scale: INITIAL_LOSS_SCALE.scale };
      }
      const before = session.weights();
      session.step(batch(), 0 + Number(over));
      const [most] = moves(session.weights(), before).sort((a, b) => Math.abs(b) - Math.abs(a));
      session.dispose();
      return Math.abs(most);
    };
    // The first update of Adam moves by the learning rate, which falls a little in a step.
    expect((await train(true)) / (await train(false))).toBeCloseTo((1 - 1 / STEPS) ** 0.9, 3);
  });

  test('the scale is part of a checkpoint', async () => {
    const job = jobIn('float16');
    const session = await Session.open(job, null);
    session.lossScale = { scale: 2 ** 9, good: 1999, skipped: 3 };
    const weights = session.weights();
    const state = { step: 4, best: null, recipeHash: '', dataHash: '', codeVersion: '', engine: '' };
    const student = { card: session.card(weights), graph: session.graph, weights };
    writeCheckpoint(job.folder, { ...state, lossScale: session.lossScale }, student, {
      trained: session.trained(),
      slots: session.slots(),
      own: session.ownValues(),
    });
    const from = await readCheckpoint(path.join(job.folder, 'checkpoints', 'step-4.safetensors'));
    const resumed = await Session.open(job, from);
    for (const one of [session, resumed]) {
      one.step(batch(), 4);
      expect(one.lossScale).toEqual({ scale: 2 ** 10, good: 0, skipped: 3 });
    }
    expect(weightsSha256(resumed.weights())).toBe(weightsSha256(session.weights()));
    session.dispose();
    resumed.dispose();
  });

  test.each(['bfloat16', 'float16'] as const)(
    'a run in %s: killed and resumed, it reaches the same bits',
    async (half) => {
      const whole = await startWorker(jobIn(half, `${half}-whole`)).ended;
      expect(those(whole, 'failed')).toEqual([]);
      expect(those(whole, 'started')[0].notes).toEqual([expect.stringContaining(`compute in ${half}`)]);
      const job = jobIn(half, `${half}-killed`);
      await startWorker(job, (message, worker) => {
        if (message.type === 'checkpoint') worker.child.kill('SIGKILL');
      }).ended;
      const rest = await startWorker(job).ended;
      expect(those(rest, 'started')[0].resumedFrom).toBeGreaterThan(0);
      expect(those(rest, 'trained')[0].weightsSha256).toBe(those(whole, 'trained')[0].weightsSha256);
      const other = await startWorker({ ...job, recipe: { ...job.recipe, precision: 'float32' } }).ended;
      expect(those(other, 'failed')).toMatchObject([{ message: expect.stringContaining('another recipe') }]);
    },
  );

  test('a run says which steps made no update, and ends where scaling less does not help', async () => {
    const job = jobIn('float16', 'overflow');
    const schedule = { ...job.recipe.schedule, steps: 40 };
    const methods = [{ ...job.recipe.methods[0], weight: 1e12 }];
    const messages = await startWorker({ ...job, recipe: { ...job.recipe, schedule, methods } }).ended;
    const events = Array.from({ length: 16 }, (_, i) => ({
      level: 'info',
      text: `Step ${i + 1} made no update, as its gradients, times ${2 ** (16 - i)}, were too large for float16; they are scaled half as much from now on.`,
    }));
    expect(those(messages, 'event')).toMatchObject(events);
    const [failed] = those(messages, 'failed');
    expect(failed.message).toMatch(/^The gradients are no numbers at step 17, .*the checkpoint of step 15 is kept/);
    const { state, weights } = await readCheckpoint(checkpointFiles(job.folder)[0].file);
    expect(state.lossScale).toEqual({ scale: 2, good: 0, skipped: 15 });
    const initial = initialWeights(buildNetwork(job.recipe.student.network, 3), job.recipe.seed);
    expect(moves(weights, initial).every((moved) => moved === 0)).toBe(true);
  });
});

test('the scale doubles after 2,000 good steps in a row, not before', () => {
  let state = nextLossScale(INITIAL_LOSS_SCALE, false);
  for (let step = 1; step < 2000; step++) state = nextLossScale(state, true);
  expect(state).toEqual({ scale: 2 ** 15, good: 1999, skipped: 1 });
  expect(nextLossScale(state, false)).toEqual({ scale: 2 ** 14, good: 0, skipped: 2 });
  expect(nextLossScale(state, true)).toEqual({ scale: 2 ** 16, good: 0, skipped: 1 });
});

test('a run on an engine without such kernels is refused in one sentence', async () => {
  const messages = await startWorker({ ...jobIn('bfloat16', 'wasm'), engine: 'wasm' }).ended;
  expect(those(messages, 'trained')).toEqual([]);
  expect(those(messages, 'failed')).toMatchObject([
    { message: 'The engine on this machine cannot compute convolutions in bfloat16.', where: 'precision' },
  ]);
});
