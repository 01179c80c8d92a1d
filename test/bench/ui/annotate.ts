/**
 * Rows of Annotate: how soon a stroke, an undo and another image with three label maps are drawn, and how evenly 1,000
 * polygons move.
 */
import { newDocument } from '../../../src-main/labels/document.ts';
import { drawShape } from '../../../src-main/labels/shapes.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import type { Bench } from '../bench.ts';
import type { Measured, RowSpec } from '../row.ts';
import { median, quantile } from '../statistics.ts';
import {
  AnnotateSession,
  CLASSES,
  IMAGES,
  settled,
  stroke,
  USUAL,
  watchPointer,
  watchUndo,
  way,
} from './annotate-session.ts';
import { computed, untilPresented } from './processes.ts';

/** Seconds, for 95 of 100. */
const BRUSH = 0.016;
const UNDO = 0.03;
const SWITCH = 0.1;
/** Seconds from frame to frame, on average. */
const FRAME = 1 / 50;
const POLYGONS = 1000;

export const annotateRows: RowSpec[] = [
  { name: 'annotate.brush', goal: 1, measure: brush },
  { name: 'annotate.undo', goal: 1, measure: undo },
  { name: 'annotate.switch', goal: 1, measure: switches },
  { name: 'annotate.polygons', goal: 1, measure: polygons },
];

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

/**
 * From the key until the next image of 2048 × 1024 is drawn with its label map, and beside it with what teacher and
 * student say, which are computed before.
 */
async function switches(bench: Bench): Promise<Measured> {
  const session = await bench.share(AnnotateSession.open);
  const { page } = session;
  await page.keyboard.press('d');
  await settled(page);
  await page.getByTestId('models-beside').click();
  await page.getByTestId('pane-student').waitFor();
  await settled(page);
  for (let i = 1; i < IMAGES; i++) {
    await page.keyboard.press('d');
    await settled(page);
  }
  const seconds: number[] = [];
  const turns = 4 * bench.settings.pairs;
  const processed = await processing(session, turns, async () => {
    for (let i = 0; i < turns; i++) {
      const key = i % (2 * IMAGES - 2) < IMAGES - 1 ? 'a' : 'd';
      seconds.push(
        await page.evaluate(async (letter) => {
          const busy = () => document.querySelector('[data-pane][aria-busy]') !== null;
          const began = performance.now();
          const code = `Key${letter.toUpperCase()}`;
          document.body.dispatchEvent(new KeyboardEvent('keydown', { key: letter, code, bubbles: true }));
          do await new Promise(requestAnimationFrame);
          while (busy());
          await new Promise(requestAnimationFrame);
          stageDrawn();
          return (performance.now() - began) / 1000;
        }, key),
      );
      await settled(page);
    }
  });
  await page.getByTestId('models-beside').click();
  await page.getByTestId('pane-student').waitFor({ state: 'detached' });
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
