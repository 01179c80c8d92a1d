/**
 * Speaks what a worker speaks without computing: for tests of the host. What it does at which step is in the recipe's
 * name: "dies at 3", "fails at 3", "fails over 5" (where its first weight is larger), "slow"; "measured forever" and "not
 * to be measured" say what becomes of its student's speed.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as after } from 'node:timers/promises';
import type { EvaluationResult, FromWorker, Job, JobData, ToWorker } from '../../../src-main/contract/job.ts';
import type { ModelCard } from '../../../src-main/contract/model.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';

const control = { paused: false, stopped: false };
process.on('disconnect', () => process.exit(0));
process.on('message', (message: ToWorker) => {
  if (message.type === 'job') void work(message.job);
  if (message.type === 'pause') control.paused = true;
  if (message.type === 'resume') control.paused = false;
  if (message.type === 'stop') control.stopped = true;
});

function send(message: FromWorker): Promise<void> {
  return new Promise((resolve) => process.send!(message, () => resolve()));
}

async function work(job: Job): Promise<void> {
  await send({ type: 'phase', text: 'Starting' });
  if (job.kind === 'evaluate') {
    await send({ type: 'started', engine: 'fake', engineName: 'A fake engine', threads: 1, notes: [], resumedFrom: 0 });
    for (const crf of job.crf ? [false, true] : [false]) {
      await send({ type: 'evaluated', step: null, best: false, result: resultOn(job.data), crf });
    }
  } else if (job.kind === 'disagreement' || job.kind === 'uncertainty') {
    const kinds = job.kind === 'disagreement' ? (['disagreement'] as const) : (['entropy', 'margin'] as const);
    const measures = kinds.flatMap((kind) =>
      [false, true].map((rare) => ({
        kind,
        rare,
        values: job.data.items.map(({ id }, i) => ({ item: id, value: i / (rare ? 200 : 100) })),
      })),
    );
    await send({ type: 'measured', measures });
  } else if (job.kind === 'prelabel') {
    // Sure of class 5, but not in the first 100 of 32×24 pixels.
    const classes = new Uint8Array(32 * 24).fill(5).fill(255, 0, 100);
    for (const { id } of job.data.items) await send({ type: 'prelabelled', item: id, classes });
  } else if (job.kind === 'embed') await embed(job.data);
  else if (job.kind === 'speed') {
    await send({ type: 'started', engine: 'fake', engineName: 'A fake engine', threads: 1, notes: [], resumedFrom: 0 });
    if (job.model.includes('not-to-be-measured')) {
      await send({ type: 'failed', message: 'The memory is full.' });
      process.exit(1);
    }
    if (job.model.includes('measured-forever')) await new Promise(() => {});
    await send({ type: 'speed', speed: { medianMs: 4, p95Ms: 5, passes: 100, memory: 1e8 } });
  } else if (job.kind === 'train') await train(job);
  await send({ type: 'done' });
  process.exit(0);
}

/** Features that lie on a circle, one item in each message. */
async function embed(data: JobData): Promise<void> {
  await send({ type: 'started', engine: 'fake', engineName: 'A fake engine', threads: 1, notes: [], resumedFrom: 0 });
  for (const [i, { id }] of data.items.entries()) {
    const vector = Float32Array.of(Math.cos(id / 3), Math.sin(id / 3), 0);
    const classes = [{ class: id % 3, pixels: 10 + id, vector: Float32Array.of(0, Math.sin(id), Math.cos(id)) }];
    await send({ type: 'embedded', tapChannels: 128, items: [{ item: id, vector, classes }] });
    await send({ type: 'progress', done: i + 1, total: data.items.length });
    await after(10);
  }
}

async function train({ recipe, folder, data, evaluation }: Extract<Job, { kind: 'train' }>): Promise<void> {
  const saved = path.join(folder, 'checkpoint');
  const resumedFrom = existsSync(saved) ? Number(readFileSync(saved, 'utf8')) : 0;
  await send({
    type: 'started',
    engine: 'fake',
    engineName: 'A fake engine',
    threads: 1,
    notes: ['A note.'],
    resumedFrom,
  });
  const at = Number(/(?:dies|fails) at (\d+)/.exec(recipe.name)?.[1]);
  const [{ weight }] = recipe.methods;
  if (weight > Number(/fails over (\d+)/.exec(recipe.name)?.[1])) await end(recipe.name);
  const { steps } = recipe.schedule;
  const weights = initialWeights(buildNetwork(recipe.student.network, data.classes.length), recipe.seed);
  const card: ModelCard = {
    name: recipe.name,
    network: recipe.student.network,
    classes: data.classes,
    outputs: data.classes.length,
    preprocessing: { channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1], scale: 1 },
    licence: '',
    source: '',
    sha256: weightsSha256(weights),
  };
  let step = resumedFrom;
  while (step < steps && !control.stopped) {
    if (control.paused) {
      await send({ type: 'paused' });
      while (control.paused && !control.stopped) await after(10);
      continue;
    }
    step++;
    if (step === at && resumedFrom === 0) await end(recipe.name);
    const terms = [{ id: 'ce', value: 1 / step, weighted: 1 / step, ...(step === 1 ? { gradientNorm: 3 } : {}) }];
    const metrics = { step, loss: 1 / step, learningRate: 0.1, imagesPerSecond: 40, wait: 0.1, terms };
    await send({ type: 'steps', metrics: [metrics], peakMemory: 1e9 + step });
    writeFileSync(saved, String(step));
    await send({ type: 'checkpoint', step });
    if (evaluation && (step === 2 || step === steps)) {
      if (step === 2) writeModel(path.join(folder, 'best.safetensors'), card, weights);
      await send({ type: 'evaluated', step, best: step === 2, result: resultOn(evaluation, fakeMIoU(weight)) });
    }
    await after(recipe.name.includes('slow') ? 50 : 1);
  }
  const finished = step === steps;
  if (finished) writeModel(path.join(folder, 'model.safetensors'), card, weights);
  await send({ type: 'trained', finished, step, weightsSha256: card.sha256, card });
}

async function end(name: string): Promise<void> {
  if (name.includes('fails')) {
    await send({ type: 'failed', message: 'The loss is NaN at step 3.', next: 'Lower the learning rate.' });
    process.exit(1);
  }
  console.error('fatal: the card fell out');
  process.kill(process.pid, 'SIGKILL');
}

/** A half at the weight of 1, and less the further from it. */
function fakeMIoU(weight: number): number {
  return 0.5 / (1 + Math.abs(Math.log10(weight)));
}

function resultOn(data: JobData, mIoU = 0.5): EvaluationResult {
  const ious = data.classes.map((_, c) => (c === 0 ? null : 0.5));
  return {
    mIoU,
    pixelAccuracy: 0.8,
    meanAccuracy: 0.6,
    ious,
    confusion: [],
    outputs: data.classes.length,
    images: data.items.length,
    msPerImage: 2,
    parameters: 1,
    macs: 1,
    inputSize: [24, 32],
    items: data.items.map((item, i) => ({ item: item.id, mIoU: i / 10, pixelAccuracy: 0.5, ious })),
  };
}
