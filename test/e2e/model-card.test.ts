/** A model whose file does not tell its classes and preprocessing: the app asks, shows, and notes what the user picks. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { makeSample } from '../../src-main/datasets/sample.ts';
import { buildNetwork } from '../../src-main/networks/registry.ts';
import { readModel } from '../../src-main/weights/model-file.ts';
import { decodeOnnx, encodeOnnx } from '../../src-main/weights/onnx/proto.ts';
import { writeOnnx } from '../../src-main/weights/onnx/write.ts';
import { keepShot, ROOT, Scratch, startApp, stillroom, type Window, willChoose } from './app.ts';

const scratch = new Scratch();
const project = scratch.path('project');
const file = scratch.path('strange.onnx');
let window: Window;
let dataset: string;

beforeAll(async () => {
  dataset = await makeSample(scratch.path('street'), { train: 2, val: 3 });
  const imported = await stillroom(scratch, 'import', dataset, '--project', project);
  expect(imported.code, imported.stderr).toBe(0);
  await writeStrange();
  window = await startApp(scratch, [project]);
});
afterAll(async () => {
  await window?.app.close().catch(() => {});
  scratch.remove();
});

const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);

/** The sample's teacher as an ONNX file that wants BGR and says nothing of it. */
async function writeStrange(): Promise<void> {
  const { card, weights } = await readModel(path.join(ROOT, 'resources/sample-teacher.safetensors'));
  const graph = buildNetwork(card.network, card.outputs);
  const model = decodeOnnx(writeOnnx(graph, weights, card, [256, 384]), file);
  const node = model.graph.node.map((one) => ({
    ...one,
    input: one.input.map((name) => (name === 'input' ? 'turned' : name)),
  }));
  const axis = { name: 'axis', type: 2, i: 1 };
  const planes = ['blue', 'green', 'red'];
  const split = { name: 'split', opType: 'Split', input: ['input'], output: planes, attribute: [axis] };
  const join = { name: 'join', opType: 'Concat', input: [...planes].reverse(), output: ['turned'], attribute: [axis] };
  const turned = { ...model.graph, node: [split, join, ...node] };
  writeFileSync(file, encodeOnnx({ ...model, metadataProps: [], graph: turned }));
}

const scores = async () => {
  const texts = await page().locator('[data-testid$="-score"]').allTextContents();
  return texts.map((text) => Number(/mIoU ([\d.]+)/.exec(text)?.[1]));
};

test('asks when it is imported, and shows what each preprocessing leads to', async () => {
  await byId('nav-models').click();
  await willChoose(window.app, file);
  await page().keyboard.press('Control+i');
  await byId('card-form').waitFor({ timeout: 60_000 });
  await byId('card-classes').click();
  await page()
    .getByRole('option', { name: /^the classes of/ })
    .click();
  await expect.poll(async () => (await scores()).length, { timeout: 240_000 }).toBe(6);
  await keepShot(page(), 'model-card');
  await page().emulateMedia({ colorScheme: 'dark' });
  await keepShot(page(), 'model-card-dark');
  await page().emulateMedia({ colorScheme: 'light' });
  const found = await scores();
  // BGR with ImageNet's mean and deviation, as it was written
  expect(found.indexOf(Math.max(...found))).toBe(4);
  expect(await byId('preprocessing-0').getAttribute('aria-checked')).toBe('true');
});

test('what is picked is noted, and is what the model is run with from then on', async () => {
  await byId('preprocessing-4').click();
  await byId('card-save').click();
  await byId('card-form').waitFor({ state: 'hidden' });
  await expect.poll(() => byId('model-card').textContent()).toContain('BGR');
  expect(await byId('model-guessed').count()).toBe(0);
  expect(await byId('model-card').textContent()).toContain('cyclist');
  const evaluated = await stillroom(
    scratch,
    'evaluate',
    '--model',
    'strange',
    '--data',
    dataset,
    '--project',
    project,
    '--json',
  );
  expect(evaluated.code, evaluated.stderr).toBe(0);
  const { mIoU } = JSON.parse(evaluated.stdout) as { mIoU: number };
  expect(mIoU).toBeGreaterThan(0.5);
});

test('its speed on this machine is measured, and goes along when it is exported', async () => {
  await byId('measure-speed').click();
  const told = () => byId('speed').textContent();
  await expect.poll(told, { timeout: 240_000 }).toMatch(/^[\d.]+ ms for a picture of 480 × 360 on cpu \(95 of 100/);
  await keepShot(page(), 'model-speed');
  mkdirSync(scratch.path('out'));
  await byId('export-model').click();
  await willChoose(window.app, scratch.path('out'));
  await byId('export-model-start').click();
  await expect.poll(() => readdirSync(scratch.path('out')), { timeout: 60_000 }).toContain('strange.card.json');
  const card = JSON.parse(readFileSync(scratch.path('out', 'strange.card.json'), 'utf8'));
  expect(card.speed.size).toEqual([360, 480]);
  expect(card.speed.p95Ms).toBeGreaterThanOrEqual(card.speed.medianMs);
});
