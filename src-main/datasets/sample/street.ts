/** What a scene stands on and between: sky, road, pavements and the rows of houses. */
import { BUILDING, PAVEMENT, ROAD, SKY, VEGETATION } from './classes.ts';
import { blend, type Draw, facing, type Light, pick } from './light.ts';
import { type Colour, NONE, type Painter, type Raster, type Vec } from './raster.ts';
import { cloudy, ramp, smooth, speck } from './texture.ts';

/** Widths in metres; everything is symmetric about X = 0, the middle of the road. */
export interface Street {
  roadHalf: number;
  pavement: number;
  /** Grass between road and pavement. */
  verge: number;
  /** Front gardens between pavement and houses, left and right. */
  garden: [left: number, right: number];
  crossing: number | undefined;
  asphalt: Colour;
  slabs: Colour;
  key: number;
}

export interface House {
  side: -1 | 1;
  from: number;
  to: number;
  height: number;
  roof: number;
  wall: Colour;
  tiles: Colour;
  style: 'terrace' | 'plaster' | 'office';
  key: number;
}

/** How far the houses reach. */
export const FAR = 110;

/** The X of the house fronts on a side. */
export function frontOf(street: Street, side: -1 | 1): number {
  return side * (street.roadHalf + street.verge + street.pavement + street.garden[side < 0 ? 0 : 1]);
}

const WALLS: readonly Colour[] = [
  [148, 86, 68],
  [126, 72, 60],
  [186, 160, 126],
  [205, 190, 165],
  [170, 172, 174],
  [222, 214, 198],
  [140, 128, 120],
  [176, 138, 104],
  [120, 126, 134],
  [198, 176, 150],
];
const TILES: readonly Colour[] = [
  [112, 66, 54],
  [84, 80, 84],
  [96, 88, 80],
  [70, 76, 88],
];

/** A row of houses on one side, with gaps. */
export function drawHouses(draw: Draw, side: -1 | 1): House[] {
  const houses: House[] = [];
  const town = draw(5.5, 11);
  for (let z = -8 + draw(0, 8); z < FAR; ) {
    const office = draw() < 0.18;
    const width = office ? draw(12, 22) : draw(6, 12);
    const storeys = Math.max(2, Math.round((town + draw(-2.5, office ? 7 : 3)) / 3));
    houses.push({
      side,
      from: z,
      to: z + width,
      height: storeys * 3 + 0.6,
      roof: office || draw() < 0.25 ? 0 : draw(1.8, 3.2),
      wall: pick(draw, WALLS),
      tiles: pick(draw, TILES),
      style: office ? 'office' : draw() < 0.55 ? 'terrace' : 'plaster',
      key: Math.floor(draw(0, 1e6)),
    });
    z += width + (draw() < 0.24 ? draw(2.5, 9) : 0);
  }
  return houses;
}

/** Sky with clouds, brighter towards the horizon. */
export function skyPainter(draw: Draw, clear: number, haze: Colour): Painter {
  const top = blend([150, 158, 168], [82, 132, 200], clear * draw(0.7, 1));
  const cloud = blend([196, 199, 204], [246, 246, 244], clear);
  const cover = draw(0.35, 0.62) + (1 - clear) * 0.15;
  const key = Math.floor(draw(0, 1e6));
  return (u, v, _, paint) => {
    const height = Math.max(0.02, 0.62 - v);
    const puff = cloudy((u - 0.5) / (height + 0.12) + 10, 2.2 / (height + 0.25), key, 3);
    const clouds = ramp(1 - cover, 1 - cover + 0.3, puff) * 0.85;
    paint.set(blend(blend(haze, top, ramp(0, 0.6, height)), cloud, clouds * ramp(0, 0.25, height)));
    return SKY;
  };
}

