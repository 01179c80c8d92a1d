/** One scene of the sample: what stands where, under which light, and the picture taken of it. */
import { randomUniform } from '../../base/random.ts';
import { BUILDING } from './classes.ts';
import { paintBin, paintLamp, paintSign, paintTrafficLight } from './furniture.ts';
import { blend, type Draw, type Light, pick } from './light.ts';
import { drawTree, paintHedge, paintTree, shadeTree, type Tree } from './nature.ts';
import { drawFigure, type Figure, paintCyclist, paintPerson, shadeFigure } from './people.ts';
import { type Colour, Raster } from './raster.ts';
import {
  drawHouses,
  FAR,
  frontOf,
  type House,
  normalised,
  paintGround,
  paintHouses,
  type Street,
  skyPainter,
} from './street.ts';
import { ramp, speck } from './texture.ts';
import { type Car, drawCar, paintCar, shadeCar } from './traffic.ts';

/** A picture and its label map; both `height·width`, row by row. */
export interface ScenePicture {
  width: number;
  height: number;
  image: Uint8Array;
  labels: Uint8Array;
}

/**
 * Draws a scene. The same seed and number give the same picture on every machine.
 * @param number which of the seed's scenes
 * @param width of the picture, in pixels
 * @param height likewise
 */
export function drawScene(seed: number, number: number, width: number, height: number): ScenePicture {
  let counter = 0;
  const draw: Draw = (from = 0, to = 1) => from + (to - from) * randomUniform(seed, 'sample', number, counter++);
  const street = drawStreet(draw);
  const houses = [...drawHouses(draw, -1), ...drawHouses(draw, 1)];
  const clear = ramp(0.15, 0.6, draw());
  const light = drawLight(draw, clear, street, houses);
  const haze = blend([198, 202, 206], [206, 216, 228], clear);
  const camera = {
    x: draw() < 0.7 ? draw(0.8, street.roadHalf - 1.2) : draw(-street.roadHalf + 1, 0.8),
    height: draw(1.25, 1.9),
    yaw: draw(-0.13, 0.13),
    focal: width * draw(0.82, 1.12),
    centre: width / 2,
    horizon: height * draw(0.42, 0.54),
  };
  const raster = new Raster(width, height, camera, { colour: haze, density: draw(0.001, 0.008) });
  paintEverything(raster, draw, street, houses, light);
  raster.backdrop(skyPainter(draw, clear, haze));
  return { width, height, ...raster.finish(developer(draw, clear, width, height)) };
}

function drawStreet(draw: Draw): Street {
  const grey = draw(84, 128);
  const pale = draw(140, 182);
  return {
    roadHalf: draw(3.2, 5),
    pavement: draw(1.8, 3.6),
    verge: draw() < 0.25 ? draw(0.8, 1.6) : 0,
    garden: [draw() < 0.4 ? draw(2, 5) : 0, draw() < 0.4 ? draw(2, 5) : 0],
    crossing: draw() < 0.3 ? draw(6, 24) : undefined,
    asphalt: [grey * draw(0.97, 1.03), grey, grey * draw(0.98, 1.06)],
    slabs: [pale * 1.03, pale, pale * draw(0.88, 0.99)],
    key: Math.floor(draw(0, 1e6)),
  };
}

function drawLight(draw: Draw, clear: number, street: Street, houses: readonly House[]): Light {
  const azimuth = draw(-2.4, 2.4);
  const sun = normalised([Math.sin(azimuth), draw(0.5, 1.6), -Math.cos(azimuth) * 0.8]);
  const side = sun[0] < 0 ? -1 : 1;
  const wall = frontOf(street, side);
  const row = houses.filter((house) => house.side === side);
  const shaded = 1 - 0.42 * clear;
  const at = (x: number, z: number): number => {
    const t = (wall - x) / sun[0];
    if (t <= 0) return 1;
    const hit = z + t * sun[2];
    for (const house of row) {
      if (hit >= house.from && hit < house.to) return t * sun[1] < house.height + house.roof * 0.6 ? shaded : 1;
    }
    return 1;
  };
  return { sun, clear, at };
}

