/** The application in Annotate, to be measured: images, two models, and how the page notes what is drawn. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { startDisplay } from '../../../bin/display.mjs';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { Scratch, startApp, stillroom, type Window, willChoose } from '../../e2e/app.ts';
import { type Rows, writeConv } from '../../e2e/conv-file.ts';
import type { Bench, Shared } from '../bench.ts';

declare global {
  /** Given to the page by {@link watchStage}. */
  function stageDrawn(): void;
}

export const CLASSES = 19;
const LARGE = { width: 4096, height: 2160 };
export const USUAL = { width: 2048, height: 1024 };
/** Images that are gone through to and fro. */
export const IMAGES = 6;

function writeImage(root: string, name: string, { width, height }: typeof LARGE, turn: number): void {
  const image = new Uint8Array(width * height * 3);
  const labels = new Uint8Array(width * height);
  for (let y = 0, at = 0; y < height; y++) {
    for (let x = 0; x < width; x++, at++) {
      labels[at] = (turn + Math.floor(x / 90) + 2 * Math.floor(y / 70)) % CLASSES;
      for (let part = 0; part < 3; part++) image[3 * at + part] = (labels[at] * 37 + part * 59 + ((x ^ y) & 15)) & 255;
    }
  }
  writeFileSync(path.join(root, 'images', `${name}.png`), encodeImage({ width, height, data: image }));
  writeFileSync(path.join(root, 'labels', `${name}.png`), encodeLabels({ width, height, data: labels }));
}

/** A model that says every class somewhere; `turn` tells models apart. */
const rows = (turn: number): Rows =>
  Array.from({ length: CLASSES }, (_, i) => {
    const angle = turn + (2 * Math.PI * i) / CLASSES;
    return [9 * Math.cos(angle), 9 * Math.sin(angle), 5 * Math.sin(2 * angle), 0] as const;
  });

/** The application on one image of 4096 × 2160 and some of 2048 × 1024, in Annotate. */
export class AnnotateSession implements Shared {
  readonly window: Window;
  private readonly scratch: Scratch;
  private readonly stopDisplay: () => void;
  /** Seconds that the graphics take to draw an empty canvas as large as ours, most of the times: no stroke can be quicker. */
  readonly floor: number;

  private constructor(window: Window, scratch: Scratch, stopDisplay: () => void, floor: number) {
    this.window = window;
    this.scratch = scratch;
    this.stopDisplay = stopDisplay;
    this.floor = floor;
  }

  static async open(bench: Bench): Promise<AnnotateSession> {
    bench.say('Making images to annotate');
    const root = path.join(bench.folder('annotate'), 'data');
    mkdirSync(path.join(root, 'images'), { recursive: true });
    mkdirSync(path.join(root, 'labels'));
    const classes = Array.from({ length: CLASSES }, (_, i) => `class ${i}`);
    writeFileSync(path.join(root, 'classes.txt'), classes.join('\n'));
    writeImage(root, 'a', LARGE, 0);
    for (let i = 0; i < IMAGES; i++) writeImage(root, `b${String(i).padStart(2, '0')}`, USUAL, i);
    const display = await startDisplay();
    Object.assign(process.env, display.env);
    const scratch = new Scratch();
    const folder = path.join(bench.folder('annotate'), 'project');
    const ended = await stillroom(scratch, 'import', root, '--project', folder);
    if (ended.code !== 0) throw new Error(ended.stderr);
    const window = await startApp(scratch, [folder]);
    const { page } = window;
    await page.getByTestId('nav-models').click();
    for (const [turn, name] of ['teacher', 'student'].entries()) {
      writeConv(scratch.path(`${name}.safetensors`), name, rows(turn), classes);
      await willChoose(window.app, scratch.path(`${name}.safetensors`));
      await page.keyboard.press('Control+i');
      await page.getByTestId('models-table').getByText(name).first().waitFor();
    }
    const floor = await emptyCanvas(page);
    await page.getByTestId('nav-annotate').click();
    await settled(page);
    await watchStage(page);
    return new AnnotateSession(window, scratch, display.stop, floor);
  }

  get page(): Page {
    return this.window.page;
  }

  async close(): Promise<void> {
    await this.window.app.close();
    this.scratch.remove();
    this.stopDisplay();
  }
}

export async function settled(page: Page): Promise<void> {
  // What models say may have to be computed.
  await page.locator('[data-pane][aria-busy]').first().waitFor({ state: 'detached', timeout: 120_000 });
  // What may be shown next is fetched and got ready.
  await page.waitForTimeout(1500);
}

