/** Rows of scrolling, of how much is in the page, and of what an hour of looking at images leaves in memory. */
import path from 'node:path';
import type { Page } from 'playwright-core';
import type { Bench } from '../bench.ts';
import type { Measured, RowSpec } from '../row.ts';
import { comparePairs, mean, quantile } from '../statistics.ts';
import { BareWindow } from './bare-window.ts';
import { makeProject } from './made-project.ts';
import { UiSession } from './session.ts';

/** Frames a second that are wanted where a display allows 60. */
const WANTED = 55 / 60;
const NODES = 500;
const SWITCHES = 1000;
const QUICK_SWITCHES = 200;
/** Images looked at before memory is measured first: caches fill once. */
const WARM_UP = 150;

export const scrollRows: RowSpec[] = [
  { name: 'scroll', goal: 1 / WANTED, measure: (bench) => scroll(bench, 30) },
  { name: 'scroll.fast', goal: 1 / WANTED, measure: (bench) => scroll(bench, 700) },
  { name: 'nodes', goal: 1, measure: nodes },
  { name: 'memory.switches', goal: 1.1, measure: memory },
];

/**
 * Scrolls an element down, some pixels in each frame.
 * @returns seconds from frame to frame, and the most elements that were in the page
 */
function scrollDown(page: Page, selector: string, pixels: number, seconds: number) {
  return page.evaluate(
    async ([which, step, long]) => {
      const element = document.querySelector<HTMLElement>(which as string)!;
      element.scrollTop = 0;
      const frames: number[] = [];
      let most = 0;
      let last = await new Promise(requestAnimationFrame);
      const end = last + (long as number) * 1000;
      while (last < end) {
        element.scrollTop += step as number;
        const now = await new Promise(requestAnimationFrame);
        frames.push((now - last) / 1000);
        last = now;
        most = Math.max(most, document.querySelectorAll('*').length);
      }
      return { frames, most };
    },
    [selector, pixels, seconds] as const,
  );
}

/** The grid's frames against those of a page that has nothing in it but a long empty element, in turn. */
async function scroll(bench: Bench, pixels: number): Promise<Measured> {
  const { page } = await bench.share(UiSession.open);
  await page.evaluate(() => {
    const empty = document.createElement('div');
    empty.id = 'bench-empty';
    empty.append(document.createElement('div'));
    document.body.append(empty);
    // The page's policy forbids style attributes, not the style object.
    Object.assign(empty.style, {
      position: 'fixed',
      inset: '0',
      overflow: 'auto',
      background: 'white',
      zIndex: '9999',
    });
    Object.assign((empty.firstChild as HTMLElement).style, { height: '4000000px' });
    empty.hidden = true;
  });
  const onlyEmpty = (on: boolean) =>
    page.evaluate((only) => {
      document.querySelector<HTMLElement>('#bench-empty')!.hidden = !only;
      document.querySelector<HTMLElement>('#root')!.style.visibility = only ? 'hidden' : '';
    }, on);
  const ours: number[][] = [];
  const peer: number[][] = [];
  for (let i = 0; i < bench.settings.pairs; i++) {
    ours.push((await scrollDown(page, '[data-testid="grid"]', pixels, bench.settings.turn)).frames);
    await onlyEmpty(true);
    peer.push((await scrollDown(page, '#bench-empty', pixels, bench.settings.turn)).frames);
    await onlyEmpty(false);
  }
  await page.evaluate(() => {
    document.querySelector('#bench-empty')!.remove();
    document.querySelector('[data-testid="grid"]')!.scrollTop = 0;
  });
  const compared = comparePairs(ours.map(mean), peer.map(mean));
  const rate = (frame: number) => `${(1 / frame).toFixed(1)} frames/s`;
  const slowest = quantile(ours.flat(), 0.95) * 1000;
  return {
    unit: 'seconds',
    ...compared,
    peerName: 'a frame of an empty page',
    notes: [
      `${pixels} pixels a frame: ${rate(compared.ours)}, 95 % of the frames within ${slowest.toFixed(1)} ms; ` +
        `the display gives an empty page ${rate(compared.peer)}, a budget of ${(compared.peer * 1000).toFixed(1)} ms a frame.`,
    ],
  };
}

/** The most elements in the page while the grid is scrolled slowly, as wide as the window is. */
async function nodes(bench: Bench): Promise<Measured> {
  const { page } = await bench.share(UiSession.open);
  const { most } = await scrollDown(page, '[data-testid="grid"]', 30, bench.settings.turn);
  await page.evaluate(() => document.querySelector('[data-testid="grid"]')!.scrollTo(0, 0));
  const size = await page.evaluate(() => `${innerWidth} × ${innerHeight}`);
  return {
    unit: 'count',
    ours: most,
    peer: NODES,
    peerName: 'the goal',
    ratio: most / NODES,
    spread: null,
    notes: [`The window's inside is ${size}.`],
  };
}

/** What the window holds after a thousand images were opened one by one with the key, against before. */
async function memory(bench: Bench): Promise<Measured> {
  await bench.share(UiSession.open);
  const switches = bench.settings.pairs < 5 ? QUICK_SWITCHES : SWITCHES;
  const size = { items: WARM_UP + SWITCHES + 100, classes: 20, files: 64, width: 1024, height: 512 };
  const window = await BareWindow.open(makeProject(path.join(bench.folder('memory'), 'project'), size).folder);
  try {
    await window.click('[data-index="0"]');
    await window.run(next, WARM_UP);
    const before = await window.memory();
    const seconds = await window.run(next, switches);
    const after = await window.memory();
    const ours = after.page + after.drawing;
    const peer = before.page + before.drawing;
    const mebibytes = (bytes: number) => `${Math.round(bytes / 2 ** 20)} MiB`;
    return {
      unit: 'bytes',
      ours,
      peer,
      peerName: 'the same before',
      ratio: ours / peer,
      spread: null,
      notes: [
        `Page ${mebibytes(before.page)} → ${mebibytes(after.page)}, process that draws ` +
          `${mebibytes(before.drawing)} → ${mebibytes(after.drawing)}, over ${switches} images of 1024 × 512 with labels, ` +
          `${((seconds / switches) * 1000).toFixed(0)} ms each.`,
      ],
    };
  } finally {
    await window.close();
  }
}

/** Goes on by some images in the viewer, once it is open; each is waited for. Runs in the page. @returns seconds */
async function next(count: number): Promise<number> {
  const key = () => document.querySelector('[data-testid="viewer-key"]')?.textContent;
  const late = (since: number) => {
    if (performance.now() > since + 20_000) throw new Error(`The image after ${key()} did not come.`);
  };
  for (const began = performance.now(); !key(); late(began)) await new Promise(requestAnimationFrame);
  const began = performance.now();
  for (let i = 0; i < count; i++) {
    const before = key();
    document.body.dispatchEvent(new KeyboardEvent('keydown', { key: 'd', code: 'KeyD', bubbles: true }));
    const asked = performance.now();
    do {
      await new Promise(requestAnimationFrame);
      late(asked);
    } while (key() === before || key() === '' || document.querySelector('[aria-busy="true"]'));
  }
  return (performance.now() - began) / 1000;
}
