/** Cars and vans, built from the surfaces that can be seen from behind or in front of them. */
import { CAR } from './classes.ts';
import { blend, type Draw, facing, type Light, pick } from './light.ts';
import { type Colour, NONE, type Painter, type Raster } from './raster.ts';
import { ramp } from './texture.ts';

const PAINTS: readonly Colour[] = [
  [38, 40, 44],
  [186, 188, 190],
  [222, 222, 220],
  [120, 124, 130],
  [150, 34, 34],
  [40, 64, 124],
  [70, 92, 78],
  [188, 160, 60],
  [88, 60, 48],
  [60, 120, 150],
];
const RUBBER: Colour = [26, 26, 28];
const GLASS: Colour = [36, 42, 50];

export interface Car {
  /** The middle of its near end on the ground. */
  x: number;
  z: number;
  /** Whether it comes towards the camera. */
  oncoming: boolean;
  van: boolean;
  length: number;
  width: number;
  colour: Colour;
}

export function drawCar(draw: Draw, x: number, z: number, oncoming: boolean): Car {
  const van = draw() < 0.14;
  return {
    x,
    z,
    oncoming,
    van,
    length: van ? draw(4.8, 5.6) : draw(3.7, 4.6),
    width: van ? 1.95 : draw(1.66, 1.82),
    colour: pick(draw, PAINTS),
  };
}

export function shadeCar(raster: Raster, car: Car, light: Light): void {
  const w = car.width + 0.7;
  const l = car.length + 0.5;
  const shift = (-light.sun[0] / light.sun[1]) * 0.5 * light.clear;
  raster.shadow([car.x - w / 2 + shift, 0.02, car.z - 0.3], [w, 0, 0], [0, 0, l], (u, v) => {
    const edge = Math.max(Math.abs(u - 0.5), Math.abs(v - 0.5)) * 2;
    return 1 - 0.62 * ramp(1, 0.72, edge);
  });
}

export function paintCar(raster: Raster, car: Car, light: Light): void {
  const { x, z, length, width, colour, van } = car;
  const half = width / 2;
  const here = light.at(x, z + 1);
  const belt = van ? 1.15 : 0.92;
  const top = van ? 2.15 : 1.44;
  // Lengths of what slopes at the near and at the far end of the cabin, and of the flat before it.
  const [nearFlat, nearSlope] = car.oncoming ? (van ? [0.5, 0.6] : [1, 0.75]) : van ? [0, 0.06] : [0.25, 0.45];
  const [farFlat, farSlope] = car.oncoming ? (van ? [0, 0.06] : [0.25, 0.45]) : van ? [0.5, 0.6] : [1, 0.75];
  const cabFrom = nearFlat;
  const cabTo = length - farFlat;
  const inset = van ? 0.02 : 0.1;

  const side = sidePainter(car, belt, top, { cabFrom, cabTo, nearSlope, farSlope });
  for (const sign of [-1, 1] as const) {
    const lit = here * facing(light, [sign, 0, 0]);
    raster.surface([x + sign * half, 0, z], [0, 0, length], [0, belt, 0], side(lit, 0, belt));
    raster.surface([x + sign * half, belt, z], [0, 0, length], [-sign * inset, top - belt, 0], side(lit, belt, top));
  }
  const upward = here * facing(light, [0, 1, 0]) * 1.06;
  const panel: Painter = (_u, _v, _z, paint) => {
    paint.set(colour, upward);
    return CAR;
  };
  if (nearFlat > 0) raster.surface([x - half, belt - 0.04, z], [width, 0, 0], [0, 0.04, nearFlat], panel);
  const roofFrom = cabFrom + nearSlope;
  const roofTo = cabTo - farSlope;
  raster.surface([x - half + inset, top, z + roofFrom], [width - 2 * inset, 0, 0], [0, 0.02, roofTo - roofFrom], panel);
  // The window of the near end, narrower at the top.
  const slope = here * facing(light, [0, 0.5, -0.87]);
  raster.surface([x - half, belt, z + cabFrom], [width, 0, 0], [0, top - belt, nearSlope], (u, v, _z, paint) => {
    const across = Math.abs(u - 0.5) * width;
    const edge = half - inset * v;
    if (across > edge) return NONE;
    const pane = across < edge - 0.1 && v > (van && !car.oncoming ? 0.35 : 0.08) && v < 0.9;
    const split = van && !car.oncoming && across < 0.04;
    if (pane && !split) paint.set(blend(GLASS, [150, 166, 184], ramp(0.2, 1.1, v) * 0.6), 0.6 + 0.4 * here);
    else paint.set(colour, slope);
    return CAR;
  });
  raster.surface(
    [x - half, 0, z],
    [width, 0, 0],
    [0, belt, 0],
    endPainter(car, belt, here * facing(light, [0, 0, -1]), here),
  );
}

