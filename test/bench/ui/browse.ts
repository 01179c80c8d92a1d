/** Rows of Browse: the first thumbnails, and every filter and order on 100,000 images. */
import type { ItemFilter, ItemSort } from '../../../src-main/contract/item-query.ts';
import type { Bench } from '../bench.ts';
import type { Measured, RowSpec } from '../row.ts';
import type { MadeProject } from './made-project.ts';
import { againstGoal, UiSession } from './session.ts';

/** Seconds. */
const FIRST_THUMBNAILS = 1.5;
const LIST = 0.15;

/** Conditions by name; `turn` makes each one new, for lists that were asked for are kept for their next pages. */
const FILTERS: Record<string, (made: MadeProject, turn: number) => Partial<ItemFilter>> = {
  split: () => ({ splits: ['train', 'val'] }),
  class: () => ({ classes: [2] }),
  classes: () => ({ classes: [0, 3, 7] }),
  share: () => ({ shares: [{ class: 1, min: 0.1, max: 0.4 }] }),
  size: () => ({ width: { min: 100, max: 2000 } }),
  labelled: () => ({ labelled: true }),
  changed: () => ({ changed: false }),
  tag: () => ({ tags: ['check again'] }),
  text: (_, turn) => ({ text: `frame_0${turn % 10}` }),
  score: ({ evaluation }) => ({ scores: [{ evaluation, class: null, min: 0.1, max: 0.9 }] }),
  'class-score': ({ evaluation }) => ({ scores: [{ evaluation, class: 3, min: 0.2, max: null }] }),
  disagreement: ({ measure }) => ({ measures: [{ measure, min: null, max: 0.8 }] }),
  selection: ({ items }) => ({ ids: Array.from({ length: items / 2 }, (_, i) => 2 * i) }),
};

const SORTS: Record<string, (made: MadeProject) => ItemSort> = {
  key: () => ({ by: 'key', descending: true }),
  split: () => ({ by: 'split', descending: false }),
  size: () => ({ by: 'size', descending: true }),
  labelled: () => ({ by: 'labelled', descending: false }),
  changed: () => ({ by: 'changed', descending: true }),
  tags: () => ({ by: 'tags', descending: true }),
  share: () => ({ by: 'share', class: 1, descending: true }),
  score: ({ evaluation }) => ({ by: 'score', evaluation, class: null, descending: false }),
  'class-score': ({ evaluation }) => ({ by: 'score', evaluation, class: 2, descending: false }),
  disagreement: ({ measure }) => ({ by: 'measure', measure, descending: true }),
};

export const browseRows: RowSpec[] = [
  { name: 'thumbnails', goal: 1, measure: firstThumbnails },
  ...Object.entries(FILTERS).map(([name, filter]) => ({
    name: `filter.${name}`,
    goal: 1,
    measure: (bench: Bench) => list(bench, (made, turn) => filter(made, turn)),
  })),
  ...Object.entries(SORTS).map(([name, sort]) => ({
    name: `sort.${name}`,
    goal: 1,
    measure: (bench: Bench) => list(bench, (made) => ({ sort: sort(made) })),
  })),
  { name: 'filter.in-window', goal: 1, measure: filterInWindow },
];

/** From asking for a list until its first page and its length are in the window, host, threads and IPC included. */
async function list(
  bench: Bench,
  of: (made: MadeProject, turn: number) => Partial<ItemFilter> & { sort?: ItemSort },
): Promise<Measured> {
  const session = await bench.share(UiSession.open);
  const seconds: number[] = [];
  // The first times fill SQLite's caches, as the start of the window does.
  for (let turn = -2; turn < 2 * bench.settings.pairs; turn++) {
    const { dataset } = session.project;
    // A height that all images have makes it another list than the last.
    const query = { dataset, height: { min: turn + 10, max: null }, ...of(session.project, turn + 2) };
    const took = await session.request('items.query', query);
    if (turn >= 0) seconds.push(took);
  }
  return againstGoal(seconds, LIST);
}

/** From the click on a project in the start view until every picture in sight is there; none was made before. */
async function firstThumbnails(bench: Bench): Promise<Measured> {
  const session = await bench.share(UiSession.open);
  const { page } = session;
  const seconds: number[] = [];
  let pictures = 0;
  for (let i = 0; i < bench.settings.pairs; i++) {
    await session.request('project.close', {});
    await page.getByTestId('recent-0').waitFor();
    session.forgetThumbnails();
    // The window keeps pictures too.
    await page.evaluate(() => caches.keys().then((names) => Promise.all(names.map((name) => caches.delete(name)))));
    const client = await page.context().newCDPSession(page);
    await client.send('Network.clearBrowserCache');
    await client.detach();
    const found = await page.evaluate(async () => {
      const began = performance.now();
      document.querySelector<HTMLElement>('[data-testid="recent-0"]')!.click();
      for (;;) {
        await new Promise(requestAnimationFrame);
        const grid = document.querySelector('[data-testid="grid"]')?.getBoundingClientRect();
        const seen = [...document.querySelectorAll<HTMLElement>('[role="gridcell"]')].filter((cell) => {
          const { top, height } = cell.getBoundingClientRect();
          return grid && height > 0 && top < grid.bottom;
        });
        const there = seen.filter((cell) => {
          const image = cell.querySelector('img');
          return image?.complete && image.naturalWidth > 0;
        });
        if (seen.length > 0 && there.length === seen.length) {
          return { seconds: (performance.now() - began) / 1000, pictures: seen.length };
        }
        if (performance.now() - began > 60_000) throw new Error('The thumbnails did not come within a minute.');
      }
    });
    seconds.push(found.seconds);
    pictures = found.pictures;
  }
  return againstGoal(seconds, FIRST_THUMBNAILS, [`${pictures} pictures of 1024 × 512 are in sight at first.`]);
}

/** From choosing a split in the menu until the count and the first image of the new list are drawn. */
async function filterInWindow(bench: Bench): Promise<Measured> {
  const session = await bench.share(UiSession.open);
  const { page } = session;
  const seconds: number[] = [];
  await page.keyboard.press('f');
  await page.getByTestId('filter-kind-split').click();
  await page.getByTestId('split-val').waitFor();
  for (let i = 0; i < 2 * bench.settings.pairs; i++) {
    seconds.push(
      await page.evaluate(async () => {
        const shown = () =>
          `${document.querySelector('[data-testid="item-count"]')?.textContent} ${document.querySelector('[data-index="0"]')?.getAttribute('data-testid')}`;
        const before = shown();
        const began = performance.now();
        document.querySelector<HTMLElement>('[data-testid="split-val"]')!.click();
        while (shown() === before) await new Promise(requestAnimationFrame);
        return (performance.now() - began) / 1000;
      }),
    );
  }
  if (await page.getByTestId('split-val').isChecked()) await page.getByTestId('split-val').click();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  return againstGoal(seconds, LIST, ['One frame of the display is part of it.']);
}
