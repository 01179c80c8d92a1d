/** Points as pixels, without a graphics card: a hundred thousand discs take a few milliseconds this way. Pure. */
import type { Viewport } from '../canvas/viewport.ts';
import type { Points } from './points.ts';

/** How a point is shown: among those that do not count now, as it is, or chosen. */
export const DIM = 0;
export const PLAIN = 1;
export const CHOSEN = 2;

export interface Look {
  /** Of each point, as a pixel: bytes red, green, blue, 255. */
  colours: Uint32Array;
  /** DIM, PLAIN or CHOSEN, of each point. */
  marks: Uint8Array;
  /** Radius of a disc in pixels. */
  radius: number;
  /** Pixels of the ground, of dim points, and of the ring around chosen ones. */
  ground: number;
  dim: number;
  ring: number;
}

export interface Picture {
  width: number;
  height: number;
  pixels: Uint32Array;
}

/** A colour as a pixel of a picture (little-endian). */
export function pixel([red, green, blue]: readonly number[]): number {
  return (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
}

/**
 * Draws all points, the dim ones first, the chosen ones last.
 * @param view what is seen: `scale` in pixels of the picture for each unit of the points
 */
export function paintPoints(picture: Picture, points: Points, view: Viewport, look: Look): void {
  const { width, height, pixels } = picture;
  pixels.fill(look.ground);
  const disc = discOf(look.radius, width);
  const ring = discOf(look.radius + 2, width);
  const passes = [
    { mark: DIM, shape: disc, colour: look.dim },
    { mark: PLAIN, shape: disc, colour: null },
    { mark: CHOSEN, shape: ring, colour: look.ring },
    { mark: CHOSEN, shape: disc, colour: null },
  ];
  const { x, y } = points;
  const { marks, colours } = look;
  for (const { mark, shape, colour } of passes) {
    const { reach } = shape;
    for (let i = 0; i < x.length; i++) {
      if (marks[i] !== mark) continue;
      const column = Math.round(width / 2 + (x[i] - view.x) * view.scale);
      const row = Math.round(height / 2 + (y[i] - view.y) * view.scale);
      if (column < -reach || row < -reach || column >= width + reach || row >= height + reach) continue;
      const inside = column >= reach && row >= reach && column < width - reach && row < height - reach;
      if (inside) stamp(pixels, row * width + column, shape, colour ?? colours[i]);
      else stampCut(picture, column, row, shape, colour ?? colours[i]);
    }
  }
}

interface Disc {
  reach: number;
  /** Steps from the middle to the pixels that it covers whole, in a picture of a certain width. */
  whole: Int32Array;
  /** The same of those at its edge, and how much of them it covers, in 256ths. */
  edge: Int32Array;
  cover: Uint16Array;
  /** All of them by column and row. */
  all: { dx: number; dy: number; cover: number }[];
}

/** The pixels of a disc around a pixel's middle, softened at its edge. */
function discOf(radius: number, width: number): Disc {
  const reach = Math.ceil(radius);
  const side = 2 * reach + 1;
  const all = Array.from({ length: side * side }, (_, i) => {
    const [dx, dy] = [(i % side) - reach, Math.floor(i / side) - reach];
    return { dx, dy, cover: Math.round(256 * Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(dx, dy)))) };
  }).filter(({ cover }) => cover > 0);
  const edge = all.filter(({ cover }) => cover < 256);
  const step = ({ dx, dy }: { dx: number; dy: number }) => dy * width + dx;
  return {
    reach,
    whole: Int32Array.from(
      all.filter(({ cover }) => cover === 256),
      step,
    ),
    edge: Int32Array.from(edge, step),
    cover: Uint16Array.from(edge, ({ cover }) => cover),
    all,
  };
}

function stamp(pixels: Uint32Array, middle: number, { whole, edge, cover }: Disc, colour: number): void {
  for (let n = 0; n < whole.length; n++) pixels[middle + whole[n]] = colour;
  for (let n = 0; n < edge.length; n++) {
    const at = middle + edge[n];
    pixels[at] = mix(pixels[at], colour, cover[n]);
  }
}

/** A disc that reaches over the picture's border. */
function stampCut(
  { width, height, pixels }: Picture,
  column: number,
  row: number,
  { all }: Disc,
  colour: number,
): void {
  for (const { dx, dy, cover } of all) {
    const left = column + dx;
    const top = row + dy;
    if (left < 0 || top < 0 || left >= width || top >= height) continue;
    const at = top * width + left;
    pixels[at] = cover === 256 ? colour : mix(pixels[at], colour, cover);
  }
}

/** `share` 256ths of a colour over another, less than all. */
function mix(under: number, over: number, share: number): number {
  const rest = 256 - share;
  // Two channels at a time, with room for what overflows each.
  const even = ((Math.imul(under & 0xff00ff, rest) + Math.imul(over & 0xff00ff, share)) >>> 8) & 0xff00ff;
  const odd = (Math.imul((under >>> 8) & 0xff00ff, rest) + Math.imul((over >>> 8) & 0xff00ff, share)) & 0xff00ff00;
  return (even | odd) >>> 0;
}
