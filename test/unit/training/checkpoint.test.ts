import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { ModelCard } from '../../../src-main/contract/model.ts';
import { sizeOf } from '../../../src-main/networks/graph.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import {
  type CheckpointState,
  checkpointFiles,
  checkpointFolder,
  newestCheckpoint,
  readCheckpoint,
  sweepCheckpoints,
  writeCheckpoint,
} from '../../../src-main/training/checkpoint.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { readModel } from '../../../src-main/weights/model-file.ts';

let run: string;
beforeEach(() => {
  run = mkdtempSync(path.join(os.tmpdir(), 'stillroom-checkpoint-'));
});
afterEach(() => rmSync(run, { recursive: true, force: true }));

const network = { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } };
const graph = buildNetwork(network, 2);
const card: ModelCard = {
  name: 'student',
  network,
  classes: [],
  outputs: 2,
  preprocessing: STUDENT_PREPROCESSING,
  licence: '',
  source: '',
  sha256: '',
};

/** Weights that are all the step's number; slots its negative. */
const weightsOf = (step: number) =>
  new Map(graph.params.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape)).fill(step)]));
const slotsOf = (step: number) => new Map([['mean', new Float32Array(4).fill(-step)]]);
const trainedOf = (step: number) => new Map([['level1.filter', new Float32Array(5).fill(step / 4)]]);
const ownOf = (step: number) => new Map([['fitnets.weight', new Float32Array(3).fill(step / 2)]]);

const othersOf = (step: number) => ({ trained: trainedOf(step), slots: slotsOf(step), own: ownOf(step) });

function write(step: number): CheckpointState {
  const state = { step, best: { step: 1, mIoU: 0.5 }, recipeHash: 'r', dataHash: 'd', codeVersion: '1', engine: 'cpu' };
  writeCheckpoint(run, state, { card, graph, weights: weightsOf(step) }, othersOf(step));
  return state;
}

const steps = () => checkpointFiles(run).map(({ step }) => step);
const never = (text: string) => expect.fail(text);

test('gives back what was written', async () => {
  const state = write(10);
  const found = await newestCheckpoint(run, never);
  expect(found?.state).toEqual(state);
  expect(found?.weights).toEqual(weightsOf(10));
  expect(found?.slots).toEqual(slotsOf(10));
  expect(found?.own).toEqual(ownOf(10));
  expect(found?.trained).toEqual(trainedOf(10));
});

test('can be opened as a model', async () => {
  write(10);
  const model = await readModel(checkpointFiles(run)[0].file);
  expect(model).toMatchObject({ card, weights: weightsOf(10) });
});

test('a run without checkpoints has none', async () => {
  expect(await newestCheckpoint(run, never)).toBeNull();
  expect(await newestCheckpoint(path.join(run, 'absent'), never)).toBeNull();
});

test('keeps the last two, in the order of their steps', () => {
  for (const step of [8, 9, 10, 11]) write(step);
  expect(steps()).toEqual([11, 10]);
});

test('any damage to the newest is noticed, said, and the one before it taken', async () => {
  write(10);
  write(20);
  const file = path.join(checkpointFolder(run), 'step-20.safetensors');
  const whole = readFileSync(file);
  const stateAt = whole.indexOf('"step\\":20') + 9;
  const damages = [
    whole.subarray(0, whole.length - 1),
    whole.subarray(0, 5),
    Buffer.alloc(0),
    flipped(whole, whole.length - 2),
    flipped(whole, stateAt),
  ];
  for (const damaged of damages) {
    writeFileSync(file, damaged);
    const said: string[] = [];
    const found = await newestCheckpoint(run, (text) => said.push(text));
    expect(found?.state.step).toBe(10);
    expect(said).toEqual([expect.stringContaining(file)]);
  }
  writeFileSync(file, whole);
  expect((await newestCheckpoint(run, never))?.state.step).toBe(20);
});

test('a newer one that a resume passed over goes when a step is written', () => {
  write(20);
  write(10);
  expect(steps()).toEqual([10]);
});

test('what a killed process left half-written is swept and never taken for a checkpoint', async () => {
  write(10);
  writeFileSync(path.join(checkpointFolder(run), '.step-20.safetensors.123-x-0.tmp'), 'half');
  expect(steps()).toEqual([10]);
  sweepCheckpoints(run);
  expect(readdirSync(checkpointFolder(run))).toEqual(['step-10.safetensors']);
});

test('a checkpoint that cannot be written is said, and the last good one stays', async () => {
  write(10);
  // A folder in the way of the rename: a failure that root meets too.
  mkdirSync(path.join(checkpointFolder(run), 'step-20.safetensors', 'inside'), { recursive: true });
  expect(() => write(20)).toThrow(/step-20/);
  expect((await readCheckpoint(path.join(checkpointFolder(run), 'step-10.safetensors'))).state.step).toBe(10);
  expect(readdirSync(checkpointFolder(run)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
});

function flipped(bytes: Buffer, at: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[at] ^= 1;
  return copy;
}
