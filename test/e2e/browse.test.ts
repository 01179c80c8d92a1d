/** Every filter and order of Browse with the user's verbs, against what is counted here. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Annotator } from './annotate-driver.ts';
import { keepShot, Scratch, startApp, type Window } from './app.ts';
import { Browser, browseProject, CLASSES, type Made } from './browse-driver.ts';

const scratch = new Scratch();
let window: Window;
let on: Browser;
let made: Made[];

beforeAll(async () => {
  const project = await browseProject(scratch);
  made = project.made.sort((a, b) => (a.key < b.key ? -1 : 1));
  window = await startApp(scratch, [project.folder]);
  await window.app.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0].setContentSize(1280, 800));
  on = new Browser(window.page);
  await on.byId('grid').waitFor();
  window.page.setDefaultTimeout(10_000);
});
afterAll(async () => {
  await window.app.close().catch(() => {});
  scratch.remove();
});

/** A test that begins with all images. */
function step(name: string, what: () => Promise<void>): void {
  test(name, async () => {
    await on.reset();
    await on.shows(made);
    await what();
  });
}

const share = (item: Made, name: string) => {
  const all = item.pixels.reduce((sum, n) => sum + n, 0);
  return all === 0 ? null : item.pixels[CLASSES.indexOf(name)] / all;
};
const has = (item: Made, name: string) => item.pixels[CLASSES.indexOf(name)] > 0;
/** By a figure; what has none comes last, and those that are equal stand by name. */
const by = (figure: (item: Made) => number | null, descending: boolean) =>
  [...made].sort((a, b) => {
    const [one, other] = [figure(a), figure(b)];
    if (one === other) return a.key < b.key ? -1 : 1;
    if (one === null || other === null) return one === null ? 1 : -1;
    return descending ? other - one : one - other;
  });

step('shows each image’s name under it, whatever its shape', async () => {
  const hidden = await on.page.evaluate(() =>
    [...document.querySelectorAll('.cell-name')].filter(
      (name) =>
        name.getBoundingClientRect().bottom > name.closest('[role="row"]')!.getBoundingClientRect().bottom + 0.5,
    ),
  );
  expect(hidden).toHaveLength(0);
});

step('filters by the name', async () => {
  await on.byId('filter-text').fill('FRAME_1');
  await on.shows(made.filter(({ key }) => key.includes('frame_1')));
  await on.byId('filter-text').fill('nowhere');
  await on.shows([]);
  await keepShot(on.page, 'browse-nothing-fits');
  await on.byId('filter-text').fill('');
});

step('filters by one split and by two', async () => {
  await on.page.locator('[data-index="0"]').focus();
  await on.page.keyboard.press('f');
  await on.byId('filter-kind-split').click();
  await on.byId('split-val').check();
  await on.shows(made.filter(({ split }) => split === 'val'));
  await on.byId('split-test').check();
  await on.shows(made.filter(({ split }) => split !== 'train'));
  await on.closeMenu();
});

step('filters by classes that are present, and takes a chip off again', async () => {
  await on.filter('class');
  await on.byId('class-present-3').check();
  await on.shows(made.filter((item) => has(item, 'car')));
  await on.byId('class-present-5').check();
  await on.shows(made.filter((item) => has(item, 'car') && has(item, 'tree')));
  await on.closeMenu();
  await on
    .byId('chip-class 3')
    .getByRole('button', { name: /Take off/ })
    .click();
  await on.shows(made.filter((item) => has(item, 'tree')));
});

step('filters by the share of a class', async () => {
  await on.filter('share');
  await on.pick('share-class', 'road');
  await on.byId('share-min').fill('10');
  await on.byId('share-max').fill('60');
  await on.apply();
  const between = made.filter((item) => (share(item, 'road') ?? 0) >= 0.1 && (share(item, 'road') ?? 0) <= 0.6);
  expect(between.length).toBeGreaterThan(0);
  await on.shows(between);
  // The chip opens the form with what was set; no least share lets in images without the class.
  await on.byId('chip-share 1').getByText('road').click();
  await on.byId('share-min').fill('');
  await on.apply();
  await on.shows(made.filter((item) => item.labelled && (share(item, 'road') ?? 0) <= 0.6));
});

