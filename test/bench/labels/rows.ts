/** The group `labels`: how quick the tools that change label maps are by themselves, in the order of the table. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { grabCut } from '../../../src-main/assist/grabcut.ts';
import { samFiles } from '../../../src-main/assist/sam-weights.ts';
import { openSegmenter } from '../../../src-main/assist/segmenter.ts';
import type { FromWorker, SegmentRequest } from '../../../src-main/contract/job.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { brushSegment } from '../../../src-main/labels/brush.ts';
import { fillHoles, removeSpecks } from '../../../src-main/labels/cleaning.ts';
import { connectedArea } from '../../../src-main/labels/connected.ts';
import { newDocument } from '../../../src-main/labels/document.ts';
import { hitShapes } from '../../../src-main/labels/hit.ts';
import { morphClass } from '../../../src-main/labels/morphology.ts';
import { superpixels } from '../../../src-main/labels/slic.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import { wand } from '../../../src-main/labels/wand.ts';
import type { Bench } from '../bench.ts';
import { type Measured, missing, type RowSpec } from '../row.ts';
import { againstGoal } from '../ui/session.ts';

/** A large photograph, and what the field's label maps are like. */
const LARGE = { width: 4096, height: 2160 };
const COMMON = { width: 2048, height: 1024 };
/** Seconds. A tool that is drawn with, one that is clicked with, and one that may be waited for. */
const FRAME = 0.016;
const CLICK = 0.3;
const WAIT = 1;

/** Waves of colours with noise. */
function rgb({ width, height }: typeof COMMON): Uint8Array {
  return Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const at = Math.floor(i / 3);
    const x = at % width;
    const wave = 60 * Math.sin(x / 37 + (i % 3)) + 50 * Math.sin((at - x) / width / 23);
    return 128 + wave + ((Math.imul(i, 40503) >>> 8) % 17);
  });
}

function rgba(size: typeof COMMON) {
  const from = rgb(size);
  const pixels = size.width * size.height;
  return { ...size, rgba: Uint8Array.from({ length: 4 * pixels }, (_, i) => from[3 * (i >> 2) + Math.min(2, i & 3)]) };
}

/** Areas of two classes with specks and holes. */
function classes(): Uint8Array {
  return Uint8Array.from({ length: LARGE.width * LARGE.height }, (_, at) => {
    const x = at % LARGE.width;
    const wave = Math.sin(x / 97) + Math.sin((at - x) / LARGE.width / 67);
    return wave + 0.6 * Math.sin(at * 7.1) ** 9 > 0 ? 1 : 0;
  });
}

/** @param prepare what is made anew for each time, and not measured */
function row<T>(name: string, goal: number, prepare: () => T, work: (made: T) => unknown): RowSpec {
  return {
    name,
    goal: 1,
    async measure(bench: Bench): Promise<Measured> {
      const seconds: number[] = [];
      // The first times compile the code.
      for (let turn = -2; turn < 2 * bench.settings.pairs; turn++) {
        const made = prepare();
        const began = performance.now();
        await work(made);
        if (turn >= 0) seconds.push((performance.now() - began) / 1000);
      }
      return againstGoal(seconds, goal);
    },
  };
}

/** A tool on a large label map, through a stroke that keeps what was there. */
function stroke(name: string, goal: number, work: (stroke: Stroke) => void): RowSpec {
  let map: Uint8Array | null = null;
  const prepare = () => {
    map ??= classes();
    return new Stroke(newDocument(LARGE.width, LARGE.height, map.slice()));
  };
  return row(name, goal, prepare, work);
}

function segmentRows(): RowSpec[] {
  const segment = (
    name: string,
    goal: number,
    ofRequest: (image: string) => SegmentRequest,
    fresh: boolean,
  ): RowSpec => ({
    name,
    goal: 1,
    async measure(bench: Bench) {
      const files = samFiles();
      if (!files) return missing('seconds', 'its networks are not in the cache');
      const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-bench-'));
      let heard: (message: FromWorker) => void = () => {};
      const { ask } = await openSegmenter((message) => heard(message), files);
      const answer = (request: SegmentRequest) =>
        new Promise<FromWorker>((resolve) => {
          heard = resolve;
          ask(0, request);
        });
      const seconds: number[] = [];
      for (let turn = -1; turn < bench.settings.pairs; turn++) {
        const image = path.join(folder, `${fresh ? turn : 0}.png`);
        if (fresh || turn < 0) writeFileSync(image, encodeImage({ ...COMMON, data: rgb(COMMON) }));
        const began = performance.now();
        const said = await answer(ofRequest(image));
        if (said.type !== 'inspected') throw new Error(`It said ${JSON.stringify(said)}.`);
        if (turn >= 0) seconds.push((performance.now() - began) / 1000);
      }
      rmSync(folder, { recursive: true });
      return againstGoal(seconds, goal);
    },
  });
  const points = [{ x: 700, y: 400, inside: true }];
  return [
    segment('segment.look', 10, (image) => ({ kind: 'prepare', image }), true),
    segment('segment.click', CLICK, (image) => ({ kind: 'segment', image, points, box: null }), false),
  ];
}

const shapes = () =>
  Array.from({ length: 1000 }, (_, i) => {
    const middle = [(i % 40) * 100, Math.floor(i / 40) * 80];
    const ring = Array.from({ length: 100 }, (_, k) => middle[k % 2] + 80 * Math.cos(k / 16 - (k % 2) * 1.6));
    return { id: i + 1, class: 0, rings: [ring] };
  });

export function labelRows(): RowSpec[] {
  return [
    stroke('brush', FRAME, (made) =>
      brushSegment({ size: 200, round: true }, [1000, 900], [1040, 930], LARGE, (y, from, to) =>
        made.span(y, from, to, 3),
      ),
    ),
    row('hit', FRAME, shapes, (made) => hitShapes(made, [1630, 870], 4)),
    // All of it, which takes longest.
    stroke('fill', CLICK, (made) =>
      connectedArea(
        LARGE,
        0,
        0,
        () => true,
        (y, from, to) => made.span(y, from, to, 3),
      ),
    ),
    row(
      'wand',
      CLICK,
      () => rgba(COMMON),
      (picture) => wand(picture, 9, 9, { tolerance: 255, connected: true }, () => {}),
    ),
    ...([2, 20] as const).map((radius) =>
      stroke(`close.${radius}`, WAIT, (made) =>
        morphClass(made.document, 1, 'close', radius, (y, from, to, value) => made.span(y, from, to, value)),
      ),
    ),
    stroke('holes', WAIT, (made) =>
      fillHoles(made.document, 1, 100, (y, from, to, value) => made.span(y, from, to, value)),
    ),
    stroke('specks', WAIT, (made) =>
      removeSpecks(made.document, null, 50, 255, (y, from, to, value) => made.span(y, from, to, value)),
    ),
    row(
      'superpixels',
      WAIT,
      () => rgba(COMMON),
      (picture) => superpixels(picture, 16),
    ),
    row(
      'grabcut',
      WAIT,
      () => ({ ...COMMON, data: rgb(COMMON) }),
      (image) => grabCut(image, { x: 300, y: 200, width: 500, height: 600 }),
    ),
    ...segmentRows(),
  ];
}
