/**
 * Superpixels by SLIC: k-means of colour and place, in which each centre looks only at the pixels around it. After Achanta
 * et al., "SLIC superpixels compared to state-of-the-art superpixel methods", IEEE TPAMI 34 (11), 2012: algorithm 1, and
 * the distance of its equation 3.
 */
import { toLab } from './lab.ts';
import { componentsOf } from './regions.ts';
import type { Picture } from './wand.ts';

export interface Superpixels {
  /** The number of the superpixel of each pixel, row by row; each hangs together by sides. */
  labels: Uint32Array<ArrayBuffer>;
  count: number;
}

/** The paper takes 10; after half of them superpixels keep to the edges of the tests' picture no better. */
const ITERATIONS = 5;

/**
 * @param size about how long the sides of superpixels are, in pixels, from 2 on
 * @param compactness m of the paper: the higher, the more alike to squares; the lower, the closer to edges
 */
export function superpixels(picture: Picture, size: number, compactness = 10): Superpixels {
  const { width, height } = picture;
  const lab = toLab(picture.rgba);
  const centres = seed(lab, width, height, size);
  const nearest = new Int32Array(width * height);
  for (let i = 0; i < ITERATIONS; i++) {
    assign(lab, width, height, centres, size, compactness, nearest);
    move(lab, width, nearest, centres);
  }
  return connect(nearest, width, height, size);
}

/** Centres as five numbers each: L, a, b, x, y. */
const FIELDS = 5;

/** A grid of centres, each moved to where the colours around it change least, so that none lies on an edge. */
function seed(lab: Float32Array, width: number, height: number, size: number): Float64Array {
  const columns = Math.max(1, Math.round(width / size));
  const rows = Math.max(1, Math.round(height / size));
  const centres = new Float64Array(columns * rows * FIELDS);
  const change = (x: number, y: number) => {
    if (x < 1 || y < 1 || x >= width - 1 || y >= height - 1) return Infinity;
    const at = 3 * (y * width + x);
    let sum = 0;
    for (let c = 0; c < 3; c++) {
      sum += (lab[at + c + 3] - lab[at + c - 3]) ** 2 + (lab[at + c + 3 * width] - lab[at + c - 3 * width]) ** 2;
    }
    return sum;
  };
  for (let i = 0; i < columns * rows; i++) {
    const middle = [
      Math.floor((((i % columns) + 0.5) * width) / columns),
      Math.floor(((Math.floor(i / columns) + 0.5) * height) / rows),
    ];
    let [x, y] = middle;
    let least = change(x, y);
    for (let near = 0; near < 9; near++) {
      const [nx, ny] = [middle[0] - 1 + (near % 3), middle[1] - 1 + Math.floor(near / 3)];
      const one = change(nx, ny);
      if (one < least) [x, y, least] = [nx, ny, one];
    }
    const at = 3 * (y * width + x);
    centres.set([lab[at], lab[at + 1], lab[at + 2], x, y], i * FIELDS);
  }
  return centres;
}

/** Gives each pixel the nearest of the centres that look at it. Places of pixels that none looks at keep their centre. */
function assign(
  lab: Float32Array,
  width: number,
  height: number,
  centres: Float64Array,
  size: number,
  compactness: number,
  nearest: Int32Array,
): void {
  const distance = new Float32Array(width * height).fill(Infinity);
  const weight = (compactness / size) ** 2;
  for (let k = 0; k * FIELDS < centres.length; k++) {
    const [l, a, b, cx, cy] = centres.subarray(k * FIELDS, (k + 1) * FIELDS);
    const left = Math.max(0, Math.ceil(cx - size));
    const right = Math.min(width - 1, Math.floor(cx + size));
    const bottom = Math.min(height - 1, Math.floor(cy + size));
    for (let y = Math.max(0, Math.ceil(cy - size)); y <= bottom; y++) {
      const down = (y - cy) * (y - cy);
      for (let x = left, at = y * width + left; x <= right; x++, at++) {
        const dl = lab[3 * at] - l;
        const da = lab[3 * at + 1] - a;
        const db = lab[3 * at + 2] - b;
        const far = dl * dl + da * da + db * db + weight * (down + (x - cx) * (x - cx));
        if (far < distance[at]) {
          distance[at] = far;
          nearest[at] = k;
        }
      }
    }
  }
}

/** Moves each centre to the mean of its pixels. */
function move(lab: Float32Array, width: number, nearest: Int32Array, centres: Float64Array): void {
  const sums = new Float64Array(centres.length);
  const counts = new Uint32Array(centres.length / FIELDS);
  for (let at = 0, x = 0, y = 0; at < nearest.length; at++) {
    const k = nearest[at];
    const into = k * FIELDS;
    counts[k]++;
    sums[into] += lab[3 * at];
    sums[into + 1] += lab[3 * at + 1];
    sums[into + 2] += lab[3 * at + 2];
    sums[into + 3] += x;
    sums[into + 4] += y;
    if (++x === width) {
      x = 0;
      y++;
    }
  }
  for (let i = 0; i < centres.length; i++) {
    const count = counts[Math.floor(i / FIELDS)];
    if (count > 0) centres[i] = sums[i] / count;
  }
}

/** Joins pieces smaller than a quarter of a superpixel to a neighbour, and numbers what is left. */
function connect(nearest: Int32Array, width: number, height: number, size: number): Superpixels {
  const { owner, extents } = componentsOf(nearest, width, height);
  const number = new Int32Array(extents.length).fill(-1);
  const labels = new Uint32Array(nearest.length);
  let count = 0;
  for (let at = 0; at < owner.length; at++) {
    const id = owner[at];
    if (number[id] < 0) {
      // The piece's first pixel: what lies to its left or above belongs to a piece that has its number already.
      const neighbour = at % width > 0 ? at - 1 : at - width;
      const isSmall = extents[id].area < (size * size) / 4;
      number[id] = isSmall && neighbour >= 0 ? labels[neighbour] : count++;
    }
    labels[at] = number[id];
  }
  return { labels, count };
}