step('filters by the size of the image', async () => {
  await on.filter('size');
  await on.byId('width-min').fill('90');
  await on.byId('height-max').fill('50');
  await on.apply();
  await on.shows(made.filter(({ width, height }) => width >= 90 && height <= 50));
});

step('filters by labelled or not', async () => {
  await on.filter('labelled');
  await on.byId('labelled-no').click();
  await on.shows(made.filter(({ labelled }) => !labelled));
  await on.filter('labelled');
  await on.byId('labelled-yes').click();
  await on.shows(made.filter(({ labelled }) => labelled));
});

step('filters by what a model reached on the image, and on a class of it', async () => {
  await on.filter('score');
  await on.byId('score-min').fill('20');
  await on.byId('score-max').fill('70');
  await on.apply();
  const evaluated = made.filter(({ split, labelled }) => split === 'train' && labelled);
  await on.shows(evaluated.filter(({ mIoU }) => mIoU >= 0.2 && mIoU <= 0.7));
  await on.byId('filters-clear').click();
  await on.filter('score');
  await on.pick('score-class', 'IoU of car');
  await on.byId('score-max').fill('50');
  await on.apply();
  await on.shows(evaluated.filter(({ carIoU }) => carIoU !== null && carIoU <= 0.5));
});

step('filters by how much two models differ', async () => {
  await on.filter('disagreement');
  await on.byId('disagreement-min').fill('60');
  await on.apply();
  await on.shows(made.filter(({ differing }) => differing >= 0.6));
  await keepShot(on.page, 'browse-filtered');
});

step('chooses images with the mouse and the keys, tags them, and filters by the tag', async () => {
  const cell = (index: number) => on.page.locator(`[data-index="${index}"]`);
  const chosen = () => on.byId('selection-count').textContent();
  await cell(1).click({ modifiers: ['Control'] });
  await cell(4).click({ modifiers: ['Shift'] });
  await expect.poll(chosen).toBe('4 chosen');
  await cell(2).click({ modifiers: ['Control'] });
  await expect.poll(chosen).toBe('3 chosen');
  await cell(7).click({ position: { x: 12, y: 12 } });
  await expect.poll(chosen).toBe('4 chosen');
  await on.page.keyboard.press('t');
  await on.byId('tag-name').fill('look again');
  await on.byId('tag-put').click();
  await on.byId('tag-remove-look again').waitFor();
  await on.closeMenu();
  await keepShot(on.page, 'browse-chosen');
  await on.byId('selection-only').click();
  const tagged = [1, 3, 4, 7].map((at) => made[at]);
  await on.shows(tagged);
  await on.reset();
  await on.filter('tag');
  await on.byId('tag-look again').check();
  await on.shows(tagged);
  await on.closeMenu();
  await on.page.locator('[data-index="0"]').focus();
  await on.page.keyboard.press('Space');
  await on.page.keyboard.press('Shift+ArrowRight');
  await expect.poll(chosen).toBe('2 chosen');
  await on.page.keyboard.press('t');
  await on.byId('tag-remove-look again').click();
  await on.shows(tagged.slice(2));
  await on.closeMenu();
  await on.page.locator('[data-index="0"]').focus();
  await on.page.keyboard.press('Escape');
  await on.page.keyboard.press('Control+a');
  await expect.poll(chosen).toBe('2 chosen');
  await on.page.keyboard.press('Escape');
  await on.byId('selection').waitFor({ state: 'detached' });
});

