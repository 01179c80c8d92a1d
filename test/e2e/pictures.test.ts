/** What the window looks like, held against pictures that are kept. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDatabase } from '../../src-main/store/database.ts';
import { openEmbedding, saveFeatures, saveProjection } from '../../src-main/store/embeddings.ts';
import { eventually } from './annotate-driver.ts';
import { Scratch, startApp, type Window, willChoose } from './app.ts';
import { Browser, browseProject, type Made } from './browse-driver.ts';
import { placeOf } from './compare-driver.ts';
import { expectPicture, steady } from './reference.ts';

const scratch = new Scratch();
let window: Window;
let made: Made[];
/** The image that is drawn on. */
let item: Made;

beforeAll(async () => {
  const project = await browseProject(scratch);
  made = project.made;
  item = made.find(({ labelled, width }) => labelled && width === 96)!;
  addMap(project.folder);
  window = await startApp(scratch, [project.folder]);
  await window.page.getByTestId('grid').waitFor();
  await steady(window.page);
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

const page = () => window.page;
const byId = (id: string) => page().getByTestId(id);
const press = (key: string) => page().keyboard.press(key);

/** A map whose points are put here, not computed: on a spiral. */
function addMap(folder: string): void {
  const database = openDatabase(`${folder}/project.sqlite`);
  const rows = database.prepare('SELECT id, hash FROM items WHERE dataset = 1 ORDER BY key').all();
  const items = rows as { id: number; hash: string }[];
  const embedding = openEmbedding(database, { model: 1, dataset: 1, tap: 'level3', weights: 'student' });
  const features = items.map(({ id }) => ({ item: id, vector: Float32Array.of(1, 0), classes: [] }));
  const stamps = new Map(items.map(({ id, hash }) => [id, { hash, edited: '' }]));
  saveFeatures(database, embedding, features, stamps, { tapChannels: 2, engine: 'cpu' });
  const points = Float32Array.from({ length: 2 * items.length }, (_, i) => {
    const at = Math.floor(i / 2);
    return at * (i % 2 === 0 ? Math.cos(at / 2) : Math.sin(at / 2));
  });
  saveProjection(database, embedding, 'umap', { items: Int32Array.from(items, ({ id }) => id), points });
  database.close();
}

test('Browse: the grid, the image at large, and the map', async () => {
  const sorted = [...made].sort((a, b) => (a.key < b.key ? -1 : 1));
  await new Browser(page()).shows(sorted);
  await eventually(() => page().locator('.view img').evaluateAll(allLoaded)).toBe(true);
  await page().mouse.move(2, 2);
  await expectPicture(page().locator('.view'), 'browse-grid', 'window');
  await byId('mode-map').click();
  await byId('map-points').waitFor();
  await page().mouse.move(2, 2);
  await expectPicture(page().locator('.view'), 'browse-map', 'window');
  await byId('mode-grid').click();
  await byId(`item-${item.key}`).click();
  await settled('viewer');
  await expectPicture(page().locator('.view'), 'browse-viewer', 'window');
  await press('Escape');
});

test('Annotate: brush, eraser, an instance that is chosen, a polygon that is begun', async () => {
  await byId(`item-${item.key}`).focus();
  await press('e');
  await settled('annotate');
  await choose('b', 3);
  await byId('brush-shape').getByText('Round').click();
  await byId('brush-size').fill('7');
  await drag([10, 10], [40, 30], [20, 45]);
  await choose('e');
  await byId('brush-shape').getByText('Square').click();
  await byId('brush-size').fill('5');
  await drag([50, 5], [50, 40]);
  await choose('p', 5);
  await click([60, 10], [85, 15], [75, 40]);
  await press('Enter');
  await choose('v');
  await click([73, 20]);
  await eventually(() => byId('selection').innerText()).toContain('Instance 1');
  await expectPicture(byId('stage'), 'annotate-instance', 'canvas');
  await choose('p', 1);
  await click([30, 20], [60, 25], [55, 50]);
  await move([20, 40]);
  await expectPicture(page().locator('.view'), 'annotate-polygon', 'window');
  await press('Escape');
  await choose('b', 2);
  await press('c');
  await press('=');
  // Beside the image: the brush's outline would come and go with the pointer.
  await page().mouse.move(2, 2);
  await expectPicture(byId('stage'), 'annotate-contours', 'canvas');
});

test('with 150 classes of long names the line that says whether all is saved stays whole', async () => {
  await byId('nav-browse').click();
  await byId('dataset').click();
  await page().getByRole('option', { name: 'many' }).click();
  await byId('item-train/long_0').focus();
  await press('e');
  await settled('annotate');
  await eventually(() => byId('paint-0').innerText()).toContain('%');
  const height = async (of: string) => (await page().locator(of).first().boundingBox())!.height;
  expect(await height('.annotate-foot')).toBe(28);
  expect(await height('.paint-choose > .quiet')).toBe(20);
  expect(await height('[data-testid="history"]')).toBeGreaterThanOrEqual(120);
});

test('the wizard of a data set, with its examples', async () => {
  await willChoose(window.app, scratch.path('streets'));
  await press('Control+o');
  await byId('example-11').waitFor({ timeout: 60_000 });
  await eventually(() => page().locator('[data-testid^="example-"] img').evaluateAll(allLoaded)).toBe(true);
  await page().mouse.move(2, 2);
  await expectPicture(page().getByRole('dialog'), 'wizard', 'window');
});

const allLoaded = (images: Element[]) =>
  images.every((image) => (image as HTMLImageElement).complete && (image as HTMLImageElement).naturalWidth > 0);

type Place = [x: number, y: number];

async function move(at: Place): Promise<void> {
  const { x, y } = await placeOf(page(), 'annotate', item, { x: at[0], y: at[1] });
  await page().mouse.move(x, y);
}

async function click(...places: Place[]): Promise<void> {
  for (const place of places) {
    await move(place);
    await page().mouse.down();
    await page().mouse.up();
  }
}

async function drag(first: Place, ...rest: Place[]): Promise<void> {
  await move(first);
  await page().mouse.down();
  for (const place of rest) await move(place);
  await page().mouse.up();
}

/** Chooses tool and class by their keys. */
async function choose(tool: string, label?: number): Promise<void> {
  await byId('pane-annotate').focus();
  await press(tool);
  if (label !== undefined) await press(String(label + 1));
}

/** Waits until a pane shows its image. */
async function settled(pane: string): Promise<void> {
  await eventually(() => byId(`pane-${pane}`).getAttribute('aria-busy')).toBeNull();
  await eventually(() => page().locator('.stage > canvas').first().getAttribute('data-renderer')).toBeTruthy();
}
