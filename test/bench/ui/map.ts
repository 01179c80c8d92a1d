/** Rows of the map of 100,000 images, and of what is found among their features. */
import type { Bench } from '../bench.ts';
import type { Measured, RowSpec } from '../row.ts';
import { quantile } from '../statistics.ts';
import { againstGoal, UiSession } from './session.ts';

/** Seconds. */
const FRAME = 1 / 50;
const OPEN = 1;
const LASSO = 0.15;
const SEARCH = 5;

export const mapRows: RowSpec[] = [
  { name: 'map.open', goal: 1, measure: open },
  { name: 'map.frame', goal: 1, measure: frames },
  { name: 'map.choose', goal: 1, measure: choose },
  ...[0.98, 0.995].map((similarity) => ({
    name: `duplicates.${similarity}`,
    goal: 1,
    measure: (bench: Bench) => search(bench, { similarity }),
  })),
  { name: 'outliers', goal: 1, measure: (bench: Bench) => search(bench, null) },
];

async function withMap(bench: Bench, measure: (session: UiSession) => Promise<Measured>): Promise<Measured> {
  const session = await bench.share(UiSession.open);
  await session.page.getByTestId('mode-map').click();
  await session.page.getByTestId('map-points').waitFor();
  try {
    return await measure(session);
  } finally {
    await session.page.getByTestId('mode-grid').click();
    await session.page.getByTestId('grid').waitFor();
  }
}

/** From choosing the map until its points are drawn. */
function open(bench: Bench): Promise<Measured> {
  return withMap(bench, async ({ page }) => {
    const seconds: number[] = [];
    for (let i = 0; i < bench.settings.pairs; i++) {
      await page.getByTestId('mode-grid').click();
      await page.getByTestId('grid').waitFor();
      seconds.push(
        await page.evaluate(async () => {
          const began = performance.now();
          document.querySelector<HTMLElement>('[data-testid="mode-map"]')!.click();
          for (;;) {
            await new Promise(requestAnimationFrame);
            const canvas = document.querySelector<HTMLCanvasElement>('[data-testid="map-points"] canvas');
            if (!canvas || canvas.width === 0) continue;
            const pixels = canvas.getContext('2d')!.getImageData(0, 0, canvas.width, canvas.height).data;
            // Until the points are there it is all of one colour, black or the ground.
            if (pixels.some((value, i) => value !== pixels[i & 3])) break;
          }
          return (performance.now() - began) / 1000;
        }),
      );
    }
    return againstGoal(seconds, OPEN);
  });
}

/** Frames while the wheel turns, in and out again. */
function frames(bench: Bench): Promise<Measured> {
  return withMap(bench, async ({ page }) => {
    const seconds = await page.evaluate(async (long) => {
      const map = document.querySelector<HTMLElement>('[data-testid="map-points"]')!;
      const { left, top, width, height } = map.getBoundingClientRect();
      const middle = { clientX: left + width / 2, clientY: top + height / 2 };
      const found: number[] = [];
      let last = await new Promise(requestAnimationFrame);
      const end = last + long * 1000;
      for (let turn = 0; last < end; turn++) {
        const deltaY = turn % 60 < 30 ? -12 : 12;
        map.dispatchEvent(new WheelEvent('wheel', { ...middle, deltaY, bubbles: true, cancelable: true }));
        const now = await new Promise(requestAnimationFrame);
        found.push((now - last) / 1000);
        last = now;
      }
      return found;
    }, bench.settings.pairs * bench.settings.turn);
    const mean = seconds.reduce((sum, value) => sum + value, 0) / seconds.length;
    const slowest = (quantile(seconds, 0.95) * 1000).toFixed(1);
    const note = `${(1 / mean).toFixed(1)} frames/s on average, 95 % of the frames within ${slowest} ms.`;
    return { ...againstGoal([mean], FRAME, [note]), spread: null };
  });
}

/** From Space, which chooses all that is in sight, until the count is there. */
function choose(bench: Bench): Promise<Measured> {
  return withMap(bench, async ({ page }) => {
    await page.getByTestId('map-fit').click();
    await page.getByTestId('map-points').focus();
    const seconds: number[] = [];
    for (let i = 0; i < bench.settings.pairs; i++) {
      seconds.push(
        await page.evaluate(async () => {
          const began = performance.now();
          const key = new KeyboardEvent('keydown', { key: ' ', bubbles: true, cancelable: true });
          document.querySelector('[data-testid="map-points"]')!.dispatchEvent(key);
          while (!document.querySelector('[data-testid="selection-count"]')) await new Promise(requestAnimationFrame);
          return (performance.now() - began) / 1000;
        }),
      );
      await page.getByTestId('selection-clear').click();
      await page.getByTestId('selection').waitFor({ state: 'detached' });
    }
    return againstGoal(seconds, LASSO);
  });
}

/** @param duplicates null: unusual labels */
async function search(bench: Bench, duplicates: { similarity: number } | null): Promise<Measured> {
  const session = await bench.share(UiSession.open);
  const { embedding } = session.project;
  const seconds: number[] = [];
  for (let i = 0; i < Math.min(3, bench.settings.pairs); i++) {
    seconds.push(
      duplicates
        ? await session.request('embeddings.duplicates', { embedding, ...duplicates })
        : await session.request('embeddings.outliers', { embedding }),
    );
  }
  return againstGoal(seconds, SEARCH);
}
