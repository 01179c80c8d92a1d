/** What stands on pavements: lamp posts, signs, traffic lights, bins. */
import { NOTHING, POLE, SIGN } from './classes.ts';
import { type Draw, facing, type Light, pick } from './light.ts';
import { type Colour, NONE, type Painter, type Raster } from './raster.ts';
import { speck } from './texture.ts';

const METAL: readonly Colour[] = [
  [104, 108, 110],
  [72, 76, 78],
  [138, 140, 138],
  [62, 78, 66],
];

/** An upright post, round to the eye: lighter on the sun's side. */
function post(raster: Raster, x: number, z: number, height: number, width: number, colour: Colour, light: Light): void {
  const lit = light.at(x, z);
  const slope = Math.sign(light.sun[0]) * 0.5 * light.clear;
  raster.surface([x - width / 2, 0, z], [width, 0, 0], [0, height, 0], (u, v, _, paint) => {
    // Twice as wide at the foot.
    if (v > 0.15 && Math.abs(u - 0.5) > 0.34) return NONE;
    paint.set(colour, lit * (0.85 + slope * (u - 0.5)));
    return POLE;
  });
}

/** A lamp post with its arm over the road. */
export function paintLamp(raster: Raster, draw: Draw, x: number, z: number, towards: -1 | 1, light: Light): void {
  const height = draw(5.5, 8.5);
  const colour = pick(draw, METAL);
  post(raster, x, z, height, draw(0.17, 0.24), colour, light);
  const reach = draw(0.9, 1.9);
  const lit = light.at(x, z) * 0.8;
  const arm: Painter = (u, _v, _z, paint) => {
    paint.set(u > 0.62 ? [168, 168, 160] : colour, lit);
    return POLE;
  };
  const from = towards > 0 ? x : x - reach;
  const flip: Painter = (u, v, z2, paint) => arm(1 - u, v, z2, paint);
  raster.surface([from, height - 0.12, z], [reach, 0, 0], [0, 0.13, 0], towards > 0 ? arm : flip);
}

type Plate = (x: number, y: number) => Colour | undefined;

const WHITE: Colour = [232, 232, 230];
const RED: Colour = [188, 30, 34];
const BLUE: Colour = [30, 76, 160];

/** Faces of signs, in a square of −1 … 1. */
const PLATES: readonly Plate[] = [
  // No entry
  (x, y) => (Math.hypot(x, y) > 1 ? undefined : Math.abs(y) < 0.2 && Math.abs(x) < 0.7 ? WHITE : RED),
  // Speed limit
  (x, y) => {
    const r = Math.hypot(x, y);
    if (r > 1) return undefined;
    if (r > 0.74) return RED;
    return Math.abs(y) < 0.36 && Math.abs(Math.abs(x) - 0.28) < 0.15 ? [30, 30, 30] : WHITE;
  },
  // Give way
  (x, y) => {
    const edge = Math.min(0.85 - y, (y + 1) * 0.5 - Math.abs(x) * 0.92);
    return edge < 0 ? undefined : edge < 0.17 ? RED : WHITE;
  },
  // Danger
  (x, y) => {
    const edge = Math.min(y + 0.85, (1 - y) * 0.5 - Math.abs(x) * 0.92);
    return edge < 0 ? undefined : edge < 0.15 ? RED : Math.abs(x) < 0.1 ? [30, 30, 30] : [238, 206, 70];
  },
  // Crossing
  (x, y) =>
    Math.max(Math.abs(x), Math.abs(y)) > 0.92 ? undefined : Math.abs(x) + Math.abs(y + 0.1) < 0.6 ? WHITE : BLUE,
  // Way ahead
  (x, y) => (Math.hypot(x, y) > 1 ? undefined : Math.abs(x) < 0.16 && Math.abs(y) < 0.6 ? WHITE : BLUE),
  // Directions
  (x, y) =>
    Math.abs(y) > 0.62 ? undefined : Math.abs(Math.abs(y) - 0.2) < 0.1 && Math.abs(x) < 0.7 ? WHITE : [36, 92, 70],
];

/** A road sign on its post. */
export function paintSign(raster: Raster, draw: Draw, x: number, z: number, light: Light): void {
  const size = draw(0.32, 0.46);
  const middle = draw(2.2, 2.7);
  post(raster, x, z, middle + size, draw(0.1, 0.13), pick(draw, METAL), light);
  const plate = pick(draw, PLATES);
  const lit = light.at(x, z) * facing(light, [0, 0, -1]) * 1.25;
  const wide = plate === PLATES[6] ? 1.7 : 1;
  raster.surface(
    [x - size * wide, middle - size, z - 0.06],
    [2 * size * wide, 0, 0],
    [0, 2 * size, 0],
    (u, v, _, paint) => {
      const colour = plate(u * 2 - 1, v * 2 - 1);
      if (!colour) return NONE;
      paint.set(colour, lit);
      return SIGN;
    },
  );
}

/** A traffic light: its box counts as a sign. */
export function paintTrafficLight(raster: Raster, draw: Draw, x: number, z: number, light: Light): void {
  post(raster, x, z, 2.6, 0.15, METAL[1], light);
  const on = Math.floor(draw(0, 3));
  const lamps: readonly Colour[] = [
    [60, 210, 110],
    [240, 180, 50],
    [240, 50, 40],
  ];
  raster.surface([x - 0.19, 2.3, z - 0.08], [0.38, 0, 0], [0, 1.02, 0], (u, v, _, paint) => {
    const lamp = Math.min(2, Math.floor(v * 3));
    const inLamp = Math.hypot((u - 0.5) * 0.38, (v * 3 - lamp - 0.5) * 0.34) < 0.12;
    paint.set(inLamp ? lamps[lamp] : [30, 32, 32], inLamp ? (lamp === on ? 1.05 : 0.25) : 0.9);
    return SIGN;
  });
}

/** A bin or a cabinet: nothing that has a class. */
export function paintBin(raster: Raster, draw: Draw, x: number, z: number, light: Light): void {
  const height = draw(0.8, 1.25);
  const width = draw(0.45, 0.8);
  const colour = pick(draw, [
    [52, 66, 56],
    [86, 88, 90],
    [46, 58, 84],
  ] as Colour[]);
  const lit = light.at(x, z);
  const key = Math.floor(draw(0, 1e6));
  const faces = [
    { o: [x - width / 2, 0, z], u: [width, 0, 0], f: facing(light, [0, 0, -1]) },
    { o: [x + width / 2, 0, z], u: [0, 0, width], f: facing(light, [1, 0, 0]) },
    { o: [x - width / 2, 0, z], u: [0, 0, width], f: facing(light, [-1, 0, 0]) },
  ] as const;
  for (const { o, u, f } of faces) {
    raster.surface(o, u, [0, height, 0], (s, t, _, paint) => {
      paint.set(colour, lit * f * (t > 0.86 ? 0.75 : 1) * (0.94 + 0.12 * speck(s * 9, t * 12, key)));
      return NOTHING;
    });
  }
}
