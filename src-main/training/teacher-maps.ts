/**
 * What a frozen teacher gave on a whole image, in a compact form, and the part of it that a training crop sees. Pure:
 * arrays and bytes, no TensorFlow and no files, for the loader's threads.
 */
import { createHash } from 'node:crypto';
import type { Recipe } from '../contract/recipe.ts';
import type { SamplePlan } from './batch-plan.ts';
import { placeCrop } from './crop.ts';

export type CacheFormat = Recipe['teacher']['cache']['format'];

/** One map of a teacher that is kept. */
export interface MapSpec {
  /** `logits`: average-pooled to `stride`; `tap`: all channels; `energy`: √(mean over channels of F²), one channel. */
  form: 'logits' | 'tap' | 'energy';
  /** The tapped node. */
  node: string;
  channels: number;
  /** Input pixels from one cell of the map to the next. */
  stride: number;
}

/** A map of a whole image: height × width × channels, row by row, channels together. */
export interface TeacherMap {
  height: number;
  width: number;
  channels: number;
  stride: number;
  /** float16 values, or codes 0–255 that stand for `low[c] + step[c] · code`. */
  values: Float16Array | Uint8Array;
  /** Of each channel, for codes. */
  scale: { low: Float32Array; step: Float32Array } | null;
}

const FLOAT16_MOST = 65504;

/**
 * A map's values in compact form. float16 keeps 11 bits of each value (error at most 2⁻¹¹ of it; what is larger than
 * 65504 becomes that); uint8 divides each channel's range in this image by 255 (error at most half a step).
 * @param values height × width × channels
 */
export function compactMap(
  values: Float32Array,
  shape: { height: number; width: number; channels: number; stride: number },
  format: CacheFormat,
): TeacherMap {
  if (format === 'float16') {
    const half = new Float16Array(values.length);
    for (let i = 0; i < values.length; i++) {
      half[i] = Math.min(FLOAT16_MOST, Math.max(-FLOAT16_MOST, values[i]));
    }
    return { ...shape, values: half, scale: null };
  }
  const { channels } = shape;
  const low = new Float32Array(channels).fill(Number.POSITIVE_INFINITY);
  const high = new Float32Array(channels).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < values.length; ) {
    for (let c = 0; c < channels; c++, i++) {
      if (values[i] < low[c]) low[c] = values[i];
      if (values[i] > high[c]) high[c] = values[i];
    }
  }
  const step = low.map((least, c) => (high[c] - least) / 255);
  const codes = new Uint8Array(values.length);
  for (let i = 0; i < values.length; ) {
    for (let c = 0; c < channels; c++, i++) codes[i] = step[c] > 0 ? Math.round((values[i] - low[c]) / step[c]) : 0;
  }
  return { ...shape, values: codes, scale: { low, step } };
}

/** Height and width of a map as a crop of [height, width] pixels sees it. */
export function croppedSize({ stride }: Pick<MapSpec, 'stride'>, crop: readonly [number, number]): [number, number] {
  return [Math.ceil(crop[0] / stride), Math.ceil(crop[1] / stride)];
}

/**
 * The part of a whole image's map that a crop sees, as `cutCrop` cuts the picture by the same plan: bilinear between
 * the cells' centres (a cell stands for the stride × stride pixels it lies on), mirrored where the crop is. Outside of
 * the image the border's cells go on: the live teacher sees padding there, about which nothing was asked.
 * @param size height and width of the whole image in pixels
 * @param out where the values go: croppedSize × channels
 */
export function cutMap(
  map: TeacherMap,
  size: readonly [number, number],
  plan: Pick<SamplePlan, 'scale' | 'flip' | 'top' | 'left'>,
  crop: readonly [number, number],
  out: Float32Array,
): void {
  const { channels, stride, values, scale } = map;
  const rows = cells(size[0], crop[0], plan.scale, plan.top, false, stride, map.height);
  const columns = cells(size[1], crop[1], plan.scale, plan.left, plan.flip, stride, map.width);
  let to = 0;
  for (let y = 0; y < rows.low.length; y++) {
    const upper = rows.low[y] * map.width;
    const lower = rows.high[y] * map.width;
    const down = rows.share[y];
    for (let x = 0; x < columns.low.length; x++) {
      const right = columns.share[x];
      const a = (upper + columns.low[x]) * channels;
      const b = (upper + columns.high[x]) * channels;
      const c = (lower + columns.low[x]) * channels;
      const d = (lower + columns.high[x]) * channels;
      for (let k = 0; k < channels; k++, to++) {
        const top = values[a + k] + (values[b + k] - values[a + k]) * right;
        const bottom = values[c + k] + (values[d + k] - values[c + k]) * right;
        const mixed = top + (bottom - top) * down;
        out[to] = scale ? scale.low[k] + scale.step[k] * mixed : mixed;
      }
    }
  }
}

