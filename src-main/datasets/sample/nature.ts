/** Trees and hedges. */
import { VEGETATION } from './classes.ts';
import { type Draw, facing, type Light, pick } from './light.ts';
import { type Colour, NONE, type Raster } from './raster.ts';
import { cloudy, ramp, smooth } from './texture.ts';

const LEAVES: readonly Colour[] = [
  [74, 104, 46],
  [92, 116, 52],
  [58, 88, 48],
  [100, 112, 56],
  [112, 98, 50],
];

export interface Tree {
  x: number;
  z: number;
  height: number;
  spread: number;
  leaves: Colour;
  key: number;
}

export function drawTree(draw: Draw, x: number, z: number): Tree {
  const height = draw(4.2, 9);
  return { x, z, height, spread: height * draw(0.3, 0.46), leaves: pick(draw, LEAVES), key: Math.floor(draw(0, 1e6)) };
}

/** The shadow of a crown on the ground, with gaps of light. */
export function shadeTree(raster: Raster, tree: Tree, light: Light): void {
  const high = tree.height * 0.65;
  const dx = (-light.sun[0] / light.sun[1]) * high;
  const dz = (-light.sun[2] / light.sun[1]) * high;
  const r = tree.spread * 1.25;
  raster.shadow([tree.x + dx - r, 0.02, tree.z + dz - r], [2 * r, 0, 0], [0, 0, 2 * r], (u, v) => {
    const edge = Math.hypot(u - 0.5, v - 0.5) * 2 + (cloudy(u * 7, v * 7, tree.key, 2) - 0.5) * 0.7;
    return 1 - 0.42 * light.clear * ramp(1, 0.75, edge);
  });
}

export function paintTree(raster: Raster, tree: Tree, light: Light): void {
  const { height, spread, key } = tree;
  const half = spread * 1.15;
  const trunkTop = height * 0.42;
  const lit = light.at(tree.x, tree.z);
  raster.surface([tree.x - half, 0, tree.z], [2 * half, 0, 0], [0, height * 1.05, 0], (u, v, _, paint) => {
    const x = (u - 0.5) * 2 * half;
    const y = v * height * 1.05;
    const cx = x / spread;
    const cy = (y - height * 0.66) / (height * 0.36);
    const out = Math.hypot(cx, cy);
    // Beyond this no lump of the crown reaches, and the noise need not be asked.
    const lumps = out < 1.25 ? (cloudy(x * 1.3 + 40, y * 1.3, key, 3) - 0.5) * 1.1 : 0;
    const inside = 1 - out + lumps * 0.55;
    if (inside > 0.06 && cloudy(x * 4, y * 4, key + 3, 2) > 0.24 + 0.2 * ramp(0.35, 0, inside)) {
      const sunny = facing(light, [0, 0, -1]) + 0.3 * light.clear * (cx * light.sun[0] + cy * light.sun[1]);
      const leaf = 0.42 + 0.62 * cloudy(x * 6, y * 6, key + 1, 2) + 0.42 * cloudy(x * 1.4, y * 1.4, key + 2, 2);
      paint.set(tree.leaves, lit * leaf * sunny * 1.35);
      return VEGETATION;
    }
    const branch = Math.abs(x - (y > trunkTop ? (smooth(y * 0.8, 0, key) - 0.5) * (y - trunkTop) : 0));
    if (y < height * 0.72 && branch < 0.028 * height * (1 - (0.7 * y) / height)) {
      paint.set(
        [88, 72, 58],
        lit * (0.7 + 0.45 * smooth(x * 20, y * 3, key)) * (1 + 0.3 * Math.sign(light.sun[0]) * (x / 0.2)) * 0.85,
      );
      return VEGETATION;
    }
    return NONE;
  });
}

/** A hedge along the street: its face and its top. */
export function paintHedge(
  raster: Raster,
  hedge: { x: number; side: -1 | 1; from: number; to: number; height: number; leaves: Colour; key: number },
  light: Light,
): void {
  const { x, side, from, to, height, key } = hedge;
  const length = to - from;
  const leaf = (s: number, y: number) => 0.5 + 0.9 * cloudy(s * 5, y * 5, key, 2);
  const face = facing(light, [-side, 0, 0]);
  raster.surface([x, 0, from], [0, 0, length], [0, height + 0.2, 0], (u, v, _, paint) => {
    const s = u * length;
    const y = v * (height + 0.2);
    if (y > height + (cloudy(s * 2, 0, key, 2) - 0.5) * 0.35) return NONE;
    paint.set(hedge.leaves, face * leaf(s, y) * (0.65 + (0.45 * y) / height));
    return VEGETATION;
  });
  const end = facing(light, [0, 0, -1]);
  raster.surface([x, 0, from], [side * 0.9, 0, 0], [0, height, 0], (u, v, _, paint) => {
    paint.set(hedge.leaves, end * leaf(u + 9, v * height) * 0.8);
    return VEGETATION;
  });
  raster.surface([x, height - 0.06, from], [0, 0, length], [side * 0.9, 0, 0], (u, v, _, paint) => {
    paint.set(hedge.leaves, facing(light, [0, 1, 0]) * leaf(u * length, v) * 1.15);
    return VEGETATION;
  });
}
