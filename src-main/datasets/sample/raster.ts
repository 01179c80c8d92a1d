/**
 * A small software renderer: flat parallelograms in space with a depth buffer, each painted by a function of the place
 * on it. Every sample has one class, so the label maps are exact.
 */

/** Right, up, forward, in metres. */
export type Vec = readonly [x: number, y: number, z: number];

/** Red, green, blue, 0–255, not rounded. */
export type Colour = readonly [r: number, g: number, b: number];

/** Where the picture is taken from: on the ground's X axis, at a height, turned by `yaw` radians to the right. */
export interface Camera {
  x: number;
  height: number;
  yaw: number;
  /** In pixels of the finished picture, as are the next two. */
  focal: number;
  centre: number;
  horizon: number;
}

/** What a painter leaves behind: the colour of the place it was asked for. */
export class Paint {
  r = 0;
  g = 0;
  b = 0;

  set(colour: Colour, light = 1): void {
    this.r = colour[0] * light;
    this.g = colour[1] * light;
    this.b = colour[2] * light;
  }
}

/**
 * Paints one place of a surface.
 * @param u @param v place on the surface, each in [0, 1]
 * @param z distance from the camera in metres
 * @returns the class, or NONE where there is nothing
 */
export type Painter = (u: number, v: number, z: number, paint: Paint) => number;

/** No surface here: what lies behind shows. */
export const NONE = -1;

/** Samples in each direction of a pixel. */
const FINE = 2;
const NEAR = 0.3;

export class Raster {
  readonly camera: Camera;
  readonly haze: { colour: Colour; density: number };
  readonly #width: number;
  readonly #height: number;
  readonly #colour: Float32Array;
  readonly #class: Uint8Array;
  readonly #depth: Float32Array;
  readonly #paint = new Paint();

  /**
   * @param width of the finished picture in pixels
   * @param height likewise
   * @param haze what the far distance fades to, and how much of it each metre adds
   */
  constructor(width: number, height: number, camera: Camera, haze: { colour: Colour; density: number }) {
    this.camera = camera;
    this.haze = haze;
    this.#width = width * FINE;
    this.#height = height * FINE;
    this.#colour = new Float32Array(this.#width * this.#height * 3);
    this.#class = new Uint8Array(this.#width * this.#height);
    this.#depth = new Float32Array(this.#width * this.#height).fill(Number.POSITIVE_INFINITY);
  }

  /** Fills what is still empty, infinitely far; the painter gets u from left to right and v from top to bottom. */
  backdrop(painter: Painter): void {
    for (let y = 0, i = 0; y < this.#height; y++) {
      for (let x = 0; x < this.#width; x++, i++) {
        if (this.#depth[i] < Number.POSITIVE_INFINITY) continue;
        const u = (x + 0.5) / this.#width;
        this.#class[i] = painter(u, (y + 0.5) / this.#height, Number.POSITIVE_INFINITY, this.#paint);
        this.#write(i, 0);
      }
    }
  }

  /** A parallelogram with its corner at `o` and its sides `u` and `v`. Painting near things first saves the most work. */
  surface(o: Vec, u: Vec, v: Vec, painter: Painter): void {
    this.#scan(o, u, v, (i, su, sv, z) => {
      if (z >= this.#depth[i]) return;
      const label = painter(su, sv, z, this.#paint);
      if (label === NONE) return;
      this.#depth[i] = z;
      this.#class[i] = label;
      this.#write(i, 1 - Math.exp(-z * this.haze.density));
    });
  }

  /**
   * Darkens the ground, once it is painted, under a parallelogram that lies on it: `light` gives the factor for each
   * place. What touches the ground there (tyres, feet) darkens with it.
   */
  shadow(o: Vec, u: Vec, v: Vec, light: (u: number, v: number) => number): void {
    this.#scan(o, u, v, (i, su, sv, z) => {
      if (z > this.#depth[i] * 1.02) return;
      const factor = light(su, sv);
      for (let c = 0; c < 3; c++) this.#colour[3 * i + c] *= factor;
    });
  }