/** Near end: rear or front, with lights, number plate, bumper, and the tyres below. */
function endPainter(car: Car, belt: number, lit: number, here: number): Painter {
  const half = car.width / 2;
  return (u, v, _z, paint) => {
    const across = Math.abs(u - 0.5) * car.width;
    const y = v * belt;
    if (y < 0.26) {
      if (across < half - 0.23 || across > half - 0.04) return NONE;
      paint.set(RUBBER, here);
      return CAR;
    }
    // Rounded corners at the bottom and the top.
    if (across > half - 0.12 && (y < 0.32 || y > belt - 0.05)) return NONE;
    if (y < 0.44) paint.set([46, 46, 50], lit);
    else if (across < 0.26 && y > 0.48 && y < 0.6) paint.set(car.oncoming ? [236, 236, 232] : [226, 196, 70], lit);
    else if (car.oncoming && across > half - 0.42 && y > 0.58 && y < 0.74) paint.set([246, 244, 230], 0.5 + 0.5 * here);
    else if (car.oncoming && across < half - 0.5 && y > 0.6 && y < 0.74) paint.set([40, 40, 44], lit);
    else if (!car.oncoming && across > half - 0.24 && y > 0.6 && y < belt - 0.14)
      paint.set([168, 34, 30], 0.35 + 0.65 * here);
    else paint.set(car.colour, lit * (0.88 + 0.2 * v));
    return CAR;
  };
}

/** Both storeys of a side: wheels, doors and windows; `from` and `to` are the heights that a surface spans. */
function sidePainter(
  car: Car,
  belt: number,
  top: number,
  cab: { cabFrom: number; cabTo: number; nearSlope: number; farSlope: number },
): (lit: number, from: number, to: number) => Painter {
  const { length, colour } = car;
  const wheels = [0.72, length - 0.8];
  return (lit, from, to) => (u, v, _z, paint) => {
    const s = u * length;
    const y = from + v * (to - from);
    const wheel = Math.min(...wheels.map((at) => Math.hypot(s - at, y - 0.32)));
    if (wheel < 0.32) {
      paint.set(wheel < 0.18 ? [128, 128, 132] : RUBBER, lit);
      return CAR;
    }
    if (y < 0.26) return NONE;
    if (y <= belt) {
      if (wheel < 0.38) paint.set([20, 20, 22], lit);
      else {
        const seam = Math.abs(s - length * 0.36) < 0.02 || Math.abs(s - length * 0.62) < 0.02;
        paint.set(colour, lit * (seam ? 0.7 : y < 0.4 ? 0.72 : 0.9 + 0.18 * (y / belt)));
      }
      return CAR;
    }
    const up = (y - belt) / (top - belt);
    const near = s - cab.cabFrom - up * cab.nearSlope;
    const far = cab.cabTo - up * cab.farSlope - s;
    if (near < 0 || far < 0) return NONE;
    const windowed = !car.van || (car.oncoming ? near < 1.3 : far < 1.3);
    const pillar = near < 0.12 || far < 0.12 || Math.abs(s - length * 0.5) < 0.05;
    if (windowed && !pillar && up > 0.08 && up < 0.86)
      paint.set(blend(GLASS, [120, 136, 156], up * 0.5), 0.5 + 0.5 * lit);
    else paint.set(colour, lit);
    return CAR;
  };
}
