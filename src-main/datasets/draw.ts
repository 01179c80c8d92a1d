/** Label maps drawn from shapes: each covers what was drawn before it. */
import { Problem } from '../contract/problem.ts';
import { clipped, type Span } from '../labels/spans.ts';
import { decodeLabels, MAX_PIXELS, type RawLabels } from './codec.ts';
import { ellipse, fillArea, fillTouched } from './rasterise.ts';
import { checkRuns, eachRun, runsOfText } from './rle.ts';

/** Something that covers pixels with a label value; coordinates are x, y in pixels. */
export type Shape = { value: number } & (
  | { polygon: number[] }
  /** Centre, radii, and degrees clockwise. */
  | { ellipse: [cx: number, cy: number, rx: number, ry: number, degrees: number] }
  /** Run lengths down the columns of the whole image (COCO). */
  | { columns: string | number[] }
  /** Run lengths along the rows of a box (CVAT). */
  | { rows: number[]; box: [left: number, top: number, width: number, height: number] }
  /** A PNG as base64, its non-zero pixels laid at a place (labelme). */
  | { png: string; at: [x: number, y: number] }
);

/** A label map as shapes in the order of drawing. */
export interface Drawing {
  width: number;
  height: number;
  /** Which pixels a polygon holds: see `fillArea` and `fillTouched`. */
  rule: 'area' | 'touched';
  /** The label value where no shape lies. */
  rest: number;
  shapes: Shape[];
}

/** Pixels set for one label map beyond which drawing ends: thousands of shapes over the whole image. */
const MAX_SET = 2_000_000_000;

/**
 * @param file what the drawing comes from, for messages
 * @returns the label map; `notes` says in words which shapes could not be drawn
 * @throws Problem where the size is impossible or there is no end of shapes
 */
export function draw(drawing: Drawing, file: string): RawLabels & { notes: string[] } {
  const { width, height, shapes } = drawing;
  if (!(width > 0 && height > 0 && width * height <= MAX_PIXELS)) {
    throw new Problem(`${file} speaks of an image of ${width}×${height} pixels.`, { where: file, next: 'Mend it.' });
  }
  const data = new Uint8Array(width * height).fill(drawing.rest);
  const notes: string[] = [];
  let set = 0;
  shapes.forEach((shape, i) => {
    try {
      drawShape(shape, drawing, (y, from, to) => {
        set += to - from;
        if (set > MAX_SET) throw new Problem(`${file} has too many shapes on one image.`, { where: file });
        data.fill(shape.value, y * width + from, y * width + to);
      });
    } catch (error) {
      if (set > MAX_SET) throw error;
      notes.push(`shape ${i + 1} of ${shapes.length} was left out: ${(error as Error).message}`);
    }
  });
  return { width, height, data, notes };
}

function drawShape(shape: Shape, { width, height, rule }: Drawing, span: Span): void {
  const fill = rule === 'area' ? fillArea : fillTouched;
  if ('polygon' in shape) fill(shape.polygon, width, height, span);
  else if ('ellipse' in shape) fill(ellipse(...shape.ellipse), width, height, span);
  else if ('columns' in shape) drawColumns(shape.columns, width, height, span);
  else if ('rows' in shape) {
    const [left, top, w, h] = shape.box;
    checkRuns(shape.rows, w * h);
    eachRun(shape.rows, (from, to) => {
      for (let at = from; at < to; ) {
        const y = Math.floor(at / w);
        const end = Math.min(to, (y + 1) * w);
        inImage(top + y, left + at - y * w, left + end - y * w, width, height, span);
        at = end;
      }
    });
  } else {
    const mask = decodeLabels(Buffer.from(shape.png, 'base64'), 'its mask');
    const [left, top] = shape.at;
    for (let y = 0; y < mask.height; y++) {
      for (let x = 0; x < mask.width; x++) {
        if (mask.data[y * mask.width + x] > 0) inImage(top + y, left + x, left + x + 1, width, height, span);
      }
    }
  }
}

function drawColumns(columns: string | number[], width: number, height: number, span: Span): void {
  const runs = typeof columns === 'string' ? runsOfText(columns) : columns;
  checkRuns(runs, width * height);
  eachRun(runs, (from, to) => {
    for (let at = from; at < to; at++) {
      const x = Math.floor(at / height);
      span(at - x * height, x, x + 1);
    }
  });
}

function inImage(y: number, from: number, to: number, width: number, height: number, span: Span): void {
  if (y >= 0 && y < height) clipped(y, from, to, width, span);
}