  #write(i: number, haze: number): void {
    const { r, g, b } = this.#paint;
    const far = this.haze.colour;
    this.#colour[3 * i] = r + (far[0] - r) * haze;
    this.#colour[3 * i + 1] = g + (far[1] - g) * haze;
    this.#colour[3 * i + 2] = b + (far[2] - b) * haze;
  }

  /**
   * Visits the samples that a parallelogram covers. A ray d meets o + s·u + t·v at s = (v×o)·d / n·d,
   * t = (o×u)·d / n·d and depth n·o / n·d with n = u×v (Cramer's rule); all are linear in d before the division.
   */
  #scan(o: Vec, u: Vec, v: Vec, visit: (i: number, s: number, t: number, z: number) => void): void {
    const co = this.#turn(o[0] - this.camera.x, o[1] - this.camera.height, o[2]);
    const cu = this.#turn(...u);
    const cv = this.#turn(...v);
    const box = this.#bounds(co, cu, cv);
    if (!box) return;
    const n = cross(cu, cv);
    const a = cross(cv, co);
    const b = cross(co, cu);
    const k = n[0] * co[0] + n[1] * co[1] + n[2] * co[2];
    const { focal, centre, horizon } = this.camera;
    const step = 1 / (focal * FINE);
    for (let y = box.top; y <= box.bottom; y++) {
      const dy = (horizon * FINE - y - 0.5) * step;
      for (let x = box.left; x <= box.right; x++) {
        const dx = (x + 0.5 - centre * FINE) * step;
        const below = n[0] * dx + n[1] * dy + n[2];
        const z = k / below;
        // Also false where the ray runs along the surface.
        if (!(z > NEAR)) continue;
        const s = (a[0] * dx + a[1] * dy + a[2]) / below;
        if (s < 0 || s >= 1) continue;
        const t = (b[0] * dx + b[1] * dy + b[2]) / below;
        if (t < 0 || t >= 1) continue;
        visit(y * this.#width + x, s, t, z);
      }
    }
  }

  /** A direction as the camera sees it. */
  #turn(x: number, y: number, z: number): Vec {
    const sin = Math.sin(this.camera.yaw);
    const cos = Math.cos(this.camera.yaw);
    return [x * cos - z * sin, y, x * sin + z * cos];
  }

  /** The samples' rectangle around what is in front of the camera, cut to the picture. */
  #bounds(o: Vec, u: Vec, v: Vec): { left: number; right: number; top: number; bottom: number } | undefined {
    const corners = [o, add(o, u), add(add(o, u), v), add(o, v)];
    let [left, right, top, bottom] = [this.#width, -1, this.#height, -1];
    corners.forEach((corner, i) => {
      const next = corners[(i + 1) % 4];
      const points = corner[2] >= NEAR ? [corner] : [];
      if (corner[2] >= NEAR !== next[2] >= NEAR) {
        const t = (NEAR - corner[2]) / (next[2] - corner[2]);
        points.push([corner[0] + t * (next[0] - corner[0]), corner[1] + t * (next[1] - corner[1]), NEAR]);
      }
      for (const [x, y, z] of points) {
        const px = (this.camera.centre + (this.camera.focal * x) / z) * FINE;
        const py = (this.camera.horizon - (this.camera.focal * y) / z) * FINE;
        left = Math.min(left, Math.floor(px));
        right = Math.max(right, Math.ceil(px));
        top = Math.min(top, Math.floor(py));
        bottom = Math.max(bottom, Math.ceil(py));
      }
    });
    left = Math.max(0, left);
    top = Math.max(0, top);
    right = Math.min(this.#width - 1, right);
    bottom = Math.min(this.#height - 1, bottom);
    return left <= right && top <= bottom ? { left, right, top, bottom } : undefined;
  }

  /**
   * The finished picture: colours averaged over a pixel's samples and passed through `develop`; as label the class that
   * most samples have, the nearest among equals.
   */
  finish(develop: (x: number, y: number, channel: number, value: number) => number): {
    image: Uint8Array;
    labels: Uint8Array;
  } {
    const width = this.#width / FINE;
    const height = this.#height / FINE;
    const image = new Uint8Array(width * height * 3);
    const labels = new Uint8Array(width * height);
    for (let y = 0, pixel = 0; y < height; y++) {
      for (let x = 0; x < width; x++, pixel++) {
        const first = y * FINE * this.#width + x * FINE;
        for (let c = 0; c < 3; c++) {
          let sum = 0;
          for (let s = 0; s < FINE * FINE; s++) sum += this.#colour[3 * this.#sample(first, s) + c];
          const value = develop(x, y, c, sum / (FINE * FINE));
          image[3 * pixel + c] = Math.min(255, Math.max(0, Math.round(value)));
        }
        labels[pixel] = this.#label(first);
      }
    }
    return { image, labels };
  }

  /** The place of a pixel's sample number `s`, given that of its first. */
  #sample(first: number, s: number): number {
    return first + (s >> 1) * this.#width + (s & 1);
  }

  #label(first: number): number {
    let best = first;
    let bestVotes = 0;
    for (let s = 0; s < FINE * FINE && bestVotes < FINE * FINE; s++) {
      const sample = this.#sample(first, s);
      let votes = 0;
      for (let t = 0; t < FINE * FINE; t++) if (this.#class[this.#sample(first, t)] === this.#class[sample]) votes++;
      if (votes > bestVotes || (votes === bestVotes && this.#depth[sample] < this.#depth[best])) {
        best = sample;
        bestVotes = votes;
      }
    }
    return this.#class[best];
  }
}

function cross(a: Vec, b: Vec): Vec {
  return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
}

function add(a: Vec, b: Vec): Vec {
  return [a[0] + b[0], a[1] + b[1], a[2] + b[2]];
}