/** Exposure, colour of the light, vignette and sensor noise. */
function developer(draw: Draw, clear: number, width: number, height: number) {
  const exposure = draw(0.82, 1.16) * (0.94 + 0.08 * clear);
  const warmth = draw(-0.06, 0.06);
  const gain = [exposure * (1 + warmth), exposure, exposure * (1 - warmth)];
  const noise = draw(4, 13);
  const lift = draw(0, 8);
  const key = Math.floor(draw(0, 1e6));
  return (x: number, y: number, channel: number, value: number): number => {
    const vignette = 1 - 0.16 * (((x / width - 0.5) ** 2 + (y / height - 0.5) ** 2) / 0.5);
    const grain = speck(x, y, key + channel) + speck(x, y, key + channel + 17) - 1;
    return lift + value * gain[channel] * vignette + grain * noise;
  };
}

function paintEverything(raster: Raster, draw: Draw, street: Street, houses: House[], light: Light): void {
  const cars = drawCars(draw, street);
  const trees = drawTrees(draw, street, houses);
  const walkers = drawWalkers(draw, street, cars);
  const riders = drawRiders(draw, street, cars);
  // From near to far, for what is hidden need not be painted.
  for (const { figure, sideways } of riders) paintCyclist(raster, figure, sideways, light);
  for (const walker of walkers) paintPerson(raster, walker, light);
  for (const car of cars) paintCar(raster, car, light);
  paintFurniture(raster, draw, street, light);
  for (const tree of trees) paintTree(raster, tree, light);
  paintHedges(raster, draw, street, light);
  paintHouses(raster, street, houses, light);
  paintGround(raster, street, light);
  paintEnd(raster, draw, light);

  for (const tree of trees) shadeTree(raster, tree, light);
  for (const car of cars) shadeCar(raster, car, light);
  for (const walker of walkers) shadeFigure(raster, walker, 0.3, light);
  for (const { figure, sideways } of riders) shadeFigure(raster, figure, sideways ? 0.9 : 0.35, light);
}

/** Far away a house across the street or a wood, or nothing. */
function paintEnd(raster: Raster, draw: Draw, light: Light): void {
  const kind = draw();
  const z = draw(70, FAR);
  if (kind < 0.3) {
    const house = { ...drawHouses(draw, 1)[0], height: draw(7, 13) };
    const wide = 60;
    const key = house.key;
    raster.surface([-wide / 2, 0, z], [wide, 0, 0], [0, house.height, 0], (u, v, _, paint) => {
      const dark = (u * wide) % 3 > 1.7 && (v * house.height) % 3 > 1.3;
      paint.set(dark ? [60, 64, 72] : house.wall, 0.8 + 0.1 * speck(u * 40, v * 8, key));
      return BUILDING;
    });
  } else if (kind < 0.85) {
    for (let x = -34; x < 34; x += draw(3, 6))
      paintTree(raster, drawTree(draw, x, z + draw(0, 8)), { ...light, at: () => 0.9 });
  }
}

function drawCars(draw: Draw, street: Street): Car[] {
  const cars: Car[] = [];
  const lane = street.roadHalf / 2;
  for (const side of [-1, 1] as const) {
    const parked = draw() < 0.65 ? draw(0.25, 0.75) : 0;
    for (let z = draw(3.5, 10); z < 75; z += draw(5.4, 6.6)) {
      if (draw() < parked) cars.push(drawCar(draw, side * (street.roadHalf - 1), z, draw() < (side < 0 ? 0.7 : 0.2)));
    }
  }
  const wide = street.roadHalf > 3.8;
  if (draw() < 0.55) cars.push(drawCar(draw, wide ? lane * 0.7 : lane, draw(9, 45), false));
  if (draw() < 0.55) cars.push(drawCar(draw, wide ? -lane * 0.7 : -lane, draw(10, 55), true));
  return cars.filter((car, i) => !cars.slice(0, i).some((other) => touches(other, car.x, car.z, 1.9, car.length)));
}

/** Whether a car stands in the way of something at a place, so wide and so long. */
function touches(car: Car, x: number, z: number, wide: number, long: number): boolean {
  return Math.abs(car.x - x) < (car.width + wide) / 2 && z < car.z + car.length + 0.4 && car.z < z + long + 0.4;
}

