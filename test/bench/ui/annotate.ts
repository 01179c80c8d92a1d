/** Rows of Annotate: how soon a stroke, an undo and another image are drawn, and how evenly 1,000 polygons move. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { Page } from 'playwright-core';
import { startDisplay } from '../../../bin/display.mjs';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { newDocument } from '../../../src-main/labels/document.ts';
import { drawShape } from '../../../src-main/labels/shapes.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { Scratch, startApp, stillroom, type Window } from '../../e2e/app.ts';
import type { Bench, Shared } from '../bench.ts';
import type { Measured, RowSpec } from '../row.ts';
import { median, quantile } from '../statistics.ts';
import { computed, untilPresented } from './processes.ts';

declare global {
  /** Given to the page by {@link watchStage}. */
  function stageDrawn(): void;
}

/** Seconds, for 95 of 100. */
const BRUSH = 0.016;
const UNDO = 0.03;
const SWITCH = 0.1;
/** Seconds from frame to frame, on average. */
const FRAME = 1 / 50;
const POLYGONS = 1000;
const CLASSES = 19;
const LARGE = { width: 4096, height: 2160 };
const USUAL = { width: 2048, height: 1024 };
const IMAGES = 12;

export const annotateRows: RowSpec[] = [
  { name: 'annotate.brush', goal: 1, measure: brush },
  { name: 'annotate.undo', goal: 1, measure: undo },
  { name: 'annotate.switch', goal: 1, measure: switches },
  { name: 'annotate.polygons', goal: 1, measure: polygons },
];

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

