/** Whole runs in their own process, on a tiny data set: resume, pause, stop, divergence, a full disk, a lost host. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JobData } from '../../../src-main/contract/job.ts';
import { type Recipe, recipe } from '../../../src-main/contract/recipe.ts';
import { checkpointFiles } from '../../../src-main/training/checkpoint.ts';
import type { TrainJob } from '../../../src-main/training/session.ts';
import { readModel, weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';
import { readSafetensors } from '../../../src-main/weights/safetensors.ts';
import { tinyData } from './tiny.ts';
import { startWorker, those } from './worker.ts';

vi.setConfig({ testTimeout: 180_000 });

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-run-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
let data: JobData;
let teacher: string;

const STEPS = 12;
const small = { p: 1, q: 1, width: 0.5 };

function recipeWith(change: Record<string, unknown> = {}): Recipe {
  return recipe.parse({
    version: 1,
    name: 'tiny',
    data: {},
    student: { network: { id: 'espnet-c', options: small } },
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'dsd.psd', weight: 0.5 },
      { method: 'dsd.csd', weight: 3 },
      { method: 'fitnets', weight: 1, params: { adapter: 'always' } },
    ],
    augmentation: { scale: [0.8, 1.3], flip: 0.5 },
    schedule: { steps: STEPS },
    batch: 2,
    crop: [32, 40],
    memory: { accumulate: 2, checkpointing: true },
    evaluation: { every: 5 },
    checkpoint: { every: 3 },
    ...change,
  });
}

function jobIn(name: string, change: Record<string, unknown> = {}): TrainJob {
  const folder = path.join(root, name);
  return { kind: 'train', folder, recipe: recipeWith(change), data, evaluation: data, teacher, engine: 'auto' };
}

/** The last loss of each step: a step that was done twice counts once. */
const losses = (messages: Parameters<typeof those>[0]) =>
  those(messages, 'steps').flatMap((message) => message.metrics.map(({ step, loss }) => [step, loss] as const));

let uninterrupted: Awaited<ReturnType<typeof startWorker>['ended']>;

beforeAll(async () => {
  data = tinyData(path.join(root, 'data'));
  const alone = { student: { network: { id: 'espnet', options: small } }, methods: [{ method: 'ce', weight: 1 }] };
  const made = await startWorker({ ...jobIn('teacher', { ...alone, schedule: { steps: 4 } }), teacher: null }).ended;
  expect(those(made, 'trained')).toMatchObject([{ finished: true, step: 4 }]);
  teacher = path.join(root, 'teacher', 'model.safetensors');
  uninterrupted = await startWorker(jobIn('whole')).ended;
}, 180_000);

test('a run from beginning to end says what it does and leaves its weights', async () => {
  expect(those(uninterrupted, 'failed')).toEqual([]);
  expect(those(uninterrupted, 'started')).toMatchObject([{ resumedFrom: 0 }]);
  const [trained] = those(uninterrupted, 'trained');
  expect(trained).toMatchObject({ finished: true, step: STEPS });
  expect(losses(uninterrupted).map(([step]) => step)).toEqual(Array.from({ length: STEPS }, (_, i) => i + 1));
  expect(those(uninterrupted, 'checkpoint').map(({ step }) => step)).toEqual([3, 6, 9, 12]);
  expect(those(uninterrupted, 'evaluated').map(({ step }) => step)).toEqual([5, 10, 12]);
  const [first] = those(uninterrupted, 'steps')[0].metrics;
  expect(first.terms.map(({ id }) => id)).toEqual(['ce', 'dsd.psd', 'dsd.csd', 'fitnets']);
  for (const term of first.terms) {
    expect(term.gradientNorm).toBeGreaterThan(0);
    expect(term.value).toBeGreaterThan(0);
  }
  expect(first.loss).toBeCloseTo(
    first.terms.reduce((sum, term) => sum + term.weighted, 0),
    5,
  );

  const { card, weights } = await readModel(path.join(root, 'whole', 'model.safetensors'));
  expect(weightsSha256(weights)).toBe(trained.weightsSha256);
  expect(card).toEqual(trained.card);
  expect(card.classes).toEqual(data.classes);
  const best = those(uninterrupted, 'evaluated').filter((message) => message.best);
  expect(existsSync(path.join(root, 'whole', 'best.safetensors'))).toBe(best.length > 0);
  expect(checkpointFiles(path.join(root, 'whole')).map(({ step }) => step)).toEqual([12, 9]);
});

