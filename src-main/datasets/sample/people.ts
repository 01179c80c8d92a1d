/** People on foot and on bicycles, drawn as flat figures that face the camera. */
import { CYCLIST, PERSON } from './classes.ts';
import { type Draw, facing, type Light, pick } from './light.ts';
import { type Colour, NONE, type Raster } from './raster.ts';
import { distanceToLine, ramp, speck } from './texture.ts';

const CLOTHES: readonly Colour[] = [
  [44, 48, 62],
  [124, 40, 44],
  [176, 170, 158],
  [58, 84, 60],
  [34, 34, 36],
  [84, 100, 150],
  [190, 140, 70],
  [206, 206, 204],
  [104, 74, 96],
];
const SKIN: readonly Colour[] = [
  [206, 166, 140],
  [164, 120, 92],
  [110, 78, 60],
  [226, 190, 166],
];

export interface Figure {
  x: number;
  z: number;
  height: number;
  /** −1 … 1: where in a step the legs are. */
  stride: number;
  coat: Colour;
  trousers: Colour;
  skin: Colour;
  hair: Colour;
  key: number;
}

export function drawFigure(draw: Draw, x: number, z: number): Figure {
  return {
    x,
    z,
    height: draw() < 0.12 ? draw(1, 1.4) : draw(1.58, 1.9),
    stride: draw(-1, 1),
    coat: pick(draw, CLOTHES),
    trousers: pick(draw, CLOTHES),
    skin: pick(draw, SKIN),
    hair: pick(draw, [
      [40, 32, 28],
      [92, 66, 44],
      [150, 128, 92],
      [60, 58, 60],
    ] as Colour[]),
    key: Math.floor(draw(0, 1e6)),
  };
}

/** A small soft shadow under a figure. */
export function shadeFigure(raster: Raster, at: { x: number; z: number }, wide: number, light: Light): void {
  const shift = (-light.sun[0] / light.sun[1]) * 0.5 * light.clear;
  raster.shadow([at.x - wide + shift, 0.02, at.z - 0.35], [2 * wide, 0, 0], [0, 0, 0.7], (u, v) => {
    return 1 - 0.45 * ramp(1, 0.3, Math.hypot(u - 0.5, v - 0.5) * 2);
  });
}

/** The parts of a body, as the distance of a point from each part's middle line less its half width. */
function body(figure: Figure, x: number, y: number, hip: number, feet: [Foot, Foot]): Colour | undefined {
  const h = figure.height;
  const head = Math.hypot(x, (y - 0.915 * h) * 0.85) - 0.062 * h;
  if (head < 0) return y > 0.935 * h || Math.abs(x) > 0.05 * h ? figure.hair : figure.skin;
  const shoulder = 0.8 * h;
  const swing = figure.stride * 0.06 * h;
  for (const side of [-1, 1]) {
    const arm = distanceToLine(
      x,
      y,
      side * 0.115 * h,
      shoulder,
      side * (0.15 * h) + side * swing * 0.4,
      hip - 0.02 * h,
    );
    if (arm < 0.03 * h) return y < hip + 0.02 * h ? figure.skin : figure.coat;
  }
  const torso = distanceToLine(x, y, 0, shoulder - 0.02 * h, 0, hip + 0.03 * h);
  if (torso < 0.105 * h) return figure.coat;
  for (const foot of feet) {
    const [side, fx, fy] = foot;
    if (distanceToLine(x, y, side * 0.05 * h, hip, fx, fy) < 0.042 * h)
      return y < fy + 0.05 * h ? [32, 30, 30] : figure.trousers;
  }
  return undefined;
}

type Foot = [side: number, x: number, y: number];

export function paintPerson(raster: Raster, figure: Figure, light: Light): void {
  const h = figure.height;
  const half = 0.24 * h;
  const step = figure.stride * 0.1 * h;
  const feet: [Foot, Foot] = [
    [-1, -0.06 * h - step, 0.03 * h + Math.max(0, step) * 0.3],
    [1, 0.06 * h + step, 0.03 * h + Math.max(0, -step) * 0.3],
  ];
  const lit = light.at(figure.x, figure.z) * facing(light, [0, 0, -1]) * 1.1;
  const shade = 0.2 * light.clear * Math.sign(light.sun[0]);
  raster.surface([figure.x - half, 0, figure.z], [2 * half, 0, 0], [0, h, 0], (u, v, _, paint) => {
    const x = (u - 0.5) * 2 * half;
    const y = v * h;
    const colour = body(figure, x, y, 0.48 * h, feet);
    if (!colour) return NONE;
    paint.set(colour, lit * (1 + shade * (x / half)) * (0.9 + 0.2 * speck(x * 24, y * 24, figure.key)));
    return PERSON;
  });
}

