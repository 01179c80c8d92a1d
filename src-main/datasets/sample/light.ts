import type { Colour, Vec } from './raster.ts';

/** Random numbers of one scene, one after the other: in [0, 1), or between two numbers. */
export type Draw = (from?: number, to?: number) => number;

/** The light of a scene. */
export interface Light {
  /** Towards the sun, of length 1. */
  sun: Vec;
  /** How much of the light is the sun's: 0 under clouds, 1 on a clear day. */
  clear: number;
  /** The factor for what stands at a place on the ground: lower in a building's shadow. */
  at(x: number, z: number): number;
}

/** The factor for a surface that looks into a direction of length 1. */
export function facing(light: Light, normal: Vec): number {
  const cosine = normal[0] * light.sun[0] + normal[1] * light.sun[1] + normal[2] * light.sun[2];
  return 0.74 - 0.1 * light.clear + 0.42 * light.clear * Math.max(0, cosine);
}

export function pick<T>(draw: Draw, list: readonly T[]): T {
  return list[Math.floor(draw() * list.length)];
}

export function blend(a: Colour, b: Colour, share: number): Colour {
  return [a[0] + (b[0] - a[0]) * share, a[1] + (b[1] - a[1]) * share, a[2] + (b[2] - a[2]) * share];
}