/** The application on one image of 4096 × 2160 and some of 2048 × 1024, in Annotate. */
class AnnotateSession implements Shared {
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
    writeFileSync(path.join(root, 'classes.txt'), Array.from({ length: CLASSES }, (_, i) => `class ${i}`).join('\n'));
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

async function settled(page: Page): Promise<void> {
  await page.locator('[data-pane="annotate"]:not([aria-busy])').waitFor();
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
async function watchPointer(page: Page): Promise<() => Promise<number[]>> {
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
async function watchUndo(page: Page, places: readonly (readonly [number, number])[]): Promise<() => Promise<number[]>> {
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

function most(seconds: readonly number[], goal: number, notes: string[]): Measured {
  const ours = quantile(seconds, 0.95);
  const ms = (value: number) => `${(value * 1000).toFixed(1)} ms`;
  return {
    unit: 'seconds',
    ours,
    peer: goal,
    peerName: 'the goal',
    ratio: ours / goal,
    spread: null,
    notes: [`95 of 100 times of ${seconds.length}; half of them within ${ms(median(seconds))}.`, ...notes],
  };
}

const floorNote = ({ floor }: AnnotateSession) =>
  `An empty canvas of the same size takes ${(floor * 1000).toFixed(1)} ms on this machine.`;

/** Does something and says how long processors computed for the application meanwhile, which others' work hardly changes. */
async function processing({ window }: AnnotateSession, turns: number, act: () => Promise<unknown>): Promise<string> {
  const before = await computed(window.app);
  await act();
  const each = ((await computed(window.app)) - before) / turns;
  return `Processors computed ${(each * 1000).toFixed(1)} ms for each, in all processes of the application together.`;
}

/** The way of the brush over the picture, in the window's coordinates. */
async function way(page: Page, steps: number): Promise<(readonly [number, number])[]> {
  const box = (await page.getByTestId('pane-annotate').boundingBox())!;
  return Array.from(
    { length: steps },
    (_, i) => [box.x + 400 + 250 * Math.cos(i / 15), box.y + 280 + 200 * Math.sin(i / 15)] as const,
  );
}

async function stroke(page: Page, steps: number): Promise<void> {
  const places = await way(page, steps);
  await page.mouse.move(...places[0]);
  await page.mouse.down();
  for (const place of places.slice(1)) await page.mouse.move(...place);
  await page.mouse.up();
}

/** From a movement of the pointer until the stroke is drawn, on 4096 × 2160 with a brush of 60 pixels. */
async function brush(bench: Bench): Promise<Measured> {
  const session = await bench.share(AnnotateSession.open);
  const { page } = session;
  await page.getByTestId('brush-size').fill('60');
  const noted = await watchPointer(page);
  await stroke(page, 20);
  await noted();
  const movements = 60 * bench.settings.pairs;
  const processed = await processing(session, movements, () => stroke(page, movements));
  const seconds = await noted();
  const onScreen = await untilPresented(session.window.app, () => stroke(page, movements));
  const [half, most95] = [0.5, 0.95].map((share) => `${(quantile(onScreen, share) * 1000).toFixed(1)} ms`);
  const screenNote = `Until the display has it, frames waited for and all other processes included: ${most95}; half within ${half}.`;
  return most(seconds, BRUSH, [screenNote, processed, floorNote(session)]);
}

/** From Ctrl+Z until the stage looks different: a stroke as the row before draws. */
async function undo(bench: Bench): Promise<Measured> {
  const session = await bench.share(AnnotateSession.open);
  const { page } = session;
  await stroke(page, 60);
  const places = await way(page, 60);
  const noted = await watchUndo(
    page,
    places.filter((_, i) => i % 6 === 0),
  );
  const turns = 4 * bench.settings.pairs;
  const processed = await processing(session, turns, async () => {
    for (let i = 0; i < turns; i++) {
      await page.keyboard.press(i % 2 === 0 ? 'Control+z' : 'Control+y');
      await page.waitForTimeout(400);
    }
  });
  const seconds = await noted();
  if (seconds.length !== turns) throw new Error(`${turns - seconds.length} of ${turns} undone strokes were not drawn.`);
  return most(seconds, UNDO, [processed, floorNote(session)]);
}

/** From the key until the next image of 2048 × 1024 is drawn with its label map. */
async function switches(bench: Bench): Promise<Measured> {
  const session = await bench.share(AnnotateSession.open);
  const { page } = session;
  await page.keyboard.press('d');
  await settled(page);
  const seconds: number[] = [];
  const turns = 4 * bench.settings.pairs;
  const processed = await processing(session, turns, async () => {
    for (let i = 0; i < turns; i++) {
      const key = i % (2 * IMAGES - 4) < IMAGES - 2 ? 'd' : 'a';
      seconds.push(
        await page.evaluate(async (letter) => {
          const pane = document.querySelector('[data-pane="annotate"]')!;
          const began = performance.now();
          const code = `Key${letter.toUpperCase()}`;
          document.body.dispatchEvent(new KeyboardEvent('keydown', { key: letter, code, bubbles: true }));
          do await new Promise(requestAnimationFrame);
          while (pane.hasAttribute('aria-busy'));
          await new Promise(requestAnimationFrame);
          stageDrawn();
          return (performance.now() - began) / 1000;
        }, key),
      );
      await settled(page);
    }
  });
  return most(seconds, SWITCH, [processed, floorNote(session)]);
}

/** From frame to frame while an image with 1,000 polygons is zoomed and moved. */
async function polygons(bench: Bench): Promise<Measured> {
  const session = await bench.share(AnnotateSession.open);
  const { page } = session;
  await page.keyboard.press('d');
  await settled(page);
  const work = new Stroke(newDocument(USUAL.width, USUAL.height, new Uint8Array(USUAL.width * USUAL.height)));
  for (let i = 0; i < POLYGONS; i++) {
    const [x, y] = [30 + (i % 40) * 50, 20 + Math.floor(i / 40) * 40];
    const ring = Array.from({ length: 24 }, (_, n) => {
      const angle = (Math.floor(n / 2) / 12) * 2 * Math.PI;
      return n % 2 === 0 ? x + 20 * Math.cos(angle) : y + 16 * Math.sin(angle);
    });
    drawShape(work, { id: i + 1, class: i % CLASSES, rings: [ring] });
  }
  const { patch, shapes } = work.finish()!;
  await page.evaluate(
    async (edit) => {
      const item = Number(new URLSearchParams(location.hash.split('?')[1]).get('item'));
      const { sequence } = (await window.stillroom!.request('annotations.open', { item }).then((reply) => {
        if (!reply.ok) throw new Error(reply.refusal.message);
        return reply.answer;
      })) as { sequence: number };
      const saved = await window.stillroom!.request('annotations.save', { item, sequence, edit });
      if (!saved.ok) throw new Error(saved.refusal.message);
    },
    { tool: 'polygon', patch: patch!.toBase64(), shapes },
  );
  await page.keyboard.press('a');
  await settled(page);
  await page.keyboard.press('d');
  await settled(page);
  const count = 60 * bench.settings.pairs;
  let frames: number[] = [];
  const processed = await processing(session, count, async () => {
    frames = await page.evaluate(moveAndZoom, count);
  });
  const ours = frames.reduce((sum, value) => sum + value, 0) / frames.length;
  const notes = [
    `${(1 / ours).toFixed(1)} frames a second; 95 of 100 frames within ${(quantile(frames, 0.95) * 1000).toFixed(1)} ms.`,
    processed,
    floorNote(session),
  ];
  return { unit: 'seconds', ours, peer: FRAME, peerName: 'the goal', ratio: ours / FRAME, spread: null, notes };
}

/** In the page: turns the wheel over the picture in each frame. @returns seconds from frame to frame */
async function moveAndZoom(count: number): Promise<number[]> {
  const pane = document.querySelector('[data-pane="annotate"]')!;
  const gaps: number[] = [];
  let last = await new Promise<number>(requestAnimationFrame);
  for (let i = 0; i < count; i++) {
    const at = { clientX: 500 + (i % 50), clientY: 350, bubbles: true, cancelable: true };
    pane.dispatchEvent(new WheelEvent('wheel', { deltaY: i % 80 < 40 ? -40 : 40, ...at }));
    const now = await new Promise<number>(requestAnimationFrame);
    gaps.push((now - last) / 1000);
    last = now;
  }
  return gaps;
}