test('a student that starts from a model has its weights, and takes pictures as it does', async () => {
  const { card, weights } = await readModel(teacher);
  const other = path.join(root, 'start.safetensors');
  const preprocessing = { ...card.preprocessing, mean: [1, 2, 3] as [number, number, number] };
  writeModel(other, { ...card, preprocessing }, weights);
  const change = {
    student: { network: { id: 'espnet', options: small } },
    methods: [{ method: 'ce', weight: 1 }],
    optimizer: { kind: 'sgd', learningRate: 1e-12, momentum: 0 },
    schedule: { steps: 1 },
  };
  const messages = await startWorker({ ...jobIn('started', change), start: other }).ended;
  expect(those(messages, 'started')[0].notes.at(-1)).toMatch(/^(\d+) of the student’s \1 arrays start from tiny\.$/);
  const found = await readModel(path.join(root, 'started', 'model.safetensors'));
  for (const [name, values] of weights) {
    if (!/\.(mean|variance)$/.test(name)) expect(found.weights.get(name), name).toEqual(values);
  }
  expect(found.card.preprocessing).toEqual(preprocessing);
  // A resume needs the checkpoint alone
  rmSync(other);
  const again = await startWorker({ ...jobIn('started', { ...change, schedule: { steps: 1 } }), start: other }).ended;
  expect(those(again, 'failed')).toEqual([]);
  expect(those(again, 'trained')[0].card.preprocessing).toEqual(preprocessing);
});

test('killed again and again and resumed, it reaches the same bits', async () => {
  const job = jobIn('killed');
  const killAfter = [3, 5, 8];
  for (const step of killAfter) {
    const messages = await startWorker(job, (message, worker) => {
      if (message.type === 'steps' && message.metrics.some((m) => m.step >= step)) worker.child.kill('SIGKILL');
    }).ended;
    expect(those(messages, 'trained')).toEqual([]);
  }
  const messages = await startWorker(job).ended;
  const [{ resumedFrom }] = those(messages, 'started');
  expect(resumedFrom).toBeGreaterThan(0);
  const [trained] = those(messages, 'trained');
  expect(trained).toMatchObject({ finished: true, step: STEPS });
  expect(trained.weightsSha256).toBe(those(uninterrupted, 'trained')[0].weightsSha256);
  expect(losses(messages)).toEqual(losses(uninterrupted).filter(([step]) => step > resumedFrom));
  const evaluation = (said: typeof messages) => those(said, 'evaluated').at(-1)!.result.confusion;
  expect(evaluation(messages)).toEqual(evaluation(uninterrupted));
  for (const file of ['model.safetensors', 'best.safetensors']) {
    expect(readFileSync(path.join(root, 'killed', file))).toEqual(readFileSync(path.join(root, 'whole', file)));
  }
});

test('auxiliary outputs and dropout are trained with, resumed to the same bits, and no part of the model that comes out', async () => {
  const options = { width: 0.125, channels: 8 };
  const network = { id: 'pspnet-r18', options: { ...options, dropout: 0.3 } };
  const alone = {
    methods: [{ method: 'ce', weight: 0.5 }],
    evaluation: { every: 0 },
    schedule: { steps: 8 },
    batch: 4,
  };
  const change = { ...alone, student: { network, auxiliary: true } };
  const whole = await startWorker({ ...jobIn('auxiliary', change), teacher: null }).ended;
  const [trained] = those(whole, 'trained');
  const [first] = those(whole, 'steps')[0].metrics;
  expect(first.terms.map(({ id }) => id)).toEqual(['ce', 'auxiliary']);
  const auxiliary = first.terms[1];
  expect(auxiliary.weighted / auxiliary.value!).toBeCloseTo(0.5 * 0.4, 5);
  expect(auxiliary.gradientNorm).toBeGreaterThan(0);

  const others = { 'no-auxiliary': { network }, 'no-dropout': { network: { ...network, options }, auxiliary: true } };
  for (const [name, student] of Object.entries(others)) {
    const other = await startWorker({ ...jobIn(name, { ...change, student }), teacher: null }).ended;
    expect(those(other, 'trained')[0].weightsSha256).not.toBe(trained.weightsSha256);
  }

  const { weights } = await readModel(path.join(root, 'auxiliary', 'model.safetensors'));
  expect(weightsSha256(weights)).toBe(trained.weightsSha256);
  const file = (name: string) => readSafetensors(path.join(root, name));
  const named = async (name: string) => [...(await file(name)).tensors.keys()].filter((n) => n.startsWith('auxiliary'));
  expect(await named('auxiliary/model.safetensors')).toEqual([]);
  expect(await named('auxiliary/checkpoints/step-8.safetensors')).toContain('auxiliary.filter');
  expect((await readModel(path.join(root, 'auxiliary/checkpoints/step-8.safetensors'))).weights).toEqual(weights);

  const job = { ...jobIn('auxiliary-killed', change), teacher: null };
  await startWorker(job, (message, worker) => {
    if (message.type === 'steps' && message.metrics.some(({ step }) => step >= 4)) worker.child.kill('SIGKILL');
  }).ended;
  const resumed = await startWorker(job).ended;
  expect(those(resumed, 'started')[0].resumedFrom).toBeGreaterThan(0);
  expect(those(resumed, 'trained')[0].weightsSha256).toBe(trained.weightsSha256);
});