function drawTrees(draw: Draw, street: Street, houses: House[]): Tree[] {
  const trees: Tree[] = [];
  for (const side of [-1, 1] as const) {
    const alley = draw() < 0.45 ? draw(0.4, 0.9) : 0;
    const x = side * (street.roadHalf + (street.verge || 0.7) * 0.6);
    const spacing = draw(7, 11);
    for (let z = draw(7, 15); z < 90; z += spacing) if (draw() < alley) trees.push(drawTree(draw, x, z));
    // Gaps between houses show the gardens behind.
    for (const house of houses) {
      if (house.side === side && draw() < 0.5)
        trees.push(drawTree(draw, frontOf(street, side) + side * draw(10, 16), house.to + 1));
    }
    const garden = street.garden[side < 0 ? 0 : 1];
    if (garden > 0) {
      for (let z = draw(8, 20); z < 80; z += draw(9, 25))
        trees.push(drawTree(draw, frontOf(street, side) - side * garden * 0.5, z));
    }
  }
  return trees;
}

function paintHedges(raster: Raster, draw: Draw, street: Street, light: Light): void {
  for (const side of [-1, 1] as const) {
    const garden = street.garden[side < 0 ? 0 : 1];
    if (garden === 0) continue;
    const x = frontOf(street, side) - side * garden;
    const leaves: Colour = pick(draw, [
      [64, 92, 44],
      [84, 104, 50],
      [52, 80, 46],
    ] as Colour[]);
    for (let z = draw(-2, 4); z < 90; ) {
      const to = z + draw(5, 14);
      if (draw() < 0.8)
        paintHedge(
          raster,
          { x, side, from: z, to, height: draw(0.8, 1.5), leaves, key: Math.floor(draw(0, 1e6)) },
          light,
        );
      z = to + draw(1, 2.5);
    }
  }
}

function drawWalkers(draw: Draw, street: Street, cars: readonly Car[]): Figure[] {
  const walkers: Figure[] = [];
  const count = Math.floor(draw(2, 9));
  const inner = street.roadHalf + street.verge;
  for (let i = 0; i < count; i++) {
    const side = draw() < 0.5 ? -1 : 1;
    const crossing = draw() < 0.22;
    // More of them near than far, but most of them small.
    const z = 5.5 + 42 * draw() ** 1.6;
    const place = crossing ? (street.crossing ?? z) + draw(0.4, 2.6) : z;
    const x = crossing ? draw(-street.roadHalf, street.roadHalf) : side * (inner + draw(0.5, street.pavement - 0.3));
    walkers.push(drawFigure(draw, x, place));
    if (draw() < 0.3) walkers.push(drawFigure(draw, x + draw(0.5, 0.7), place + draw(-0.2, 0.3)));
  }
  return walkers.filter((walker) => !cars.some((car) => touches(car, walker.x, walker.z, 0.5, 0.3)));
}

function drawRiders(draw: Draw, street: Street, cars: readonly Car[]): { figure: Figure; sideways: boolean }[] {
  const riders: { figure: Figure; sideways: boolean }[] = [];
  const count = Math.floor(draw(0.3, 4));
  for (let i = 0; i < count; i++) {
    const sideways = draw() < 0.45;
    const side = draw() < 0.35 ? -1 : 1;
    const x = sideways ? draw(-street.roadHalf, street.roadHalf) : side * (street.roadHalf - draw(0.7, 2.4));
    riders.push({ figure: { ...drawFigure(draw, x, 6 + 26 * draw() ** 1.3), height: 1.75 }, sideways });
  }
  return riders.filter(
    ({ figure, sideways }) => !cars.some((car) => touches(car, figure.x, figure.z, sideways ? 1.9 : 0.7, 0.6)),
  );
}

function paintFurniture(raster: Raster, draw: Draw, street: Street, light: Light): void {
  const edge = street.roadHalf + 0.35;
  for (const side of [-1, 1] as const) {
    if (draw() < 0.75) {
      const spacing = draw(13, 24);
      for (let z = draw(6, 16); z < 90; z += spacing) paintLamp(raster, draw, side * edge, z, side < 0 ? 1 : -1, light);
    }
    const signs = Math.floor(draw(0.3, 4));
    for (let i = 0; i < signs; i++) paintSign(raster, draw, side * (edge + draw(0, 0.4)), draw(6, 34), light);
    if (street.crossing !== undefined && draw() < 0.6)
      paintTrafficLight(raster, draw, side * edge, street.crossing - 0.8, light);
    if (draw() < 0.5) paintBin(raster, draw, side * (edge + 0.2), draw(7, 26), light);
  }
}