/** Along one axis: the two cells that bilinear sampling mixes for each cell of the crop, and the share of the second. */
function cells(
  size: number,
  crop: number,
  scale: number,
  place: number,
  flip: boolean,
  stride: number,
  stored: number,
): { low: Int32Array; high: Int32Array; share: Float32Array } {
  const { scaled, first } = placeCrop(size, crop, scale, place);
  const count = Math.ceil(crop / stride);
  // Cells that lie beyond the image show what it was padded with to fit the network.
  const last = Math.min(stored, Math.ceil(size / stride)) - 1;
  const low = new Int32Array(count);
  const high = new Int32Array(count);
  const share = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    const centre = (i + 0.5) * stride;
    const pixel = ((first + (flip ? crop - centre : centre)) * size) / scaled;
    const cell = Math.min(last, Math.max(0, pixel / stride - 0.5));
    low[i] = Math.floor(cell);
    high[i] = Math.min(last, low[i] + 1);
    share[i] = cell - low[i];
  }
  return { low, high, share };
}

/** Written first in each file; another form of the file gets another number. */
const MAGIC = 'stillroom teacher maps 1\n';
const SUM_BYTES = 32;

/** A file of maps: magic, length of the header, header (JSON: the maps' shapes), the maps' bytes, SHA-256 of all that. */
export function encodeMaps(maps: readonly TeacherMap[]): Uint8Array {
  const header = Buffer.from(
    JSON.stringify(maps.map(({ height, width, channels, stride, scale }) => [height, width, channels, stride, !scale])),
  );
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const parts = maps.flatMap(({ values, scale }) => [...(scale ? [scale.low, scale.step] : []), values].map(bytesOf));
  const body = Buffer.concat([Buffer.from(MAGIC), length, header, ...parts]);
  return Buffer.concat([body, createHash('sha256').update(body).digest()]);
}

/** @returns null where the bytes are not a whole file of maps */
export function decodeMaps(bytes: Uint8Array): TeacherMap[] | null {
  const whole = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = whole.length - SUM_BYTES;
  if (end < MAGIC.length + 4 || whole.toString('latin1', 0, MAGIC.length) !== MAGIC) return null;
  if (!createHash('sha256').update(whole.subarray(0, end)).digest().equals(whole.subarray(end))) return null;
  let at = MAGIC.length + 4;
  const header = whole.toString('utf8', at, at + whole.readUInt32LE(MAGIC.length));
  at += header.length;
  /** The next bytes, as an array of their own: its elements must lie at whole multiples of their size. */
  const take = (length: number): ArrayBuffer => {
    const part = new Uint8Array(whole.subarray(at, at + length)).buffer;
    at += length;
    return part;
  };
  return (JSON.parse(header) as [number, number, number, number, boolean][]).map(
    ([height, width, channels, stride, half]) => {
      const scale = half
        ? null
        : { low: new Float32Array(take(4 * channels)), step: new Float32Array(take(4 * channels)) };
      const count = height * width * channels;
      const values = half ? new Float16Array(take(2 * count)) : new Uint8Array(take(count));
      return { height, width, channels, stride, values, scale };
    },
  );
}

function bytesOf(array: Float16Array | Float32Array | Uint8Array): Uint8Array {
  return new Uint8Array(array.buffer, array.byteOffset, array.byteLength);
}

/** Bytes that maps take in memory. */
export function bytesOfMaps(maps: readonly TeacherMap[]): number {
  return maps.reduce((sum, { values }) => sum + values.byteLength, 0);
}