test('the weight of a term follows its schedule, that of an auxiliary output its cross-entropy’s, also after a resume', async () => {
  const ramp = { shape: 'linear', from: 2, to: 6, start: 0, end: 1 };
  const change = {
    student: { network: { id: 'pspnet-r18', options: { width: 0.125, channels: 8 } }, auxiliary: true },
    methods: [
      { method: 'ce', weight: 0.5, schedule: ramp },
      { method: 'kd', weight: 2, schedule: { shape: 'constant', from: 3, to: 7 } },
      { method: 'apd', weight: 3, params: { teacherRate: 0.01 }, schedule: { shape: 'constant', from: 2, to: 6 } },
    ],
    ...{ batch: 4, evaluation: { every: 0 }, schedule: { steps: 8 }, checkpoint: { every: 2 } },
  };
  const job = jobIn('scheduled', change);
  await startWorker(job, (message, worker) => {
    if (message.type === 'steps' && message.metrics.some(({ step }) => step >= 5)) worker.child.kill('SIGKILL');
  }).ended;
  const rest = await startWorker(job).ended;
  const [{ resumedFrom }] = those(rest, 'started');
  expect(resumedFrom).toBeGreaterThan(0);
  const whole = await startWorker(jobIn('scheduled-whole', change)).ended;
  expect(those(rest, 'trained')[0].weightsSha256).toBe(those(whole, 'trained')[0].weightsSha256);
  const [{ file }] = checkpointFiles(path.join(root, 'scheduled'));
  expect(readFileSync(file)).toEqual(readFileSync(file.replace('scheduled', 'scheduled-whole')));
  const factors = (messages: typeof whole) =>
    those(messages, 'steps').flatMap(({ metrics }) =>
      metrics.map(({ terms }) =>
        terms.map(({ value = 0, weighted }) => (value ? Math.round((1e4 * weighted) / value) / 1e4 : weighted)),
      ),
    );
  // Of ce, kd, apd and the auxiliary output, whose own weight is 0.4.
  const expected = [
    [0, 0, 0, 0],
    [0, 0, 0, 0],
    [0, 0, 3, 0],
    [0.125, 2, 3, 0.05],
    [0.25, 2, 3, 0.1],
    [0.375, 2, 3, 0.15],
    [0.5, 2, 0, 0.2],
    [0.5, 0, 0, 0.2],
  ];
  expect(factors(whole)).toEqual(expected);
  expect(factors(rest)).toEqual(expected.slice(resumedFrom));
});

test('with the teacher cache: killed while it is filled and while it trains, it reaches the same bits', async () => {
  const cached = { teacher: { cache: { mode: 'whole-image' } }, evaluation: { every: 0 } };
  const whole = await startWorker(jobIn('cached', cached)).ended;
  const [{ weightsSha256: expected }] = those(whole, 'trained');
  expect(expected).not.toBe(those(uninterrupted, 'trained')[0].weightsSha256);
  expect(those(whole, 'phase').some(({ text }) => /^Asking the teacher .* 6 of 6$/.test(text))).toBe(true);

  const job = jobIn('cached-killed', cached);
  await startWorker(job, (message, worker) => {
    if (message.type === 'phase' && message.text.startsWith('Asking')) worker.child.kill('SIGKILL');
  }).ended;
  await startWorker(job, (message, worker) => {
    if (message.type === 'steps' && message.metrics.some(({ step }) => step >= 5)) worker.child.kill('SIGKILL');
  }).ended;
  const messages = await startWorker(job).ended;
  expect(those(messages, 'started')[0].resumedFrom).toBeGreaterThan(0);
  expect(those(messages, 'trained')[0].weightsSha256).toBe(expected);
});

test('pauses with a checkpoint, goes on, and stops with a checkpoint that a later start takes up', async () => {
  const job = jobIn('paused');
  let stepsAtPause = -1;
  const steps = (messages: typeof uninterrupted) => Math.max(0, ...losses(messages).map(([step]) => step));
  const messages = await startWorker(job, (message, worker) => {
    if (message.type === 'steps' && stepsAtPause < 0) worker.tell({ type: 'pause' });
    if (message.type === 'paused') {
      stepsAtPause = steps(worker.messages);
      expect(checkpointFiles(job.folder)[0].step).toBe(stepsAtPause);
      setTimeout(() => {
        expect(steps(worker.messages)).toBe(stepsAtPause);
        worker.tell({ type: 'resume' });
      }, 300);
    }
    if (message.type === 'steps' && stepsAtPause >= 0 && steps(worker.messages) > stepsAtPause)
      worker.tell({ type: 'stop' });
  }).ended;
  expect(stepsAtPause).toBeGreaterThan(0);
  const [stopped] = those(messages, 'trained');
  expect(stopped.finished).toBe(false);
  expect(checkpointFiles(job.folder)[0].step).toBe(stopped.step);
  const rest = await startWorker(job).ended;
  expect(those(rest, 'started')[0].resumedFrom).toBe(stopped.step);
  expect(those(rest, 'trained')[0].weightsSha256).toBe(those(uninterrupted, 'trained')[0].weightsSha256);
});

