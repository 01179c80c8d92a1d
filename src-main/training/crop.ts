/** Cutting a training crop out of an image and its label map: scale, place, pad, flip, in one pass over the crop. */
import { IGNORE } from '../contract/dataset.ts';
import type { SamplePlan } from './batch-plan.ts';

/** What surrounds an image that is smaller than the crop: ImageNet's mean colour, near zero after normalisation. */
export const PADDING: readonly [number, number, number] = [124, 116, 104];

/** A decoded picture (RGB, 3 bytes a pixel) and its label map (one class or IGNORE a pixel), both height × width. */
export interface DecodedItem {
  height: number;
  width: number;
  image: Uint8Array;
  labels: Uint8Array;
}

/**
 * The crop that the plan asks for, of [height, width] pixels: the image at `scale` times its size (bilinear at pixel
 * centres; labels nearest), the crop somewhere in it; what lies outside is PADDING and IGNORE.
 * @param image where the crop's RGB bytes go: height × width × 3
 * @param labels where its classes go: height × width
 */
export function cutCrop(
  item: DecodedItem,
  plan: Pick<SamplePlan, 'scale' | 'flip' | 'top' | 'left'>,
  [height, width]: readonly [number, number],
  image: Uint8Array,
  labels: Uint8Array | Int32Array,
): void {
  const rows = axis(item.height, height, plan.scale, plan.top, false);
  const columns = axis(item.width, width, plan.scale, plan.left, plan.flip);
  const source = item.image;
  for (let y = 0, out = 0; y < height; y++) {
    const outside = rows.nearest[y] < 0;
    const labelRow = rows.nearest[y] * item.width;
    const upper = rows.low[y] * item.width;
    const lower = rows.high[y] * item.width;
    const down = rows.share[y];
    for (let x = 0; x < width; x++, out++) {
      const to = out * 3;
      if (outside || columns.nearest[x] < 0) {
        labels[out] = IGNORE;
        image[to] = PADDING[0];
        image[to + 1] = PADDING[1];
        image[to + 2] = PADDING[2];
        continue;
      }
      labels[out] = item.labels[labelRow + columns.nearest[x]];
      const right = columns.share[x];
      const a = (upper + columns.low[x]) * 3;
      const b = (upper + columns.high[x]) * 3;
      const c = (lower + columns.low[x]) * 3;
      const d = (lower + columns.high[x]) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const top = source[a + channel] + (source[b + channel] - source[a + channel]) * right;
        const bottom = source[c + channel] + (source[d + channel] - source[c + channel]) * right;
        image[to + channel] = top + (bottom - top) * down + 0.5;
      }
    }
  }
}

/** Where a crop lies along one axis of an image that is scaled, in whole pixels of the scaled image. */
export interface CropAxis {
  /** Pixels of the scaled image. */
  scaled: number;
  /** The crop's first pixel: negative where the scaled image is smaller than the crop. */
  first: number;
}

/** @param place 0–1: how far along the room that there is */
export function placeCrop(size: number, crop: number, scale: number, place: number): CropAxis {
  const scaled = Math.max(1, Math.round(size * scale));
  const room = scaled - crop;
  return { scaled, first: room >= 0 ? Math.floor(place * (room + 1)) : -Math.floor(place * (-room + 1)) };
}

/**
 * Where each pixel of the crop comes from along one axis: the nearest source pixel (−1 outside the image), the two
 * that bilinear sampling mixes, and the share of the second.
 */
function axis(size: number, crop: number, scale: number, place: number, flip: boolean) {
  const { scaled, first } = placeCrop(size, crop, scale, place);
  const nearest = new Int32Array(crop);
  const low = new Int32Array(crop);
  const high = new Int32Array(crop);
  const share = new Float32Array(crop);
  for (let i = 0; i < crop; i++) {
    const at = first + (flip ? crop - 1 - i : i);
    const position = ((at + 0.5) * size) / scaled;
    const centre = Math.min(size - 1, Math.max(0, position - 0.5));
    nearest[i] = at < 0 || at >= scaled ? -1 : Math.min(size - 1, Math.floor(position));
    low[i] = Math.floor(centre);
    high[i] = Math.min(size - 1, low[i] + 1);
    share[i] = centre - low[i];
  }
  return { nearest, low, high, share };
}
