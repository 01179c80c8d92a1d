/** Annotations written in another program's format, from the window. */
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { keepShot, Scratch, startApp, type Window, willChoose } from './app.ts';

const scratch = new Scratch();
let window: Window;

beforeAll(async () => {
  window = await startApp(scratch);
  await window.page.getByTestId('start-sample').click();
  await window.page.getByTestId('view-browse').waitFor({ timeout: 120_000 });
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
  await notes.getByText('Label maps tell classes, not objects').waitFor();
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
  await page.getByTestId('models-table').waitFor();
  await page.keyboard.press('Control+e');
  await page.getByTestId('export-model-format').waitFor();
  await keepShot(page, 'export-model');
  await willChoose(app, out);
  await page.getByTestId('export-model-start').click();
  await expect.poll(() => readdirSync(out).length, { timeout: 60_000 }).toBe(3);
  expect(readdirSync(out).map((name) => name.replace(/^.*?\.(?=onnx|card|example)/, ''))).toEqual(
    expect.arrayContaining(['onnx', 'card.json', 'example.py']),
  );
});