test('a finished run that is started again computes nothing and says its result again', async () => {
  const messages = await startWorker(jobIn('whole')).ended;
  expect(those(messages, 'steps')).toEqual([]);
  expect(those(messages, 'started')[0].resumedFrom).toBe(STEPS);
  expect(those(messages, 'trained')).toEqual(those(uninterrupted, 'trained'));
});

test('weights that grow without end stop the run in words, the last good checkpoint kept', async () => {
  // Each step multiplies the weights by −29, so that they leave the range of float32 after some 26 steps.
  const job = jobIn('diverging', {
    optimizer: { kind: 'adamw', learningRate: 1, weightDecay: 30 },
    schedule: { steps: 60, power: 0 },
    evaluation: { every: 0 },
  });
  const messages = await startWorker(job).ended;
  expect(those(messages, 'trained')).toEqual([]);
  const [{ step, file }] = checkpointFiles(job.folder);
  expect(step).toBe(those(messages, 'checkpoint').at(-1)!.step);
  const [said] = those(messages, 'failed');
  expect(said.message).toMatch(
    new RegExp(`^The (loss is|weights are).* at step \\d+.* checkpoint of step ${step} is kept`),
  );
  expect(said.next).toMatch(/learning rate/);
  const { weights } = await readModel(file);
  for (const values of weights.values()) expect(values.every(Number.isFinite)).toBe(true);
});

test('a full disk at a checkpoint is said in one sentence; the run goes on and the last good one stays', async () => {
  const job = jobIn('full', { evaluation: { every: 0 }, checkpoint: { every: 3 } });
  const preload = path.join(root, 'full-disk.mjs');
  // The disk is full from the second checkpoint to the third: the writes themselves fail.
  writeFileSync(
    preload,
    `import fs from 'node:fs';
     import { syncBuiltinESMExports } from 'node:module';
     const { openSync, writeSync } = fs;
     const full = new Set();
     fs.openSync = (file, ...rest) => {
       const handle = openSync(file, ...rest);
       if (/step-(6|9)\\.safetensors/.test(String(file))) full.add(handle); else full.delete(handle);
       return handle;
     };
     fs.writeSync = (handle, ...rest) => {
       if (full.has(handle)) throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
       return writeSync(handle, ...rest);
     };
     syncBuiltinESMExports();`,
  );
  let kept: number[] = [];
  const messages = await startWorker(
    job,
    (message) => {
      if (message.type === 'event') kept = checkpointFiles(job.folder).map(({ step }) => step);
    },
    { preload: pathToFileURL(preload).href },
  ).ended;
  const warnings = those(messages, 'event').filter((event) => event.level === 'warning');
  expect(warnings.map((event) => event.text)).toEqual([
    expect.stringMatching(/step 6 was not saved.*disk is full.*Make room/),
    expect.stringMatching(/step 9 was not saved/),
  ]);
  expect(kept).toEqual([3]);
  expect(those(messages, 'checkpoint').map(({ step }) => step)).toEqual([3, 12]);
  expect(readdirSync(path.join(job.folder, 'checkpoints')).sort()).toEqual([
    'step-12.safetensors',
    'step-3.safetensors',
  ]);
  expect(those(messages, 'trained')[0].weightsSha256).toBe(those(uninterrupted, 'trained')[0].weightsSha256);
});

test('a worker whose host goes away ends by itself', async () => {
  const worker = startWorker(jobIn('orphan', { schedule: { steps: 100_000 } }), (message, own) => {
    if (message.type === 'steps' && own.child.connected) own.child.disconnect();
  });
  await worker.ended;
  expect(worker.child.exitCode).toBe(0);
  expect(those(worker.messages, 'trained')).toEqual([]);
});

test('a checkpoint of another recipe is not gone on from', async () => {
  const messages = await startWorker(jobIn('whole', { seed: 9 })).ended;
  expect(those(messages, 'failed')).toMatchObject([
    { message: expect.stringContaining('another recipe'), where: 'recipe' },
  ]);
});

test('a method without its teacher is refused in words', async () => {
  const messages = await startWorker({ ...jobIn('untaught'), teacher: null }).ended;
  expect(those(messages, 'failed')).toMatchObject([{ message: 'dsd.psd needs a teacher.', where: 'teacher.model' }]);
});
