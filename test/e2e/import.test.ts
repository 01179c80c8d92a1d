/** A folder is looked at before anything of it is imported: one way through the dialog for every layout. */
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SMALL } from '../unit/datasets/small.ts';
import { type SmallDataset, WIDTH } from '../unit/datasets/small-parts.ts';
import { keepShot, Scratch, startApp, type Window, willChoose } from './app.ts';

const scratch = new Scratch();
let window: Window;

beforeAll(async () => {
  window = await startApp(scratch);
  await window.page.getByTestId('start-dataset').waitFor();
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

/** Waits until it is so: what the host reads may take its time on a busy machine. */
const poll = <T>(what: () => Promise<T>) => expect.poll(what, { timeout: 20_000 });

const byId = (id: string) => window.page.getByTestId(id);

function write(name: string, files: SmallDataset['files']): string {
  const root = scratch.path('data', name);
  for (const [relative, data] of Object.entries(files)) {
    const file = path.join(root, relative);
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, data);
  }
  return root;
}

/** The colour and opacity (0–255) that lie over an example at a quarter and at three quarters of its width. */
function overlay(index: number): Promise<number[][]> {
  return byId(`example-${index}`)
    .locator('canvas')
    .evaluate((element) => {
      const canvas = element as HTMLCanvasElement;
      const context = canvas.getContext('2d')!;
      return [0.25, 0.75].map((x) => [...context.getImageData(canvas.width * x, canvas.height / 2, 1, 1).data]);
    });
}

async function openFolder(folder: string, ...more: string[]): Promise<void> {
  await willChoose(window.app, folder, ...more);
  await window.page.keyboard.press('Control+o');
}

test('without a project one is made only when the import is wanted, and cancelling writes nothing', async () => {
  const small = SMALL.find((one) => one.layout === 'camvid')!;
  const root = write('first', small.files);
  await willChoose(window.app, root);
  await byId('start-dataset').click();
  await byId('example-0').waitFor();
  await byId('import-cancel').click();
  await byId('import-start').waitFor({ state: 'hidden' });
  expect(readdirSync(scratch.folder)).not.toContain('project');
  await openFolder(root, scratch.path('project'));
  await byId('import-name').fill('My own name');
  await byId('import-start').click();
  await poll(() => byId('item-count').textContent()).toBe('3 images');
  expect(readdirSync(scratch.path('project'))).toContain('project.sqlite');
});

test.each(SMALL.map((one) => [one.title, one] as const))('%s', async (_, small) => {
  const { page } = window;
  await openFolder(write(small.layout, small.files));
  if (small.chosen) {
    await byId('import-layout').click();
    await page.getByRole('option', { name: small.title }).click();
  }
  await poll(() => byId('import-layout').inputValue()).toBe(small.title);
  const rows = (await byId('import-splits').locator('tbody tr').allInnerTexts()).map((row) => row.split(/\s+/));
  expect(rows.slice(0, -1).map(([name, items]) => [name, Number(items)])).toEqual(Object.entries(small.splits));
  expect(rows.at(-1)).toEqual(['All', String(small.items), String(small.labelled)]);
  const classes = byId('import-classes').locator('button');
  expect(await classes.count()).toBe(small.classes);
  for (const { name, color } of small.halves) {
    const row = classes.filter({ hasText: new RegExp(`^\\d+${name}`) });
    expect(await row.innerText()).toContain('50.0 %');
    const shown = await row.locator('.swatch').evaluate((one) => getComputedStyle(one).backgroundColor);
    expect(shown).toBe(`rgb(${color.join(', ')})`);
  }
  expect(await byId('import-problems').innerText()).toContain('No problems');
  expect(await page.locator('.example img').count()).toBe(small.items);
  const labelled = page.locator('.example canvas');
  expect(await labelled.count()).toBe(small.labelled);
  const first = Number(
    (await labelled.first().locator('xpath=ancestor::figure').getAttribute('data-testid'))!.slice(8),
  );
  await poll(() => overlay(first)).toHaveLength(2);
  await poll(async () => (await overlay(first)).map(([, , , alpha]) => alpha)).toEqual([
    Math.round(0.6 * 255),
    Math.round(0.6 * 255),
  ]);
  const drawn = await overlay(first);
  for (const [side, { color }] of small.halves.entries()) {
    // Colours lose a little where they are kept multiplied by their opacity.
    for (const [i, part] of color.entries()) expect(Math.abs(drawn[side][i] - part)).toBeLessThanOrEqual(1);
  }
  const size = await page
    .locator('.example img')
    .first()
    .evaluate((image) => (image as HTMLImageElement).naturalWidth);
  expect(size).toBe(WIDTH);
  await byId('import-name').fill(`As ${small.layout}`);
  await keepShot(page, `import-${small.layout}`);
  await byId('import-start').click();
  await byId('import-start').waitFor({ state: 'hidden' });
  const chosen = page.locator('input[aria-label="Data set"]');
  await poll(() => chosen.inputValue()).toBe(`As ${small.layout}`);
  await poll(() => byId('item-count').textContent()).toBe(`${small.items} images`);
});

test('of a folder that no layout fits it is told what was looked for, and the user can say what it holds', async () => {
  const { page } = window;
  const plain = SMALL.find((one) => one.layout === 'plain')!;
  const files = Object.entries(plain.files).filter(([file]) => file !== 'classes.txt');
  const moved = files.map(([file, data]) => [file.replace('images/', 'photos/').replace('labels/', 'masks/'), data]);
  await openFolder(write('strange', Object.fromEntries(moved)));
  const strange = byId('import-strange');
  await strange.getByText('holds masks/, photos/').waitFor();
  for (const title of SMALL.map((one) => one.title)) {
    expect(await strange.getByRole('cell', { name: title, exact: true }).count()).toBe(1);
  }
  expect(await byId('import-read').isDisabled()).toBe(true);
  await byId('import-images').click();
  await page.getByRole('option', { name: 'photos (2)' }).click();
  await byId('import-labels').click();
  await page.getByRole('option', { name: 'masks (1)' }).click();
  await byId('import-class-list').fill('left\nleft');
  await strange.getByText('“left” stands there twice.').waitFor();
  await byId('import-class-list').fill('left\nright');
  await keepShot(page, 'import-strange');
  await byId('import-read').click();
  await byId('example-0').locator('canvas').waitFor();
  expect(await byId('import-classes').innerText()).toMatch(/left\s+50\.0 %/);
  await page.getByRole('button', { name: 'Back' }).click();
  expect(await byId('import-class-list').inputValue()).toBe('left\nright');
  await byId('import-read').click();
  await byId('import-start').click();
  await poll(() => byId('item-count').textContent()).toBe('2 images');
});

test('classes can be given other names and colours, which stay', async () => {
  const { page } = window;
  const root = write('renamed', SMALL.find((one) => one.layout === 'camvid')!.files);
  await openFolder(root);
  await byId('import-edit-classes').click();
  await byId('import-rename-0').fill('Road');
  await byId('import-dialog').getByText('Two classes are called “Road”.').waitFor();
  expect(await byId('import-start').isDisabled()).toBe(true);
  await byId('import-rename-0').fill('Heaven ');
  await byId('import-color-0').fill('#ff0000');
  await poll(async () => (await overlay(0))[0].slice(0, 3)).toEqual([255, 0, 0]);
  await keepShot(page, 'import-renamed');
  await byId('import-start').click();
  await byId('import-start').waitFor({ state: 'hidden' });
  await openFolder(root);
  await poll(() => byId('import-class-0').innerText()).toMatch(/Heaven/);
  expect(await byId('import-start').innerText()).toBe('Import again');
  await byId('import-cancel').click();
});

test('problems stand there with their paths, and a data set near by is one click away', async () => {
  const small = SMALL.find((one) => one.layout === 'voc')!;
  const list = { 'VOC2012/ImageSets/Segmentation/val.txt': '2007_000003\n2007_000009\n' };
  const inner = Object.entries(small.files).map(([file, data]) => [`VOC2012/${file}`, data]);
  await openFolder(write('VOCdevkit', { ...Object.fromEntries(inner), ...list }));
  await byId('import-near').click();
  const problems = byId('import-problems');
  await problems.getByText('1 problem').waitFor();
  expect(await problems.innerText()).toContain('ImageSets/Segmentation/val.txt names 2007_000009');
  await window.page.keyboard.press('Escape');
  await problems.waitFor({ state: 'hidden' });
});

test('a folder that cannot be read at all is refused in words, and another one can be chosen', async () => {
  const small = SMALL.find((one) => one.layout === 'camvid')!;
  await openFolder(scratch.path('data', 'gone'), write('again', small.files));
  await byId('refusal').getByText('it is not there').waitFor();
  await window.page.getByRole('button', { name: 'Another folder…' }).click();
  await byId('example-0').waitFor();
  await byId('import-cancel').click();
});
