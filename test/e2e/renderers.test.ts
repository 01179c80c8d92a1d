/** What draws the canvas with a graphics card and what draws it without one show the same. */
import { afterAll, expect, test } from 'vitest';
import { Annotator, CLASSES, eventually, project } from './annotate-driver.ts';
import { type Graphics, Scratch, startApp, type Window, willChoose } from './app.ts';
import { writeConv } from './conv-file.ts';
import { NAMES, picture, STUDENT, TEACHER } from './conv-models.ts';

const scratch = new Scratch();
/** Both draw images of 120 × 80 enlarged, pixel by pixel; on borders of pixels they may round to either side. */
const BORDERS = 0.005;

interface Seen {
  width: number;
  height: number;
  /** RGB of each pixel of the stage. */
  pixels: Uint8Array;
}
type Scene = 'labels' | 'outlines' | 'comparison';

let folder: string;

/** What the stage shows, whoever draws it. */
async function stageOf({ page }: Window): Promise<Seen> {
  await eventually(() => page.locator('[data-pane][aria-busy]').count()).toBe(0);
  const seen = await page.evaluate(async () => {
    // The page is not laid out to the same fraction of a pixel, as its text is drawn by others too.
    const stage = document.querySelector<HTMLElement>('.stage')!;
    stage.style.cssText = 'flex: none; width: 900px; height: 600px';
    for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame);
    const canvas = stage.querySelector('canvas')!;
    const { width, height } = canvas;
    const ctx = new OffscreenCanvas(width, height).getContext('2d')!;
    ctx.drawImage(canvas, 0, 0);
    const rgba = ctx.getImageData(0, 0, width, height).data;
    return { width, height, pixels: new Uint8Array(rgba.filter((_, i) => i % 4 < 3)).toBase64() };
  });
  return { ...seen, pixels: new Uint8Array(Buffer.from(seen.pixels, 'base64')) };
}

async function scenes(kind: 'webgl2' | '2d', graphics: Graphics, first: boolean): Promise<Map<Scene, Seen>> {
  const window = await startApp(scratch, [folder], graphics);
  const on = new Annotator(window.page);
  try {
    if (first) {
      await on.byId('nav-models').click();
      for (const [name, rows] of [
        ['teacher', TEACHER],
        ['student', STUDENT],
      ] as const) {
        writeConv(scratch.path(`${name}.safetensors`), name, rows, CLASSES);
        await willChoose(window.app, scratch.path(`${name}.safetensors`));
        await on.page.keyboard.press('Control+i');
        await on.byId('models-table').getByText(name).first().waitFor();
      }
      await on.open('b');
      await on.choose('p', 2);
      for (const [x, y] of [
        [20, 20],
        [60, 12],
        [90, 50],
        [30, 64],
      ])
        await on.click(x, y);
      await on.page.keyboard.press('Enter');
      await on.saved();
    }
    const all = new Map<Scene, Seen>();
    await on.open('a');
    expect(await on.page.locator('.stage > canvas').first().getAttribute('data-renderer')).toBe(kind);
    await on.byId('contours').check({ force: true });
    all.set('labels', await stageOf(window));
    await on.open('b');
    all.set('outlines', await stageOf(window));
    await on.byId('nav-compare').click();
    await on.byId('pane-error').waitFor();
    all.set('comparison', await stageOf(window));
    return all;
  } finally {
    await window.app.close().catch(() => {});
  }
}

afterAll(() => scratch.remove());

test('WebGL and the processor draw the same', async () => {
  folder = await project(scratch, NAMES, picture);
  const plain = await scenes('2d', 'processor', true);
  const webgl = await scenes('webgl2', 'webgl', false);
  for (const [scene, one] of plain) {
    const other = webgl.get(scene)!;
    expect([other.width, other.height]).toEqual([one.width, one.height]);
    let differing = 0;
    const colors = new Set<number>();
    for (let i = 0; i < one.pixels.length; i += 3) {
      const apart = [0, 1, 2].map((c) => Math.abs(one.pixels[i + c] - other.pixels[i + c]));
      if (Math.max(...apart) > 3) differing++;
      colors.add((one.pixels[i] << 16) | (one.pixels[i + 1] << 8) | one.pixels[i + 2]);
    }
    // A picture under labels: an empty stage would be the same too.
    expect(colors.size, scene).toBeGreaterThan(100);
    expect(differing / (one.pixels.length / 3), scene).toBeLessThan(BORDERS);
  }
});
