/** Runs whose methods have discriminators, memories and adapters of their own: they learn, and go on after a resume. */
import { mkdtempSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { JobData } from '../../../src-main/contract/job.ts';
import { recipe } from '../../../src-main/contract/recipe.ts';
import type { TrainJob } from '../../../src-main/training/session.ts';
import { readSafetensors } from '../../../src-main/weights/safetensors.ts';
import { tinyData } from './tiny.ts';
import { startWorker, those } from './worker.ts';

vi.setConfig({ testTimeout: 180_000 });

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-own-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const small = { p: 1, q: 1, width: 0.5 };
const STEPS = 6;
/** Those that are tried, and arrays of theirs that no step leaves as they were. */
const methods: [id: string, params: object, arrays: string[]][] = [
  ['apd', { mixing: 'cac', teacherRate: 0.01 }, ['student.classifier', 'teacher.mix1.weight', 'teacher2.bias']],
  ['freekd', { levels: 2 }, ['prompts', 'head.weight']],
  ['ka', {}, ['translate.weight', 'relate.bias', 'encode1.weight', 'decode3.norm.gamma']],
  ['cirkd.memory', { pixels: 40, regions: 6 }, ['pixels', 'regions', 'pixels.next', 'project1.weight', 'norm.beta']],
  [
    'skd.holistic',
    { size: 'label', width: 4 },
    ['norm.gamma', 'layer0.weight', 'layer0.u', 'attention2.gamma', 'last.weight'],
  ],
];
let data: JobData;
let teacher: string;

function jobIn(name: string, terms: object[], network: string, steps: number): TrainJob {
  const parsed = recipe.parse({
    version: 1,
    name: 'tiny',
    data: {},
    student: { network: { id: network, options: small } },
    methods: [{ method: 'ce', weight: 1 }, ...terms],
    schedule: { steps },
    batch: 2,
    crop: [32, 40],
    evaluation: { every: 0 },
    checkpoint: { every: 2 },
  });
  return {
    kind: 'train',
    folder: path.join(root, name),
    recipe: parsed,
    data,
    evaluation: null,
    teacher,
    engine: 'auto',
  };
}

beforeAll(async () => {
  data = tinyData(path.join(root, 'data'));
  await startWorker({ ...jobIn('teacher', [], 'espnet', 2), teacher: null }).ended;
  teacher = path.join(root, 'teacher', 'model.safetensors');
}, 180_000);

test.each(methods)(
  '%s: what it has of its own learns, and is resumed to the same bits',
  async (method, params, arrays) => {
    const terms = [{ method, weight: 0.1, params }];
    const whole = await startWorker(jobIn(`${method}-whole`, terms, 'espnet-c', STEPS)).ended;
    expect(those(whole, 'failed')).toEqual([]);

    const killed = jobIn(`${method}-killed`, terms, 'espnet-c', STEPS);
    await startWorker(killed, (message, worker) => {
      if (message.type === 'steps' && message.metrics.some(({ step }) => step >= 3)) worker.child.kill('SIGKILL');
    }).ended;
    const resumed = await startWorker(killed).ended;
    expect(those(resumed, 'started')[0].resumedFrom).toBeGreaterThan(0);
    expect(those(resumed, 'trained')[0].weightsSha256).toBe(those(whole, 'trained')[0].weightsSha256);

    const at = async (step: number) => {
      const file = path.join(killed.folder, 'checkpoints', `step-${step}.safetensors`);
      const { tensors } = await readSafetensors(file);
      return new Map([...tensors].filter(([name]) => name.includes(method)));
    };
    const [before, after] = [await at(STEPS - 2), await at(STEPS)];
    for (const name of arrays) {
      const found = [...after.keys()].find((key) => key.endsWith(`${method}.${name}`));
      expect(found, `${name} of ${[...after.keys()].join(', ')}`).toBeDefined();
      expect(after.get(found!), name).not.toEqual(before.get(found!));
    }
  },
);