const SORTS: [string, RegExp, string | null, (item: Made) => number | null, boolean][] = [
  ['image size', /^By image size/, null, ({ width, height }) => width * height, true],
  ['labelled or not', /^By labelled/, null, ({ labelled }) => Number(labelled), false],
  ['the share of a class', /^By a class’s share/, 'pole', (item) => share(item, 'pole') || null, true],
  [
    'the mean IoU, worst first',
    /^Worst first: student/,
    null,
    ({ split, labelled, mIoU }) => (split === 'train' && labelled ? mIoU : null),
    false,
  ],
  [
    'the IoU of a class, worst first',
    /^Worst first: student/,
    'car',
    ({ split, labelled, carIoU }) => (split === 'train' && labelled ? carIoU : null),
    false,
  ],
  ['disagreement, most first', /^Differing: student and teacher/, null, ({ differing }) => differing, true],
];
for (const [name, entry, ofClass, figure, descending] of SORTS) {
  step(`orders by ${name}, and turns the order round`, async () => {
    await on.pick('sort', entry);
    if (ofClass) await on.pick('sort-class', ofClass);
    await on.shows(by(figure, descending));
    await on.byId('sort-direction').click();
    await on.shows(by(figure, !descending));
  });
}

step('orders by split', async () => {
  await on.pick('sort', /^By split/);
  await on.shows(by(({ split }) => ['test', 'train', 'val'].indexOf(split), false));
});

step('keeps a filter with its order under a name, comes back to it, and removes it', async () => {
  await on.filter('class');
  await on.byId('class-present-3').check();
  await on.closeMenu();
  await on.pick('sort', /^Differing/);
  await on.byId('views').click();
  await on.byId('view-name').fill('cars that differ');
  await on.byId('view-save').click();
  await on.byId('view-cars that differ').waitFor();
  await on.closeMenu();
  await on.reset();
  await on.shows(made);
  await on.byId('views').click();
  await on.byId('view-cars that differ').click();
  await on.shows(by(({ differing }) => differing, true).filter((item) => has(item, 'car')));
  await on.byId('views').click();
  await on.page.getByRole('button', { name: 'Remove the view cars that differ' }).click();
  await on.byId('view-cars that differ').waitFor({ state: 'detached' });
  await on.closeMenu();
});

step('counts the classes of what is filtered, and filters by the class that is clicked', async () => {
  await on.filter('split');
  await on.byId('split-train').check();
  await on.closeMenu();
  await on.byId('statistics-toggle').click();
  const train = made.filter(({ split }) => split === 'train');
  const count = `${train.filter(({ labelled }) => labelled).length} of ${train.length} images are labelled`;
  await expect.poll(() => on.byId('statistics-count').textContent(), { timeout: 20_000 }).toBe(count);
  const images = CLASSES.map((name) => `${name} ${train.filter((item) => has(item, name)).length}`).join(', ');
  await expect.poll(() => on.byId('histogram').getAttribute('aria-label')).toBe(`Images of each class: ${images}`);
  await on.byId('statistics-of').getByText('Pixels').click();
  const pixels = CLASSES.map((name, c) => `${name} ${train.reduce((sum, item) => sum + item.pixels[c], 0)}`);
  const spoken = `Pixels of each class: ${pixels.join(', ')}`.replace(/\d{4,}/g, (n) =>
    n.replace(/\B(?=(\d{3})+$)/g, '\u202f'),
  );
  await expect.poll(() => on.byId('histogram').getAttribute('aria-label')).toBe(spoken);
  await keepShot(on.page, 'browse-statistics');
  await on.byId('histogram').scrollIntoViewIfNeeded();
  const bars = (await on.byId('histogram').boundingBox())!;
  await on.page.mouse.click(bars.x + 60, bars.y + (bars.height * 3.5) / CLASSES.length);
  await on.shows(train.filter((item) => has(item, 'car')));
  await on.byId('together').scrollIntoViewIfNeeded();
  const cells = (await on.byId('together').boundingBox())!;
  // The cell of the row sky and the column road: the names take 92 and 84 pixels.
  const [across, down] = [(cells.width - 100) / CLASSES.length, (cells.height - 88) / CLASSES.length];
  await on.page.mouse.click(cells.x + 92 + 1.5 * across, cells.y + 4 + 0.5 * down);
  await on.shows(train.filter((item) => ['car', 'sky', 'road'].every((name) => has(item, name))));
  await on.byId('statistics-toggle').click();
});

