/** Annotations written in another program's format, from the window. */
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { initialWeights } from '../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../src-main/networks/registry.ts';
import { toTorch } from '../../src-main/networks/torch-layout.ts';
import { writeSafetensors } from '../../src-main/weights/safetensors.ts';
import { keepShot, Scratch, startApp, type Window, willChoose } from './app.ts';

const scratch = new Scratch();
let window: Window;

beforeAll(async () => {
  window = await startApp(scratch);
  await window.page.getByTestId('start-sample').click();
  // The sample is made and imported.
  await window.page.getByTestId('grid').waitFor({ timeout: 120_000 });
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

test('what the format cannot hold stands there before the folder is asked for', async () => {
  const { page, app } = window;
  const out = path.join(scratch.folder, 'exported');
  await willChoose(app, out);
  await page.keyboard.press('Control+Shift+P');
  const palette = page.getByPlaceholder('Find a command');
  await palette.fill('Export annotations');
  await palette.press('Enter');
  const notes = page.getByTestId('export-notes');
  await page.getByTestId('export-format').click();
  await page.getByRole('option', { name: 'Cityscapes' }).click();
  await notes.getByText('none of them').waitFor();
  expect(await page.getByTestId('export-start').isDisabled()).toBe(true);
  await page.getByTestId('export-format').click();
  await page.getByRole('option', { name: 'COCO', exact: true }).click();
  await notes.getByText('every connected region of a class becomes an object').waitFor();
  await keepShot(page, 'export');
  await page.getByTestId('export-start').click();
  await expect.poll(() => readdirSync(scratch.folder), { timeout: 60_000 }).toContain('exported');
  expect(readdirSync(path.join(out, 'annotations'))).toEqual(['instances_train.json', 'instances_val.json']);
});

test('a model is written as ONNX from the Models view, with its card and an example beside it', async () => {
  const { page, app } = window;
  const out = path.join(scratch.folder, 'models-out');
  mkdirSync(out);
  await page.getByTestId('nav-models').click();
  await page.getByTestId('models-table').waitFor({ timeout: 120_000 });
  await page.keyboard.press('Control+e');
  await page.getByTestId('export-model-format').waitFor();
  await page.getByTestId('export-model-start').hover();
  await keepShot(page, 'export-model');
  await willChoose(app, out);
  await page.getByTestId('export-model-start').click();
  await expect.poll(() => readdirSync(out).length, { timeout: 60_000 }).toBe(3);
  expect(readdirSync(out).map((name) => name.replace(/^.*?\.(?=onnx|card|example)/, ''))).toEqual(
    expect.arrayContaining(['onnx', 'card.json', 'example.py']),
  );
});

test('a file whose names are others than the network’s is imported once they are named', async () => {
  const { page, app } = window;
  const graph = buildNetwork({ id: 'bisenetv2', options: {} }, 19);
  const weights = initialWeights(graph, 3);
  const tensors = graph.params.map((spec, i) => {
    const data = toTorch(spec, weights.get(spec.name)!);
    return [i === 0 ? 'stem.odd' : spec.torchName, { shape: spec.torchShape, data }] as const;
  });
  const file = path.join(scratch.folder, 'odd.safetensors');
  writeSafetensors(file, new Map(tensors));
  await page.getByTestId('nav-models').click();
  await willChoose(app, file);
  await page.getByTestId('import-model').click();
  const naming = page.getByTestId('naming');
  await naming.getByText('1 are missing').waitFor({ timeout: 60_000 });
  expect(await page.getByTestId('naming-import').isDisabled()).toBe(true);
  await naming.getByPlaceholder('is called …').click();
  await page.getByRole('option', { name: 'stem.odd' }).click();
  await naming.getByText('0 are missing').waitFor({ timeout: 60_000 });
  await keepShot(page, 'import-naming');
  await page.getByTestId('naming-import').click();
  await page.getByTestId('models-table').getByText('odd').waitFor({ timeout: 60_000 });
});
