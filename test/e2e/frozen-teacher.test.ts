/** A teacher that only ONNX Runtime can run: imported, evaluated, learnt from by its inner values, and looked at. */
import { copyFileSync, existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSample, SAMPLE_CLASSES } from '../../src-main/datasets/sample.ts';
import { keepShot, ROOT, Scratch, startApp, stillroom, type Window } from './app.ts';
import { settled } from './compare-driver.ts';

const GOLDEN = path.join(ROOT, 'test/unit/weights/onnx/golden/teacher-any.onnx');
const TAPS = ['/network/Relu_output_0', '/network/Einsum_1_output_0'];

const scratch = new Scratch();
const project = scratch.path('project');
const teacher = scratch.path('flow-teacher.onnx');
let dataset: string;
let window: Window | null = null;

beforeAll(async () => {
  dataset = await makeSample(scratch.path('sample'), { train: 4, val: 2 });
  copyFileSync(GOLDEN, teacher);
  const preprocessing = { channels: 'rgb', mean: [128, 128, 128], std: [64, 64, 64], scale: 1 };
  writeFileSync(scratch.path('flow-teacher.card.json'), JSON.stringify({ classes: SAMPLE_CLASSES, preprocessing }));
});
afterAll(async () => {
  await window?.app.close().catch(() => {});
  scratch.remove();
});

async function run(...args: string[]) {
  const ended = await stillroom(scratch, ...args);
  expect(ended.code, ended.stderr).toBe(0);
  return ended;
}

test('is evaluated by the command line, which names what has no place in a graph', async () => {
  const alone = await run('evaluate', '--model', teacher, '--data', dataset, '--json');
  expect(alone.stderr).toMatch(/GridSample \(GridSample\).*ONNX Runtime runs it as it is/s);
  const kept = await run('evaluate', '--model', teacher, '--data', dataset, '--project', project, '--json');
  const [one, other] = [alone, kept].map(
    ({ stdout }) => JSON.parse(stdout) as { images: number; pixelAccuracy: number },
  );
  expect(one.images).toBe(2);
  expect(other.pixelAccuracy).toBe(one.pixelAccuracy);
  const files = readdirSync(path.join(project, 'models')).filter((name) => name.endsWith('.onnx'));
  expect(files).toHaveLength(1);
});

test('teaches by its logits and by inner values', async () => {
  const recipe = {
    version: 1,
    name: 'from ONNX Runtime',
    data: {},
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } } },
    methods: [
      { method: 'ce', weight: 1 },
      { method: 'kd', weight: 1 },
      { method: 'dsd.psd', weight: 1, taps: { student: ['level1', 'level2'], teacher: TAPS } },
    ],
    schedule: { steps: 3 },
    batch: 2,
    crop: [64, 96],
  };
  const file = scratch.path('recipe.json');
  writeFileSync(file, JSON.stringify(recipe));
  await run('run', file, '--data', dataset, '--teacher', teacher, '--project', project);
  const [made] = readdirSync(path.join(project, 'runs'));
  expect(existsSync(path.join(project, 'runs', made, 'model.safetensors'))).toBe(true);
});

test('is looked at beside its student, and its card says who runs it', async () => {
  window = await startApp(scratch, [project]);
  const { page } = window;
  await page.getByTestId('nav-models').click();
  await page.getByTestId('models-table').getByText('flow-teacher').first().click();
  await expect.poll(() => page.getByTestId('model-card').textContent()).toContain('ONNX Runtime');
  await keepShot(page, 'frozen-model');
  await page.getByTestId('nav-compare').click();
  await settled(page);
  await keepShot(page, 'frozen-compare');
});