step('filters by whether the label map was changed here', async () => {
  const { key } = made[2];
  await on.byId(`item-${key}`).click();
  await on.page.keyboard.press('e');
  const drawing = new Annotator(on.page);
  await drawing.ready();
  await drawing.choose('b', 2);
  const pane = (await on.byId('pane-annotate').boundingBox())!;
  await on.page.mouse.move(pane.x + pane.width / 2, pane.y + pane.height / 2);
  await on.page.mouse.down();
  await on.page.mouse.move(pane.x + pane.width / 2 + 40, pane.y + pane.height / 2, { steps: 4 });
  await on.page.mouse.up();
  await expect.poll(() => on.byId('undo').isEnabled()).toBe(true);
  await expect.poll(() => on.byId('save-state').getAttribute('data-state')).toBe('saved');
  await on.byId('nav-browse').click();
  await on.byId('viewer-close').click();
  await on.filter('changed');
  await on.byId('changed-yes').click();
  await on.shows([made[2]]);
  await on.byId('filters-clear').click();
  await on.filter('changed');
  await on.byId('changed-no').click();
  await on.shows(made.filter((item) => item.key !== key));
});

step('lays the labels over the thumbnails, as they are edited, and remembers it', async () => {
  await on.page.locator('[data-index="0"]').focus();
  await on.page.keyboard.press('l');
  // The third image's labels were changed by the test before.
  for (const item of made.filter(({ labelled }) => labelled)) {
    await expect.poll(() => on.labelColours(item.key), { timeout: 20_000 }).toEqual(await on.coloursOfLabels(item.key));
  }
  for (const { key } of made.filter(({ labelled }) => !labelled)) {
    expect(await on.byId(`item-${key}`).locator('.thumbnail-labels').count()).toBe(0);
  }
  await keepShot(on.page, 'browse-labels');
  const { key } = made[2];
  const before = await on.labelColours(key);
  await on.byId(`item-${key}`).click();
  await on.page.keyboard.press('e');
  const drawing = new Annotator(on.page);
  await drawing.ready();
  await drawing.choose('b', 4);
  const pane = (await on.byId('pane-annotate').boundingBox())!;
  await on.page.mouse.click(pane.x + pane.width / 2, pane.y + pane.height / 2 - 60);
  await drawing.saved();
  await on.byId('nav-browse').click();
  await on.byId('viewer-close').click();
  await expect.poll(() => on.labelColours(key), { timeout: 20_000 }).toEqual(await on.coloursOfLabels(key));
  expect(await on.labelColours(key)).not.toEqual(before);
  await on.page.reload();
  await expect.poll(() => on.labelColours(key), { timeout: 20_000 }).toEqual(await on.coloursOfLabels(key));
  await on.page.evaluate(() => document.documentElement.setAttribute('data-mantine-color-scheme', 'dark'));
  await keepShot(on.page, 'browse-labels-dark');
  await on.page.reload();
  await on.byId('labels-toggle').click();
  await on.page.locator('.thumbnail-labels').first().waitFor({ state: 'detached' });
});

step('holds 150 classes with names of 40 letters, light and dark', async () => {
  await on.pick('dataset', /^many/);
  await expect.poll(() => on.byId('item-count').textContent()).toBe('6 images');
  await on.filter('class');
  await on.page.getByPlaceholder('Find').fill('no 000');
  await on.byId('class-present-0').check();
  await on.page.getByPlaceholder('Find').fill('');
  await keepShot(on.page, 'browse-many-classes-menu');
  await on.closeMenu();
  await on.pick('sort', /^By a class’s share/);
  await on.byId('statistics-toggle').click();
  await on.byId('together').waitFor();
  await on.page.waitForTimeout(500);
  for (const scheme of ['light', 'dark'] as const) {
    await on.page.emulateMedia({ colorScheme: scheme });
    await on.page.waitForTimeout(300);
    await keepShot(on.page, `browse-many-classes-${scheme}`);
    const wide = await on.page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(wide).toBe(false);
  }
  await on.byId('statistics-toggle').click();
  await on.pick('dataset', /^streets/);
  await on.reset();
  await on.shows(made);
  await keepShot(on.page, 'browse-dark');
});
