/** Terms that a schedule gives no weight at a step: they are not computed there, and what they have of their own rests. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test, vi } from 'vitest';
import { randomUniform } from '../../../src-main/base/random.ts';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import type { Batch } from '../../../src-main/training/loader.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { Session, type TrainJob } from '../../../src-main/training/session.ts';
import { weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-off-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
afterEach(() => vi.restoreAllMocks());

const CROP = [32, 40] as const;
const small = { p: 1, q: 1, width: 0.5 };
const classes = ['a', 'b', 'c'].map((name) => ({ name, color: [0, 0, 0] as [number, number, number] }));
const teacher = path.join(root, 'teacher.safetensors');

beforeAll(async () => {
  await startEngine('cpu');
  const network = { id: 'espnet', options: small };
  const weights = initialWeights(buildNetwork(network, 3), 5);
  writeModel(
    teacher,
    {
      ...{ name: 'teacher', network, classes, outputs: 3, preprocessing: STUDENT_PREPROCESSING },
      ...{ licence: '', source: '', sha256: weightsSha256(weights) },
    },
    weights,
  );
});

async function open(methods: object[], change: object = {}): Promise<Session> {
  const job: TrainJob = {
    kind: 'train',
    folder: root,
    recipe: recipe.parse({
      ...{ version: 1, name: 'off', data: {}, student: { network: { id: 'espnet-c', options: small } } },
      ...{ methods, schedule: { steps: 10 }, batch: 2, crop: CROP, seed: 3, ...change },
    }),
    data: { root, classes, values: [], items: [], hash: '' },
    evaluation: null,
    teacher,
    engine: 'cpu',
  };
  return Session.open(job, null);
}

function batch(step: number): Batch {
  const pixels = 2 * CROP[0] * CROP[1];
  const noise = (purpose: string, size: number, below: number) =>
    Array.from({ length: size }, (_, i) => Math.floor(below * randomUniform(step, purpose, i)));
  return {
    image: Uint8Array.from(noise('image', 3 * pixels, 256)),
    labels: Int32Array.from(noise('labels', pixels, 3)),
    items: Int32Array.of(0, 1),
  };
}

const CE = { method: 'ce', weight: 1 };
const from = (step: number, to?: number) => ({ schedule: { shape: 'constant', from: step, ...(to ? { to } : {}) } });
const FITNETS = { method: 'fitnets', weight: 1, params: { adapter: 'always' } };

test('a term that is off all the while costs nothing and changes no bit', async () => {
  const off = [
    CE,
    { method: 'kd', weight: 1, ...from(8) },
    { ...FITNETS, ...from(8) },
    { method: 'crd', weight: 1, ...from(8) },
  ];
  const forward = vi.spyOn(Executable.prototype, 'forward');
  const sessions = { alone: await open([CE]), off: await open(off) };
  const before = sessions.off.ownValues();
  const kept = new Map([...before].map(([name, values]) => [name, values.slice()]));
  for (let step = 0; step < 3; step++) {
    const alone = sessions.alone.step(batch(step), step);
    const { loss, terms } = sessions.off.step(batch(step), step);
    expect(loss).toBe(alone.loss);
    expect(terms).toEqual([alone.terms[0], ...['kd', 'fitnets', 'crd'].map((id) => ({ id, weighted: 0 }))]);
  }
  // Two students, three steps, no teacher, nothing tapped.
  expect(forward.mock.calls.map(([, options]) => options)).toHaveLength(6);
  for (const [, options] of forward.mock.calls) expect(options?.taps).toEqual([]);
  expect(sessions.off.weights()).toEqual(sessions.alone.weights());
  expect(sessions.off.ownValues()).toEqual(kept);
  for (const session of Object.values(sessions)) session.dispose();
});

test('each network is asked for what the terms of the step read', async () => {
  const at = (tap: number, step: number, to: number) => ({
    method: 'at',
    weight: 1,
    params: { tap },
    ...from(step, to),
  });
  const session = await open([
    CE,
    at(0, 0, 1),
    { ...FITNETS, ...from(1, 2) },
    { method: 'kd', weight: 1, ...from(2, 3) },
  ]);
  const forward = vi.spyOn(Executable.prototype, 'forward');
  const asked = [0, 1, 2, 3].map((step) => {
    forward.mockClear();
    session.step(batch(step), step);
    return forward.mock.calls.map(([, options]) => options!.taps!.length);
  });
  // The teacher comes before the student.
  expect(asked).toEqual([[1, 1], [1, 1], [0, 0], [0]]);
  session.dispose();
});

test.each([
  ['along with the student', FITNETS, 1e-3],
  ['by a loss of their own', { method: 'apd', weight: 1, params: { teacherRate: 0.01 } }, 0.01],
])('arrays that learn %s rest while their term is off, and begin as Adam begins', async (_, term, rate) => {
  const session = await open([CE, { ...term, ...from(2, 4) }], {
    optimizer: { kind: 'adamw', learningRate: 1e-3, weightDecay: 0 },
    schedule: { steps: 10, power: 0 },
  });
  const size = session.slots().get('mean')!.length;
  const seen = Array.from({ length: 6 }, (_, step) => {
    session.step(batch(step), step);
    const own = [...session.ownValues()].map(([name, values]) => [name, values.slice()] as const);
    const learnt = [...session.slots()].map(([name, values]) => [name, values.slice(-100)] as const);
    return new Map([...own, ...(term === FITNETS ? learnt : [])]);
  });
  expect(seen[1]).toEqual(seen[0]);
  expect(seen[2]).not.toEqual(seen[1]);
  expect(seen[3]).not.toEqual(seen[2]);
  expect(seen[4]).toEqual(seen[3]);
  expect(seen[5]).toEqual(seen[3]);
  expect(session.slots().get('mean')).toHaveLength(size);
  // Adam's first update moves each number by its rate.
  const name = [...seen[0].keys()].find((one) => /(adapter|teacher1)\.weight$/.test(one))!;
  const moved = seen[2].get(name)!.map((value, i) => Math.abs(value - seen[1].get(name)![i]));
  expect(Math.max(...moved)).toBeGreaterThan(0.9 * rate);
  expect(Math.max(...moved)).toBeLessThan(1.01 * rate);
  session.dispose();
});

test('a step in which every term is off leaves the parameters as they are', async () => {
  const session = await open([{ ...CE, ...from(1) }], { optimizer: { kind: 'sgd', learningRate: 0.1, momentum: 0 } });
  const parameters = () => [...session.weights()].filter(([name]) => !/mean|variance/.test(name));
  const before = parameters();
  expect(session.step(batch(0), 0)).toMatchObject({ loss: 0, terms: [{ id: 'ce', weighted: 0 }] });
  expect(parameters()).toEqual(before);
  session.step(batch(1), 1);
  expect(parameters()).not.toEqual(before);
  session.dispose();
});
