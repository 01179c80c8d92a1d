/** Label maps drawn from shapes: each covers what was drawn before it. */
import { Problem } from '../contract/problem.ts';
import { ellipse, type FillRule, fillArea, fillTouched, type Spend } from '../labels/rasterise.ts';
import { checkRuns, eachRun, runsOfText, spansOfColumns } from '../labels/rle.ts';
import { inImage, type Span } from '../labels/spans.ts';
import { decodeLabels, imageSize, MAX_PIXELS, type RawLabels } from './codec.ts';

/** Something that covers pixels; coordinates are x, y in pixels. */
export type Figure =
  | { polygon: number[] }
  /** Centre, radii, and degrees clockwise. */
  | { ellipse: [cx: number, cy: number, rx: number, ry: number, degrees: number] }
  /** Run lengths down the columns of the whole image (COCO). */
  | { columns: string | number[] }
  /** Run lengths along the rows of a box (CVAT). */
  | { rows: number[]; box: [left: number, top: number, width: number, height: number] }
  /** A PNG as base64, its non-zero pixels laid at a place (labelme). */
  | { png: string; at: [x: number, y: number] };

/** A figure with its label value. Those of one value and `object` are parts of one thing; `crowd`: as in `LabelShape`. */
export type Shape = Figure & { value: number; object?: number; crowd?: true };

/** A label map as shapes in the order of drawing. */
export interface Drawing {
  width: number;
  height: number;
  rule: FillRule;
  /** The label value where no shape lies. */
  rest: number;
  shapes: Shape[];
}

/**
 * What drawing one label map may cost, in units of about a nanosecond: thousands of shapes over a whole image. A run of
 * pixels costs so much however short it is, and a pixel of it so much more.
 */
const MAX_COST = 1_000_000_000;
const RUN_COST = 20;
const PIXEL_COST = 0.2;

/** Shapes that could not be drawn and are told one by one. */
const MAX_NOTES = 20;

/** Told of each run of pixels before it is drawn: the shape's place, the run, and the label values so far. */
export type BeforeSpan = (shape: number, y: number, from: number, to: number, data: Uint8Array) => void;

/**
 * @param file what the drawing comes from, for messages
 * @returns the label map; `notes` says in words which shapes could not be drawn
 * @throws Problem where the size is impossible or there is no end of shapes
 */
export function draw(
  drawing: Drawing,
  file: string,
  before?: BeforeSpan,
): RawLabels & { data: Uint8Array; notes: string[] } {
  const { width, height, shapes } = drawing;
  if (!(width > 0 && height > 0 && width * height <= MAX_PIXELS)) {
    throw new Problem(`${file} speaks of an image of ${width}×${height} pixels.`, { where: file, next: 'Mend it.' });
  }
  const data = new Uint8Array(width * height).fill(drawing.rest);
  const notes: string[] = [];
  let leftOut = 0;
  let cost = 0;
  const spend: Spend = (more) => {
    cost += more;
    if (cost <= MAX_COST) return;
    throw new Problem(`${file} has too many shapes on one image.`, {
      where: file,
      next: 'Split it, or simplify them.',
    });
  };
  shapes.forEach((shape, i) => {
    try {
      const span: Span = (y, from, to) => {
        spend(RUN_COST + PIXEL_COST * (to - from));
        before?.(i, y, from, to, data);
        data.fill(shape.value, y * width + from, y * width + to);
      };
      drawShape(shape, drawing, span, spend);
    } catch (error) {
      if (cost > MAX_COST) throw error;
      leftOut += 1;
      const note = `shape ${i + 1} of ${shapes.length} was left out: ${(error as Error).message}`;
      if (leftOut <= MAX_NOTES) notes.push(note);
    }
  });
  if (leftOut > MAX_NOTES) notes.push(`${leftOut - MAX_NOTES} more shapes were left out`);
  return { width, height, data, notes };
}

function drawShape(shape: Figure, { width, height, rule }: Drawing, span: Span, spend: Spend): void {
  if ('polygon' in shape || 'ellipse' in shape) {
    const points = 'polygon' in shape ? shape.polygon : ellipse(...shape.ellipse);
    (rule === 'area' ? fillArea : fillTouched)(points, width, height, span, spend);
  } else if ('columns' in shape) drawColumns(shape.columns, width, height, span);
  else if ('rows' in shape) {
    const [left, top, w, h] = shape.box;
    if (w * h > MAX_PIXELS) throw new Error('its box is too large');
    checkRuns(shape.rows, w * h);
    eachRun(shape.rows, (from, to) => {
      for (let at = from; at < to; ) {
        const y = Math.floor(at / w);
        const end = Math.min(to, (y + 1) * w);
        spend(RUN_COST);
        inImage(top + y, left + at - y * w, left + end - y * w, width, height, span);
        at = end;
      }
    });
  } else drawMask(shape, width, height, span, spend);
}

function drawMask(
  shape: { png: string; at: [x: number, y: number] },
  width: number,
  height: number,
  span: Span,
  spend: Spend,
): void {
  const bytes = Buffer.from(shape.png, 'base64');
  const size = imageSize(bytes, 'its mask');
  if (size.width > width || size.height > height) throw new Error('its mask is larger than the image');
  spend(RUN_COST * size.width * size.height);
  const mask = decodeLabels(bytes, 'its mask');
  const [left, top] = shape.at;
  for (let y = 0; y < mask.height; y++) {
    for (let x = 0; x < mask.width; x++) {
      if (mask.data[y * mask.width + x] > 0) inImage(top + y, left + x, left + x + 1, width, height, span);
    }
  }
}

function drawColumns(columns: string | number[], width: number, height: number, span: Span): void {
  const runs = typeof columns === 'string' ? runsOfText(columns) : columns;
  checkRuns(runs, width * height);
  spansOfColumns(runs, height, span);
}
