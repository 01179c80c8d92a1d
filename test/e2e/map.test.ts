/** Images by how a model sees them: on a map with a lasso, near-duplicates, unusual labels. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Bridge } from '../../src-main/contract/window.ts';
import { keepShot, Scratch, startApp, type Window } from './app.ts';

const IMAGES = 208;

const scratch = new Scratch();
let window: Window;

beforeAll(async () => {
  window = await startApp(scratch);
  await window.page.getByTestId('start-sample').click();
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);

interface Place {
  item: number;
  x: number;
  y: number;
}

/** Where each image's point lies in the window, worked out from what the host answers: the map fits into the pane. */
async function places(method: 'umap' | 'tsne'): Promise<Place[]> {
  const box = (await byId('map-points').boundingBox())!;
  const numbers = await page().evaluate(async (address) => {
    const bytes = await (await fetch(address)).arrayBuffer();
    const count = bytes.byteLength / 12;
    return { items: [...new Int32Array(bytes, 0, count)], points: [...new Float32Array(bytes, 4 * count)] };
  }, `/data/projections/1/${method}`);
  const axis = (odd: number) => numbers.points.filter((_, i) => i % 2 === odd);
  const [xs, ys] = [axis(0), axis(1)];
  const middle = (values: number[]) => (Math.min(...values) + Math.max(...values)) / 2;
  const span = Math.max(...[xs, ys].map((values) => Math.max(...values) - Math.min(...values)));
  // 920 of the square's 1000 units, in the smaller side of the pane.
  const scale = (0.92 * Math.min(box.width, box.height)) / span;
  return numbers.items.map((item, i) => ({
    item,
    x: box.x + box.width / 2 + (xs[i] - middle(xs)) * scale,
    y: box.y + box.height / 2 + (ys[i] - middle(ys)) * scale,
  }));
}

/** A line near the middle that no point is close to: the middle of the widest gap. */
function gapIn(values: number[]): number {
  const sorted = values.sort((a, b) => a - b).slice(values.length / 4, (3 * values.length) / 4);
  let best = 1;
  for (let i = 2; i < sorted.length; i++) if (sorted[i] - sorted[i - 1] > sorted[best] - sorted[best - 1]) best = i;
  return (sorted[best] + sorted[best - 1]) / 2;
}

/** Draws with the button held, through the corners. */
async function draw(...corners: [number, number][]): Promise<void> {
  await page().mouse.move(...corners[0]);
  await page().mouse.down();
  for (const corner of corners.slice(1)) await page().mouse.move(...corner, { steps: 4 });
  await page().mouse.up();
}

const keyOf = (item: number) =>
  page().evaluate(async (id) => {
    const { stillroom } = globalThis as unknown as { stillroom: Bridge };
    const reply = await stillroom.request('items.get', { item: id });
    return reply.ok ? (reply.answer as { key: string }).key : '';
  }, item);

test('says what to do first, computes the features, and lays out the map', async () => {
  await expect.poll(() => byId('item-count').textContent(), { timeout: 200_000 }).toBe(`${IMAGES} images`);
  await page().keyboard.press('m');
  await byId('empty').getByText('No features by Sample teacher yet').waitFor();
  await expect.poll(() => byId('map-tap').inputValue()).toBe('level3');
  await keepShot(page(), 'map-empty');
  await byId('map-compute').click();
  await byId('map-progress').waitFor();
  await keepShot(page(), 'map-computing');
  await byId('map-points').waitFor({ timeout: 200_000 });
  await page().waitForTimeout(300);
  await keepShot(page(), 'map');
  expect(await byId('map-legend').innerText()).toMatch(/train\s+160\s+val\s+48/);
});

test('a lasso chooses the images inside, and the grid shows them alone', async () => {
  const all = await places('umap');
  const box = (await byId('map-points').boundingBox())!;
  const line = gapIn(all.map(({ x }) => x));
  const left = all.filter(({ x }) => x < line);
  const [top, bottom] = [box.y + 2, box.y + box.height - 2];
  await draw([box.x + 2, top], [line, top], [line, bottom], [box.x + 2, bottom]);
  await expect.poll(() => byId('selection-count').textContent()).toBe(`${left.length} chosen`);
  await keepShot(page(), 'map-lasso');
  await byId('selection-only').click();
  await expect.poll(() => byId('item-count').textContent()).toBe(`${left.length} images`);
  await byId('grid').waitFor();
  const keys = new Set(await Promise.all(left.map(({ item }) => keyOf(item))));
  const shown = await byId('grid')
    .getByRole('gridcell')
    .evaluateAll((cells) => cells.map((cell) => cell.ariaLabel));
  expect(shown.length).toBeGreaterThan(5);
  expect(shown.every((key) => keys.has(key ?? ''))).toBe(true);
});

test('under a filter the others fade; Shift adds to what is chosen; Escape lets go', async () => {
  await byId('mode-map').click();
  await byId('map-points').waitFor();
  await page().waitForTimeout(300);
  await keepShot(page(), 'map-filtered');
  await byId('filters-clear').click();
  const all = await places('umap');
  const box = (await byId('map-points').boundingBox())!;
  const line = gapIn(all.map(({ x }) => x));
  const [top, bottom, right] = [box.y + 2, box.y + box.height - 2, box.x + box.width - 60];
  await page().keyboard.down('Shift');
  await draw([line, top], [right, top], [right, bottom], [line, bottom]);
  await page().keyboard.up('Shift');
  await expect.poll(() => byId('selection-count').textContent()).toBe(`${IMAGES} chosen`);
  await page().keyboard.press('Escape');
  await expect.poll(() => byId('selection').count()).toBe(0);
});