/** A cyclist, seen from the side (crossing the street) or from behind or in front (riding along it). */
export function paintCyclist(raster: Raster, figure: Figure, sideways: boolean, light: Light): void {
  const h = figure.height;
  const half = sideways ? 0.95 : 0.34;
  const top = 0.36 * h + 0.62 * h + 0.5;
  const lit = light.at(figure.x, figure.z) * facing(light, [0, 0, -1]) * 1.1;
  const frame: Colour = [70 + (figure.key % 150), 50, 60 + (figure.key % 90)];
  const look = figure.stride < 0 ? -1 : 1;
  raster.surface([figure.x - half, 0, figure.z], [2 * half, 0, 0], [0, top, 0], (u, v, _, paint) => {
    const x = (u - 0.5) * 2 * half;
    const y = v * top;
    const colour = sideways ? riderFromSide(figure, x * look, y, frame) : riderFromBehind(figure, x, y, frame);
    if (!colour) return NONE;
    paint.set(colour, lit * (0.92 + 0.16 * speck(x * 24, y * 24, figure.key)));
    return CYCLIST;
  });
}

function riderFromSide(figure: Figure, x: number, y: number, frame: Colour): Colour | undefined {
  const lean = 0.22;
  if (Math.hypot(x - lean - 0.1, y - 1.58) < 0.115) return y > 1.62 ? figure.hair : figure.skin;
  if (distanceToLine(x, y, -0.12, 0.98, lean, 1.36) < 0.135) return figure.coat;
  if (distanceToLine(x, y, lean, 1.36, 0.42, 1.04) < 0.055) return figure.coat;
  const knee = 0.16 + 0.06 * figure.stride;
  if (distanceToLine(x, y, -0.12, 0.95, knee, 0.72) < 0.085) return figure.trousers;
  if (distanceToLine(x, y, knee, 0.72, 0.05, 0.3) < 0.06) return figure.trousers;
  for (const wheel of [-0.54, 0.54]) {
    const r = Math.hypot(x - wheel, y - 0.34);
    if (Math.abs(r - 0.32) < 0.035 || r < 0.05) return [30, 30, 32];
  }
  const bars: [number, number, number, number][] = [
    [-0.54, 0.34, 0.02, 0.3],
    [0.02, 0.3, -0.14, 0.86],
    [0.02, 0.3, 0.42, 0.84],
    [-0.1, 0.74, 0.4, 0.8],
    [0.54, 0.34, 0.4, 1.02],
  ];
  return bars.some(([ax, ay, bx, by]) => distanceToLine(x, y, ax, ay, bx, by) < 0.035) ? frame : undefined;
}

function riderFromBehind(figure: Figure, x: number, y: number, frame: Colour): Colour | undefined {
  if (Math.hypot(x, y - 1.6) < 0.115) return y > 1.58 ? figure.hair : figure.skin;
  if (distanceToLine(x, y, 0, 1.05, 0, 1.34) < 0.18) return figure.coat;
  const side = Math.sign(x) || 1;
  if (distanceToLine(x, y, side * 0.2, 1.36, side * 0.29, 1.06) < 0.055) return figure.coat;
  const push = side * figure.stride > 0 ? 0.16 : 0;
  if (distanceToLine(x, y, side * 0.1, 0.95, side * 0.12, 0.4 + push) < 0.075)
    return y < 0.46 + push ? [32, 30, 30] : figure.trousers;
  if (Math.abs(x) < 0.035 && y < 0.68) return [30, 30, 32];
  if (Math.abs(x) < 0.05 && y < 1) return frame;
  return Math.abs(y - 1.03) < 0.025 && Math.abs(x) < 0.3 ? frame : undefined;
}
