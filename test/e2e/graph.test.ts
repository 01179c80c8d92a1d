/** Networks as graphs in Models: blocks that open, taps, a search, two beside each other, and an imported one. */
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildNetwork } from '../../src-main/networks/registry.ts';
import { decodeOnnx, encodeOnnx } from '../../src-main/weights/onnx/proto.ts';
import { writeOnnx } from '../../src-main/weights/onnx/write.ts';
import { cardOf, someWeights } from '../unit/weights/onnx/run.ts';
import { keepShot, ROOT, Scratch, startApp, type Window, willChoose } from './app.ts';

const scratch = new Scratch();
let window: Window;

beforeAll(async () => {
  window = await startApp(scratch);
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);
const pane = (side: 'left' | 'right') => byId(`graph-${side}`);
const box = (side: 'left' | 'right', id: string) => pane(side).locator(`[data-box="${id}"]`);

async function choose(field: string, option: string): Promise<void> {
  await byId(field).click();
  await byId(field).fill(option);
  await page().getByRole('option', { name: option, exact: true }).click();
}

test('draws the network of a model, with its taps', async () => {
  await willChoose(window.app, scratch.path('project'));
  await page().keyboard.press('Control+Shift+N');
  await byId('nav-models').click();
  await willChoose(window.app, path.join(ROOT, 'resources/sample-teacher.safetensors'));
  await page().keyboard.press('Control+i');
  await byId('models-table').getByText('Sample teacher').first().waitFor();
  await page().keyboard.press('g');
  await box('left', 'level1/').waitFor();
  await keepShot(page(), 'graph');
  await byId('graph-fit').click();
  await expect.poll(() => byId('graph-taps-left').textContent()).toContain('level3');
  // What the taps are called stands in the boxes that they are in
  await expect.poll(() => pane('left').locator('.graph-tap', { hasText: 'tap level1' }).count()).toBe(1);
});

test('a block opens to its parts and closes again, by pointer and by keys', async () => {
  await box('left', 'down2/').click();
  await expect.poll(() => box('left', 'down2/').getAttribute('aria-expanded')).toBe('true');
  await box('left', 'down2.norm').waitFor();
  await expect.poll(() => byId('graph-box-facts').textContent()).toContain('a block');
  await box('left', 'down2/').focus();
  await page().keyboard.press('Enter');
  await expect.poll(() => box('left', 'down2/').getAttribute('aria-expanded')).toBe('false');
  await page().keyboard.press('ArrowDown');
  const reached = await page().evaluate(() => document.activeElement?.getAttribute('data-box'));
  expect(reached).not.toBe('down2/');
  expect(await box('left', reached!).count()).toBe(1);
});

test('a node that lies in closed blocks is found by its name', async () => {
  await page().keyboard.press('/');
  await byId('graph-search').fill('level3.1.dilated8');
  await page().getByRole('option', { name: 'level3.1.dilated8', exact: true }).click();
  await box('left', 'level3.1.dilated8').waitFor();
  await expect.poll(() => byId('graph-box-facts').textContent()).toMatch(/dilation 8/);
  expect(await box('left', 'level3.1.dilated8').isVisible()).toBe(true);
});

test('two networks at one scale, with what differs', async () => {
  await choose('graph-subject-right', 'pspnet-r18');
  await box('right', 'stage3').or(box('right', 'stage3/')).first().waitFor();
  const differences = byId('graph-differences');
  // 255 247 parameters, and pspnet-r18’s 12.6 million: nearly fifty times as many
  await expect
    .poll(() => differences.locator('tr', { hasText: 'Parameters' }).textContent())
    .toMatch(/255.247.*49\.5$/);
  await byId('graph-fit').click();
  const scales = () =>
    page().evaluate(() =>
      [...document.querySelectorAll('.react-flow__viewport')].map(
        (one) => getComputedStyle(one).transform.split(',')[0],
      ),
    );
  await expect.poll(async () => new Set(await scales()).size).toBe(1);
  expect(await scales()).toHaveLength(2);
  // Its options: a backbone half as wide leaves less than a third of the parameters
  await byId('graph-right-width').fill('0.5');
  await page().keyboard.press('Enter');
  await expect
    .poll(() => differences.locator('tr', { hasText: 'Parameters' }).textContent(), { timeout: 30_000 })
    .toMatch(/255.247.*15\.0$/);
  await byId('graph-right-stride').click();
  await page().getByRole('option', { name: '16', exact: true }).click();
  await expect
    .poll(() => differences.locator('tr', { hasText: 'Logits' }).textContent(), { timeout: 30_000 })
    .toContain('1/16');
  // Keys are commands again
  await byId('graph-right-stride').blur();
  await keepShot(page(), 'graph-compare');
  await page().emulateMedia({ colorScheme: 'dark' });
  await keepShot(page(), 'graph-compare-dark');
  await page().emulateMedia({ colorScheme: 'light' });
});

test('an ONNX model that became a graph is drawn too', async () => {
  const graph = buildNetwork({ id: 'bisenetv2', options: {} }, 1);
  const file = scratch.path('strange.onnx');
  const model = decodeOnnx(writeOnnx(graph, someWeights(graph), cardOf(graph), [64, 96]), file);
  // Without our card it is anybody’s
  writeFileSync(file, encodeOnnx({ ...model, metadataProps: [] }));
  await page().keyboard.press('t');
  await willChoose(window.app, file);
  await page().keyboard.press('Control+i');
  // Nobody knows its classes and preprocessing
  await byId('card-keep').click();
  await byId('card-form').waitFor({ state: 'hidden' });
  await byId('models-table').getByText('strange').first().click();
  await page().keyboard.press('g');
  await byId('graph-fit').click();
  await pane('left').locator('[data-box^="stage3"]').first().waitFor();
  await choose('graph-subject-right', 'Sample teacher');
  await box('right', 'level1/').waitFor();
  await keepShot(page(), 'graph-onnx');
});