test('the pointer shows the image of a point, a click opens it', async () => {
  const all = await places('umap');
  // The point that lies most alone: no other could be meant.
  const apart = (one: Place) =>
    Math.min(...all.filter((other) => other !== one).map((other) => Math.hypot(one.x - other.x, one.y - other.y)));
  const alone = all.reduce((best, one) => (apart(one) > apart(best) ? one : best));
  await page().mouse.move(alone.x + 1, alone.y);
  const key = await keyOf(alone.item);
  await expect.poll(() => byId('map-card').innerText()).toContain(key);
  await keepShot(page(), 'map-hover');
  await page().mouse.click(alone.x + 1, alone.y);
  await expect.poll(() => byId('viewer-key').textContent()).toBe(key);
  await page().keyboard.press('Escape');
  await byId('map-points').waitFor();
});

test('zooms at the pointer and back, by wheel and by key', async () => {
  const all = await places('umap');
  const box = (await byId('map-points').boundingBox())!;
  const target = all[0];
  await page().mouse.move(target.x, target.y);
  await page().mouse.wheel(0, -1200);
  await page().waitForTimeout(300);
  // What is under the pointer stays there.
  await expect.poll(() => byId('map-card').innerText()).toContain(await keyOf(target.item));
  await byId('map-points').focus();
  const inView = async () => {
    await page().keyboard.press('Space');
    return Number.parseInt((await byId('selection-count').textContent())!, 10);
  };
  // The map may take a while to draw what the wheel said.
  await expect.poll(inView).toBeLessThan(IMAGES);
  expect(await inView()).toBeGreaterThan(0);
  await page().keyboard.press('0');
  await page().keyboard.press('Space');
  await expect.poll(() => byId('selection-count').textContent()).toBe(`${IMAGES} chosen`);
  await page().keyboard.press('Escape');
  expect(box.width).toBeGreaterThan(500);
});

test('colours by class, and makes a t-SNE map when asked for', async () => {
  await byId('map-colour').click();
  await page().getByRole('option', { name: 'Largest class' }).click();
  await expect.poll(() => byId('map-legend').innerText()).toMatch(/building\s+\d+/);
  await keepShot(page(), 'map-classes');
  await byId('map-method').getByText('t-SNE').click();
  await byId('map-make').click();
  await byId('map-points').waitFor({ timeout: 100_000 });
  await page().waitForTimeout(300);
  await keepShot(page(), 'map-tsne');
  expect(await places('tsne')).toHaveLength(IMAGES);
  await page().emulateMedia({ colorScheme: 'dark' });
  await page().waitForTimeout(300);
  await keepShot(page(), 'map-dark');
  await page().emulateMedia({ colorScheme: 'light' });
});

test('near-duplicates stand together; all but the first are tagged', async () => {
  await page().keyboard.press('n');
  await byId('duplicates-count').waitFor({ timeout: 60_000 });
  const group = byId('duplicate-group').first();
  await keepShot(page(), 'duplicates');
  const size = await group.locator('img').count();
  expect(size).toBeGreaterThan(1);
  await page().keyboard.press('l');
  await expect.poll(() => group.locator('.thumbnail-labels').count()).toBe(size);
  await keepShot(page(), 'duplicates-labels');
  await page().keyboard.press('l');
  await group.locator('.thumbnail-labels').first().waitFor({ state: 'detached' });
  await group.getByTestId('duplicates-choose-rest').click();
  await expect.poll(() => byId('selection-count').textContent()).toBe(`${size - 1} chosen`);
  await page().keyboard.press('t');
  await byId('tag-name').fill('copy');
  await byId('tag-put').click();
  await byId('tag-remove-copy').waitFor();
  await page().keyboard.press('Escape');
  await page().keyboard.press('Escape');
  await byId('mode-map').click();
  await byId('map-colour').click();
  await page().getByRole('option', { name: 'Tag copy' }).click();
  await expect.poll(() => byId('map-legend').innerText()).toMatch(new RegExp(`copy\\s+${size - 1}`));
});

test('unusual labels say why, and open', async () => {
  await byId('mode-outliers').click();
  await byId('outliers-count').waitFor({ timeout: 60_000 });
  await keepShot(page(), 'outliers');
  const first = byId('outlier').first();
  await byId('labels-toggle').click();
  await first.locator('.thumbnail-labels').waitFor();
  await keepShot(page(), 'outliers-labels');
  await byId('labels-toggle').click();
  expect(await first.innerText()).toMatch(/Looks (more|un)/);
  const scores = (await byId('outlier').locator('.number').allTextContents()).map(Number);
  expect(scores).toEqual([...scores].sort((a, b) => b - a));
  expect(scores.at(-1)).toBeGreaterThanOrEqual(3.5);
  await first.getByTestId('outlier-open').click();
  await byId('viewer-key').waitFor();
  await page().keyboard.press('Escape');
});

test('removes the features when told twice, and begins anew', async () => {
  await byId('map-remove').click();
  await byId('confirm').getByRole('button', { name: 'Remove' }).click();
  await byId('empty').getByText('No features by Sample teacher yet').waitFor();
});
