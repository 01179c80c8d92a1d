import { ERRORS, errorKind } from './palette.ts';
import type { InstancePlane, Plane } from './planes.ts';
import { dirtyOf, type Frame, type PaneDrawing, planesOf, type Renderer, seenAt } from './renderer.ts';
import { SELECTED } from './shader.ts';
import type { Size } from './viewport.ts';

/** A part of a pane in device pixels, from the pane's upper left corner. */
type Part = { x: number; y: number } & Size;

/** Pixels as one number each, as they lie in memory: red first. */
const word = (red: number, green: number, blue: number, alpha: number) =>
  (red | (green << 8) | (blue << 16) | (Math.round(alpha) << 24)) >>> 0;

/** How strongly the colours of the error pane, and the outlines of instances that are not chosen, cover the picture. */
const ERROR_COVER = 0.85;
const OUTLINE_COVER = 0.8;

/** Where pixels of the canvas find their values in a plane: its column for each x, the start of its row for each y. */
interface Places {
  /** One more to either side than the part has pixels. */
  columns: Int32Array;
  rows: Int32Array;
}

function placesIn(plane: Size, pane: PaneDrawing, ratio: number, part: Part): Places {
  const { rect, view, size } = pane;
  const along = (count: number, from: number, middle: number, half: number, image: number, length: number) =>
    Int32Array.from({ length: count + 2 }, (_, i) => {
      const at = (middle + (from + i - 0.5 - half) / (view.scale * ratio)) / image;
      return Math.min(Math.max(Math.floor(at * length), 0), length - 1);
    });
  const columns = along(part.width, part.x, view.x, (rect.width * ratio) / 2, size.width, plane.width);
  const rows = along(part.height, part.y, view.y, (rect.height * ratio) / 2, size.height, plane.height);
  return { columns, rows: rows.map((row) => row * plane.width) };
}

/** The colour of each value of a label map; of 255, ignored, it has no weight. */
function inkOf(palette: Uint8Array, opacity: number): Uint32Array {
  return Uint32Array.from({ length: 256 }, (_, value) => {
    const [red, green, blue, alpha] = palette.subarray(value * 4, value * 4 + 4);
    return word(red, green, blue, alpha * opacity);
  });
}

/** A whole label map in the colours of its classes, as RGBA pixels. */
export function paintPlane({ data }: Plane, palette: Uint8Array, opacity: number): Uint8ClampedArray<ArrayBuffer> {
  const ink = inkOf(palette, opacity);
  return new Uint8ClampedArray(Uint32Array.from(data, (value) => ink[value]).buffer);
}

/**
 * What lies over the picture in a part of a pane, as RGBA pixels; what the shader does, on the CPU. Null: nothing.
 * @param ratio device pixels per CSS pixel
 */
export function paintLabels(
  pane: PaneDrawing,
  palette: Uint8Array,
  ratio = 1,
  part: Part = { x: 0, y: 0, width: pane.rect.width * ratio, height: pane.rect.height * ratio },
): Uint8ClampedArray<ArrayBuffer> | null {
  const { labels, truth, instances, mode } = pane;
  if (mode === 'image') return null;
  const pixels = new Uint32Array(part.width * part.height);
  const places = (plane: Plane | InstancePlane) => placesIn(plane, pane, ratio, part);
  if (mode === 'labels' && labels) paintClasses(pixels, part, labels, places(labels), pane, palette);
  else if (mode === 'errors' && labels && truth) paintErrors(pixels, part, pane, palette, places);
  else if (!instances) return null;
  if (instances) paintOutlines(pixels, part, instances, places(instances), pane.selected ?? 0);
  return new Uint8ClampedArray(pixels.buffer);
}

function paintClasses(
  pixels: Uint32Array,
  { width, height }: Size,
  { data }: Plane,
  { columns, rows }: Places,
  { contours, opacity }: PaneDrawing,
  palette: Uint8Array,
): void {
  const ink = inkOf(palette, opacity);
  const border = inkOf(palette, 1);
  for (let y = 1, i = 0; y <= height; y++) {
    const [above, row, below] = [rows[y - 1], rows[y], rows[y + 1]];
    for (let x = 1; x <= width; x++, i++) {
      const column = columns[x];
      const value = data[row + column];
      const edge =
        contours &&
        (data[row + columns[x + 1]] !== value ||
          data[row + columns[x - 1]] !== value ||
          data[below + column] !== value ||
          data[above + column] !== value);
      pixels[i] = edge ? border[value] : ink[value];
    }
  }
}