/** 95 % of the times in which a canvas of 1100 × 650 that is only filled is drawn, by what draws the stage. */
function emptyCanvas(page: Page): Promise<number> {
  return page.evaluate(async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 1100, height: 650 });
    canvas.style.cssText = 'position: fixed; inset: 0';
    document.body.append(canvas);
    const gl = canvas.getContext('webgl2', { alpha: false, antialias: false, failIfMajorPerformanceCaveat: true });
    const plain = gl ? null : canvas.getContext('2d', { alpha: false })!;
    const seconds: number[] = [];
    for (let i = 0; i < 60; i++) {
      await new Promise(requestAnimationFrame);
      const began = performance.now();
      if (gl) {
        gl.clearColor((i % 9) / 9, 0, 0, 1);
        gl.clear(gl.COLOR_BUFFER_BIT);
        gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      } else if (plain) {
        plain.fillStyle = `rgb(${i} 0 0)`;
        plain.fillRect(0, 0, 1100, 650);
        plain.getImageData(0, 0, 1, 1);
      }
      seconds.push((performance.now() - began) / 1000);
    }
    canvas.remove();
    return seconds.sort((a, b) => a - b)[Math.floor(seconds.length * 0.95)];
  });
}

/** Gives the page `stageDrawn()`, which waits until all that was asked of the stage's canvas is drawn. */
async function watchStage(page: Page): Promise<void> {
  await page.evaluate(() => {
    const canvas = document.querySelector<HTMLCanvasElement>('.stage > canvas')!;
    const gl = canvas.getContext('webgl2');
    const plain = canvas.getContext('2d');
    const stageDrawn = () => {
      if (gl) gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, new Uint8Array(4));
      else plain!.getImageData(0, 0, 1, 1);
    };
    Object.assign(globalThis, { stageDrawn });
  });
}

/** Has the page note how long it is from a movement of the pressed pointer until it is drawn by the graphics. */
export async function watchPointer(page: Page): Promise<() => Promise<number[]>> {
  await page.evaluate(() => {
    const seconds: number[] = [];
    let began = 0;
    Object.assign(globalThis, { noted: seconds });
    const pressed = ({ buttons }: PointerEvent) => buttons === 1;
    window.addEventListener(
      'pointermove',
      (event) => {
        if (pressed(event)) began ||= performance.now();
      },
      { capture: true },
    );
    // After everybody else has handled it, and asked for a frame: pointers move in the frame that shows it.
    window.addEventListener('pointermove', () => requestAnimationFrame(done));
    const done = () => {
      if (!began) return;
      stageDrawn();
      seconds.push((performance.now() - began) / 1000);
      began = 0;
    };
  });
  return () => page.evaluate(() => (globalThis as unknown as { noted: number[] }).noted.splice(0));
}

/** Has the page note how long it is from the keys of undo and redo until some places of the stage look different. */
export async function watchUndo(
  page: Page,
  places: readonly (readonly [number, number])[],
): Promise<() => Promise<number[]>> {
  await page.evaluate((points) => {
    const canvas = document.querySelector<HTMLCanvasElement>('.stage > canvas')!;
    const gl = canvas.getContext('webgl2');
    const plain = canvas.getContext('2d');
    const { x: left, y: top } = canvas.getBoundingClientRect();
    const look = () => {
      const colors = points.map(([x, y]) => {
        const at = [Math.round((x - left) * devicePixelRatio), Math.round((y - top) * devicePixelRatio)];
        const color = new Uint8Array(4);
        if (!gl) return plain!.getImageData(at[0], at[1], 1, 1).data.join();
        gl.readPixels(at[0], canvas.height - 1 - at[1], 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, color);
        return color.join();
      });
      return colors.join(' ');
    };
    const seconds: number[] = [];
    let before = '';
    let began = 0;
    Object.assign(globalThis, { noted: seconds });
    const steps = ({ key }: KeyboardEvent) => key === 'z' || key === 'y';
    window.addEventListener(
      'keydown',
      (event) => {
        if (!steps(event)) return;
        before = look();
        began = performance.now();
      },
      { capture: true },
    );
    // After everybody else has handled it, and asked for a frame.
    window.addEventListener('keydown', (event) => steps(event) && requestAnimationFrame(seen));
    const seen = () => {
      if (look() !== before) seconds.push((performance.now() - began) / 1000);
      else requestAnimationFrame(seen);
    };
  }, places);
  return () => page.evaluate(() => (globalThis as unknown as { noted: number[] }).noted.splice(0));
}

/** The way of the brush over the picture, in the window's coordinates. */
export async function way(page: Page, steps: number): Promise<(readonly [number, number])[]> {
  const box = (await page.getByTestId('pane-annotate').boundingBox())!;
  return Array.from(
    { length: steps },
    (_, i) => [box.x + 400 + 250 * Math.cos(i / 15), box.y + 280 + 200 * Math.sin(i / 15)] as const,
  );
}

export async function stroke(page: Page, steps: number): Promise<void> {
  const places = await way(page, steps);
  await page.mouse.move(...places[0]);
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...place);
  await page.mouse.up();
}