/** The ground from the camera to the horizon: road with its markings, kerbs, pavements, grass. */
export function paintGround(raster: Raster, street: Street, light: Light): void {
  const { roadHalf, verge, pavement, key } = street;
  const kerb = roadHalf + 0.18;
  const slabsFrom = roadHalf + verge;
  const slabsTo = slabsFrom + pavement;
  const wide = 160;
  const deep = 420;
  raster.surface([-wide / 2, 0, 0], [wide, 0, 0], [0, 0, deep], (u, v, distance, paint) => {
    const x = (u - 0.5) * wide;
    const z = v * deep;
    const near = Math.max(0, 1 - distance / 45);
    const grit = near > 0 ? (speck(x * 38, z * 24, key) - 0.5) * 0.2 * near ** 2 : 0;
    const grain = 1 + grit + (cloudy(x * 0.5, z * 0.22, key, 2) - 0.5) * 0.3;
    const lit = light.at(x, z) * grain * (0.86 + 0.14 * light.clear);
    const side = Math.abs(x);
    if (side < roadHalf) {
      const worn = 1 - 0.09 * Math.max(0, Math.cos((side - roadHalf / 2) * 3.4));
      paint.set(street.asphalt, lit * worn);
      const paintLeft = marking(street, x, z) * (0.55 + 0.45 * smooth(x * 3, z * 3, key + 5));
      if (paintLeft > 0) {
        paint.r += (232 * lit - paint.r) * paintLeft;
        paint.g += (232 * lit - paint.g) * paintLeft;
        paint.b += (226 * lit - paint.b) * paintLeft;
      }
      return ROAD;
    }
    if (side < kerb) {
      paint.set([176, 174, 168], lit);
      return PAVEMENT;
    }
    if (side >= slabsFrom && side < slabsTo) {
      const joint =
        near > 0.3 && (mod(side - slabsFrom, 0.7) < 0.05 || mod(z + (side > slabsFrom + 0.7 ? 0.35 : 0), 0.9) < 0.06);
      const slab = 1 + (speck(Math.floor(side / 0.7), Math.floor(z / 0.9), key + 2) - 0.5) * 0.14 * near;
      paint.set(street.slabs, lit * slab * (joint ? 0.82 : 1));
      return PAVEMENT;
    }
    const blade = 0.8 + 0.4 * smooth(x * 7, z * 5, key + 3);
    paint.set([92, 118, 54], lit * blade);
    return VEGETATION;
  });
}

/** How much road paint lies at a place, 0–1: the dashed middle, the edge lines, a zebra crossing. */
function marking(street: Street, x: number, z: number): number {
  const { crossing, roadHalf } = street;
  if (crossing !== undefined && z > crossing - 1 && z < crossing + 4) {
    return z > crossing && z < crossing + 3 && mod(x + 100, 1.1) < 0.55 ? 0.9 : 0;
  }
  if (Math.abs(x) < 0.07) return mod(z, 7) < 3.4 ? 0.9 : 0;
  return Math.abs(Math.abs(x) - roadHalf + 0.32) < 0.05 ? 0.75 : 0;
}

/** All houses, and whatever closes the street far away. */
export function paintHouses(raster: Raster, street: Street, houses: readonly House[], light: Light): void {
  for (const house of houses) {
    const x = frontOf(street, house.side);
    const length = house.to - house.from;
    const outward = facing(light, [-house.side, 0, 0]);
    const front = frontPainter(house, length, outward);
    raster.surface([x, 0, house.from], [0, 0, length], [0, house.height, 0], front);
    const deep = 9;
    const gable = facing(light, [0, 0, -1]) * 0.92;
    const key = house.key;
    raster.surface(
      [x, 0, house.from],
      [house.side * deep, 0, 0],
      [0, house.height + house.roof, 0],
      (u, v, _, paint) => {
        const y = v * (house.height + house.roof);
        // The gable's triangle stands on the wall.
        if (y > house.height && y - house.height > house.roof * (1 - Math.abs(u - 0.5) * 2)) return NONE;
        paint.set(house.wall, gable * (0.9 + 0.2 * cloudy(u * 6, y * 0.7, key, 2)));
        return BUILDING;
      },
    );
    if (house.roof > 0) {
      const light2 = facing(light, normalised([-house.side * house.roof, deep / 2, 0]));
      raster.surface(
        [x - house.side * 0.25, house.height - 0.1, house.from],
        [0, 0, length],
        [house.side * (deep / 2 + 0.25), house.roof + 0.1, 0],
        (u, v, z, paint) => {
          const row = mod(v * 14, 1) < 0.22 && z < 40 ? 0.84 : 1;
          paint.set(house.tiles, light2 * row * (0.85 + 0.3 * smooth(u * length * 1.5, v * 9, key)));
          return BUILDING;
        },
      );
    }
  }
}