function paintErrors(
  pixels: Uint32Array,
  { width, height }: Size,
  { labels, truth, teacher }: PaneDrawing,
  palette: Uint8Array,
  places: (plane: Plane) => Places,
): void {
  const colors = [null, ERRORS.student.color, ERRORS.teacher.color, ERRORS.both.color];
  const inks = colors.map((color) => (color ? word(...color, 255 * ERROR_COVER) : 0));
  const [own, right, taught] = [places(labels!), places(truth!), teacher && places(teacher)];
  for (let y = 1, i = 0; y <= height; y++) {
    for (let x = 1; x <= width; x++, i++) {
      const value = truth!.data[right.rows[y] + right.columns[x]];
      if (value === 255 || palette[value * 4 + 3] === 0) continue;
      const said = labels!.data[own.rows[y] + own.columns[x]];
      const taughtValue = taught ? teacher!.data[taught.rows[y] + taught.columns[x]] : null;
      pixels[i] = inks[errorKind(value, said, taughtValue)];
    }
  }
}

function paintOutlines(
  pixels: Uint32Array,
  { width, height }: Size,
  { data }: InstancePlane,
  { columns, rows }: Places,
  selected: number,
): void {
  const chosen = word(...SELECTED, 255);
  for (let y = 1, i = 0; y <= height; y++) {
    for (let x = 1; x <= width; x++, i++) {
      const own = data[rows[y] + columns[x]];
      const beside = data[rows[y] + columns[x + 1]];
      const below = data[rows[y + 1] + columns[x]];
      if (own === beside && own === below) continue;
      const mine = selected !== 0 && (own === selected || beside === selected || below === selected);
      pixels[i] = mine ? chosen : whitened(pixels[i]);
    }
  }
}

/** A pixel with white laid over it. */
function whitened(pixel: number): number {
  const under = ((pixel >>> 24) / 255) * (1 - OUTLINE_COVER);
  const alpha = OUTLINE_COVER + under;
  const mixed = (shift: number) => Math.round((255 * OUTLINE_COVER + ((pixel >>> shift) & 255) * under) / alpha);
  return word(mixed(0), mixed(8), mixed(16), 255 * alpha);
}

/** The renderer where there is no WebGL 2: the same picture, made on the CPU. */
export function plainRenderer(canvas: HTMLCanvasElement): Renderer {
  const context = canvas.getContext('2d', { alpha: false })!;
  const scratch = document.createElement('canvas');

  /** Draws a part of a pane; `left` and `top` are the pane's place on the canvas. */
  function drawPart(
    pane: PaneDrawing,
    { palette, ground }: Frame,
    ratio: number,
    left: number,
    top: number,
    part: Part,
  ) {
    const { rect, view, size } = pane;
    const density = view.scale * ratio;
    context.save();
    context.beginPath();
    context.rect(left + part.x, top + part.y, part.width, part.height);
    context.clip();
    context.fillStyle = `rgb(${ground.join(' ')})`;
    context.fillRect(left + part.x, top + part.y, part.width, part.height);
    const [x, y] = [(rect.width * ratio) / 2 - view.x * density, (rect.height * ratio) / 2 - view.y * density];
    context.beginPath();
    context.rect(left + x, top + y, size.width * density, size.height * density);
    context.clip();
    context.imageSmoothingEnabled = density < 1;
    if (pane.mode === 'errors' && pane.labels && pane.truth) context.filter = 'grayscale(1) brightness(0.45)';
    if (pane.image) context.drawImage(pane.image, left + x, top + y, size.width * density, size.height * density);
    context.filter = 'none';
    const pixels = paintLabels(pane, palette, ratio, part);
    if (pixels) {
      if (scratch.width < part.width || scratch.height < part.height) {
        scratch.width = Math.max(scratch.width, part.width);
        scratch.height = Math.max(scratch.height, part.height);
      }
      scratch.getContext('2d')!.putImageData(new ImageData(pixels, part.width, part.height), 0, 0);
      const { width, height } = part;
      context.drawImage(scratch, 0, 0, width, height, left + part.x, top + part.y, width, height);
    }
    context.restore();
  }

  return {
    kind: '2d',
    draw(frame: Frame, ratio: number, onlyDirty: boolean) {
      if (!onlyDirty) {
        context.fillStyle = `rgb(${frame.ground.join(' ')})`;
        context.fillRect(0, 0, canvas.width, canvas.height);
      }
      for (const pane of frame.panes) {
        const { rect, clip } = pane;
        const dirty = dirtyOf(pane);
        if (onlyDirty && !dirty) continue;
        const [left, top] = [Math.round(rect.x * ratio), Math.round(rect.y * ratio)];
        const from = Math.round(rect.width * clip[0] * ratio);
        const to = Math.round(rect.width * clip[1] * ratio);
        const part = { x: from, y: 0, width: to - from, height: Math.round(rect.height * ratio) };
        if (onlyDirty && dirty) {
          const seen = seenAt(pane, dirty, ratio);
          part.x = Math.max(from, seen.left - left);
          part.width = Math.min(to, seen.right - left) - part.x;
          part.y = Math.max(0, seen.top - top);
          part.height = Math.min(part.height, seen.bottom - top) - part.y;
        }
        if (part.width > 0 && part.height > 0) drawPart(pane, frame, ratio, left, top, part);
      }
      for (const pane of frame.panes) for (const plane of planesOf(pane)) if (plane) plane.dirty = null;
    },
    prepare: () => false,
    dispose() {},
  };
}
