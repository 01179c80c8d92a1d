/**
 * What stands out in a box: GrabCut of Rother, Kolmogorov and Blake (ACM TOG 23 (3), 2004), by OpenCV. Colours inside and
 * outside of the box are each described by a mixture of Gaussians, and the border is where cutting costs least.
 */
import type { AssistPoint, PixelBox } from '../contract/assist.ts';
import type { RgbImage } from '../datasets/codec.ts';
import type { BoxMask } from '../labels/spans.ts';
import { openCv } from './opencv.ts';

export type Mark = AssistPoint & { radius: number };

/** Colours are learned from so much around the box, in shares of its sides. */
const MARGIN = 0.25;
/** Pixels that are cut at most: what is larger is scaled down for it. Time grows with them. */
const MOST_PIXELS = 90_000;
const ITERATIONS = 4;

/**
 * @param box in the image's pixels; what lies outside of it is surely outside
 * @param marks discs that are surely inside or outside, later ones over earlier ones
 * @returns the pixels of the box that are inside; null where there are none
 */
export async function grabCut(image: RgbImage, box: PixelBox, marks: readonly Mark[] = []): Promise<BoxMask | null> {
  const inner = within(box, { x: 0, y: 0, width: image.width, height: image.height });
  if (!inner) return null;
  const [marginX, marginY] = [Math.ceil(inner.width * MARGIN), Math.ceil(inner.height * MARGIN)];
  const crop = within(
    {
      x: inner.x - marginX,
      y: inner.y - marginY,
      width: inner.width + 2 * marginX,
      height: inner.height + 2 * marginY,
    },
    { x: 0, y: 0, width: image.width, height: image.height },
  )!;
  const scale = Math.min(1, Math.sqrt(MOST_PIXELS / (crop.width * crop.height)));
  const width = Math.max(1, Math.round(crop.width * scale));
  const height = Math.max(1, Math.round(crop.height * scale));

  const { cv } = await openCv();
  const pixels = cv.matFromArray(crop.height, crop.width, cv.CV_8UC3, cut(image, crop) as unknown as number[]);
  const small = new cv.Mat();
  cv.resize(pixels, small, new cv.Size(width, height), 0, 0, cv.INTER_AREA);
  const seeds = seedsOf(cv, { x: crop.x, y: crop.y, width, height }, scale, inner, marks);
  const labels = cv.matFromArray(height, width, cv.CV_8UC1, seeds as unknown as number[]);
  const [background, foreground] = [new cv.Mat(), new cv.Mat()];
  const full = new cv.Mat();
  try {
    // With nothing outside or inside to learn from there is nothing to cut.
    if (!seeds.includes(cv.GC_BGD) || !(seeds.includes(cv.GC_PR_FGD) || seeds.includes(cv.GC_FGD))) {
      return { ...inner, mask: new Uint8Array(inner.width * inner.height).fill(1) };
    }
    cv.grabCut(small, labels, new cv.Rect(), background, foreground, ITERATIONS, cv.GC_INIT_WITH_MASK);
    for (let at = 0; at < labels.data.length; at++) labels.data[at] = 255 * (labels.data[at] & 1);
    cv.resize(labels, full, new cv.Size(crop.width, crop.height), 0, 0, cv.INTER_LINEAR);
    return part(full.data, crop, inner);
  } finally {
    for (const mat of [pixels, small, labels, background, foreground, full]) mat.delete();
  }
}

function seedsOf(
  cv: { GC_BGD: number; GC_FGD: number; GC_PR_FGD: number },
  crop: PixelBox,
  scale: number,
  inner: PixelBox,
  marks: readonly Mark[],
): Uint8Array {
  const seeds = new Uint8Array(crop.width * crop.height).fill(cv.GC_BGD);
  for (let y = 0, at = 0; y < crop.height; y++) {
    for (let x = 0; x < crop.width; x++, at++) {
      const [px, py] = [crop.x + (x + 0.5) / scale, crop.y + (y + 0.5) / scale];
      if (px < inner.x || py < inner.y || px >= inner.x + inner.width || py >= inner.y + inner.height) continue;
      seeds[at] = cv.GC_PR_FGD;
      // A mark counts from half a pixel of the scaled image on, so that none falls between its pixels.
      const last = marks.findLast((mark) => Math.hypot(mark.x - px, mark.y - py) <= mark.radius + Math.SQRT1_2 / scale);
      if (last) seeds[at] = last.inside ? cv.GC_FGD : cv.GC_BGD;
    }
  }
  return seeds;
}

function within(box: PixelBox, bounds: PixelBox): PixelBox | null {
  const x = Math.max(box.x, bounds.x);
  const y = Math.max(box.y, bounds.y);
  const width = Math.min(box.x + box.width, bounds.x + bounds.width) - x;
  const height = Math.min(box.y + box.height, bounds.y + bounds.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

function cut({ width, data }: RgbImage, crop: PixelBox): Uint8Array {
  const pixels = new Uint8Array(crop.width * crop.height * 3);
  for (let row = 0; row < crop.height; row++) {
    const from = ((crop.y + row) * width + crop.x) * 3;
    pixels.set(data.subarray(from, from + crop.width * 3), row * crop.width * 3);
  }
  return pixels;
}

/** The inner box out of a crop, 1 where the value is above the half; null where nothing is. */
function part(values: Uint8Array, crop: PixelBox, inner: PixelBox): BoxMask | null {
  const mask = new Uint8Array(inner.width * inner.height);
  for (let y = 0, at = 0; y < inner.height; y++) {
    const row = (inner.y - crop.y + y) * crop.width + inner.x - crop.x;
    for (let x = 0; x < inner.width; x++, at++) mask[at] = values[row + x] > 127 ? 1 : 0;
  }
  return mask.includes(1) ? { ...inner, mask } : null;
}