function frontPainter(house: House, length: number, lit: number): Painter {
  const { height, key, wall } = house;
  const office = house.style === 'office';
  const bay = office ? 2.1 : house.style === 'terrace' ? 2.6 : 3;
  const bays = Math.max(1, Math.round(length / bay));
  const shop = speck(key, 1, 7) < 0.35;
  const trim: Colour = speck(key, 2, 7) < 0.6 ? [226, 222, 212] : [92, 84, 78];
  const doorColour: Colour = pickBy(key, [
    [96, 40, 36],
    [38, 60, 90],
    [44, 74, 52],
    [70, 66, 62],
  ]);
  const shopColour: Colour = pickBy(key + 1, [
    [150, 48, 44],
    [44, 92, 108],
    [52, 52, 58],
    [170, 140, 60],
    [60, 104, 66],
  ]);
  return (u, v, z, paint) => {
    const s = u * length;
    const y = v * height;
    const near = Math.max(0, 1 - z / 40);
    let light = lit * (0.92 + 0.16 * cloudy(s * 0.5, y * 0.35, key, 2));
    if (house.style === 'terrace' && near > 0.25) {
      const row = Math.floor(y / 0.16);
      if (mod(y, 0.16) < 0.035 || mod(s + (row % 2) * 0.18, 0.36) < 0.035) light *= 1.1;
      else light *= 0.93 + 0.14 * speck(Math.floor((s + (row % 2) * 0.18) / 0.36), row, key);
    }
    paint.set(wall, light);
    if (y > height - 0.35) paint.set(trim, lit * 0.95);
    else if (y < 0.45 && !shop) paint.set(wall, light * 0.68);
    if (s < 0.12 || length - s < 0.06) paint.set(wall, light * 0.6);
    const storey = Math.floor(y / 3);
    const up = y - storey * 3;
    const at = (mod(s / (length / bays), 1) - 0.5) * (length / bays);
    const column = Math.floor(s / (length / bays));
    if (storey === 0 && shop) shopFront(s, y, length, lit, shopColour, key, paint);
    else if (storey === 0 && column === key % bays && Math.abs(at) < 0.62 && y < 2.4) {
      const frame = Math.abs(at) > 0.48 || y > 2.28;
      paint.set(frame ? trim : doorColour, lit * (frame ? 0.95 : 0.85));
    } else if (y < height - 0.6) {
      const half = office ? (length / bays) * 0.42 : 0.58;
      const [low, high] = office ? [0.7, 2.6] : [0.95, 2.45];
      if (Math.abs(at) < half + 0.12 && up > low - 0.14 && up < high + 0.1) {
        const pane = Math.abs(at) < half && up > low && up < high;
        const bar = !office && (Math.abs(at) < 0.045 || Math.abs(up - (low + high) / 2) < 0.04) && near > 0.1;
        if (pane && !bar) window(column, storey, (up - low) / (high - low), at, key, lit, paint);
        else paint.set(office ? blend(wall, [60, 60, 64], 0.5) : trim, lit * 0.94);
      }
    }
    return BUILDING;
  };
}

/** Glass: dark inside, the sky's light in the upper part, here and there a blind. */
function window(
  column: number,
  storey: number,
  up: number,
  at: number,
  key: number,
  lit: number,
  paint: { set(c: Colour, l?: number): void },
): void {
  const kind = speck(column, storey, key + 11);
  if (kind < 0.16 && up > 0.35) paint.set([214, 204, 184], lit * 0.82);
  else {
    const shine = ramp(0.2, 1, up + at * 0.3) * (0.25 + 0.5 * kind);
    paint.set(blend([34, 38, 46], [142, 162, 184], shine), 0.7 + 0.3 * lit);
  }
}

function shopFront(
  s: number,
  y: number,
  length: number,
  lit: number,
  colour: Colour,
  key: number,
  paint: { set(c: Colour, l?: number): void },
): void {
  if (y > 2.55) {
    const letters =
      y > 2.68 && y < 2.88 && s > length * 0.25 && s < length * 0.75 && speck(Math.floor(s * 5), 0, key) < 0.6;
    paint.set(letters ? [235, 228, 205] : colour, lit);
  } else if (y < 0.5 || mod(s, 2.4) < 0.16) paint.set(colour, lit * 0.7);
  else {
    const goods = speck(Math.floor(s * 3), Math.floor(y * 4), key + 4);
    paint.set(blend([48, 46, 48], [178, 160, 120], goods * goods * ramp(2.2, 0.6, y)), 0.6 + 0.4 * lit);
  }
}

function pickBy(key: number, colours: readonly Colour[]): Colour {
  return colours[key % colours.length];
}

/** The remainder that is never negative. */
export function mod(x: number, n: number): number {
  return x - Math.floor(x / n) * n;
}

export function normalised(v: Vec): Vec {
  const length = Math.hypot(...v);
  return [v[0] / length, v[1] / length, v[2] / length];
}
