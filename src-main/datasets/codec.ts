/**
 * Images and label maps from and to bytes. Every failure is a Problem that names the file and the next step.
 * All functions are synchronous: they run in worker threads and job processes, never on the window's or host's thread.
 */
import { FastResizeFilter, JsColorType, ResizeFit, Transformer } from '@napi-rs/image';
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { matlabArray } from './matlab.ts';
import { encodePng, isPng, type PngHeader, pngHeader, pngValues } from './png.ts';

/** An image: `height·width·3` bytes of red, green, blue, row by row. */
export interface RgbImage {
  width: number;
  height: number;
  data: Uint8Array;
}

/** A label map as stored in a file: `height·width` raw values, row by row. */
export interface RawLabels {
  width: number;
  height: number;
  data: Uint8Array | Uint16Array;
}

/** The largest image that is read: 100 megapixels, 300 MB once decoded. */
export const MAX_PIXELS = 100_000_000;

/** File name endings of the image types that can be read. */
export const IMAGE_EXTENSIONS: readonly string[] = ['.png', '.jpg', '.jpeg', '.webp'];

const COPY = 'Copy the file anew from where it came.';

/**
 * An image's size in pixels, from its header alone.
 * @throws Problem where the bytes are no PNG, JPEG or WebP, or the image is larger than MAX_PIXELS
 */
export function imageSize(bytes: Uint8Array, file: string): { width: number; height: number } {
  if (bytes.length === 0) throw bad(file, 'it is empty (0 bytes)', COPY);
  let size: { width: number; height: number } | undefined;
  if (isPng(bytes)) size = pngHeaderOf(bytes, file);
  else if (bytes[0] === 0xff && bytes[1] === 0xd8) size = jpegSize(bytes);
  else if (ascii(bytes, 0, 4) === 'RIFF' && ascii(bytes, 8, 12) === 'WEBP') size = webpSize(bytes);
  else throw bad(file, 'it is not a PNG, JPEG or WebP image', 'Convert it to one of these.');
  if (!size || size.width === 0 || size.height === 0) throw bad(file, 'its header is damaged or cut off', COPY);
  checkPixels(size, file);
  return { width: size.width, height: size.height };
}

/**
 * An image as red, green, blue; grey is repeated, transparency dropped, 16-bit values are reduced to their upper byte.
 * A rotation noted in EXIF is not applied: the pixels are those that a label map lies on.
 * @throws Problem where it cannot be read
 */
export function decodeImage(bytes: Uint8Array, file: string): RgbImage {
  const { width, height } = imageSize(bytes, file);
  let pixels: Buffer;
  let kind: JsColorType;
  try {
    const decoder = new Transformer(bytes);
    pixels = decoder.rawPixelsSync();
    kind = decoder.metadataSync().colorType;
  } catch (error) {
    const words = error instanceof Error ? error.message.replace(/^Decode image failed /, '') : String(error);
    throw bad(file, `it is truncated or damaged (${words})`, COPY, error);
  }
  const data = toRgb(pixels, kind);
  if (data?.length !== width * height * 3)
    throw bad(file, 'its kind of pixels is not known', 'Save it as an 8-bit PNG.');
  return { width, height, data };
}

/**
 * An image as red, green, blue at another size, its sides stretched each by itself; sampled bilinearly, and smoothed where
 * it becomes smaller.
 * @throws Problem where it cannot be read
 */
export function decodeStretched(bytes: Uint8Array, file: string, width: number, height: number): RgbImage {
  imageSize(bytes, file);
  try {
    const filter = FastResizeFilter.Bilinear;
    const stretched = new Transformer(bytes).fastResize({ width, height, filter, fit: ResizeFit.Fill });
    return decodeImage(stretched.pngSync(), file);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw bad(file, 'it is truncated or damaged', COPY, error);
  }
}

/** Where red, green and blue lie in a pixel of `size` bytes; of 16-bit values the upper byte of a little-endian pair. */
const PIXELS: Partial<Record<JsColorType, { size: number; rgb: [number, number, number] }>> = {
  [JsColorType.L8]: { size: 1, rgb: [0, 0, 0] },
  [JsColorType.La8]: { size: 2, rgb: [0, 0, 0] },
  [JsColorType.Rgba8]: { size: 4, rgb: [0, 1, 2] },
  [JsColorType.L16]: { size: 2, rgb: [1, 1, 1] },
  [JsColorType.La16]: { size: 4, rgb: [1, 1, 1] },
  [JsColorType.Rgb16]: { size: 6, rgb: [1, 3, 5] },
  [JsColorType.Rgba16]: { size: 8, rgb: [1, 3, 5] },
};

function toRgb(pixels: Buffer, kind: JsColorType): Uint8Array | undefined {
  if (kind === JsColorType.Rgb8) return new Uint8Array(pixels.buffer, pixels.byteOffset, pixels.length);
  const pixel = PIXELS[kind];
  if (!pixel) return undefined;
  const [r, g, b] = pixel.rgb;
  const data = new Uint8Array((pixels.length / pixel.size) * 3);
  for (let from = 0, to = 0; to < data.length; from += pixel.size, to += 3) {
    data[to] = pixels[from + r];
    data[to + 1] = pixels[from + g];
    data[to + 2] = pixels[from + b];
  }
  return data;
}

/**
 * A label map's raw values: palette indices or grey levels, exactly as stored.
 * @throws Problem where it is no PNG, holds colours, or cannot be read
 */
export function decodeLabels(bytes: Uint8Array, file: string): RawLabels {
  if (bytes.length === 0) throw bad(file, 'it is empty (0 bytes)', COPY);
  if (!isPng(bytes)) {
    throw bad(file, 'a label map has to be a PNG', 'Save it as a PNG of class numbers; JPEG would change them.');
  }
  const header = pngHeaderOf(bytes, file);
  if (header.channels !== 1) {
    const next = 'Save it with one channel (palette or grey) whose values are the class numbers.';
    throw bad(file, 'it holds colours where class numbers are expected', next);
  }
  checkPixels(header, file);
  try {
    return { width: header.width, height: header.height, data: pngValues(bytes, header) };
  } catch (error) {
    throw bad(file, (error as Error).message, COPY, error);
  }
}

/** The same from an array in a MATLAB file. @throws Problem where it cannot be read */
export function decodeMatlab(bytes: Uint8Array, file: string, variable: string, field: string): RawLabels {
  try {
    return matlabArray(bytes, variable, field, MAX_PIXELS);
  } catch (error) {
    throw bad(file, (error as Error).message, COPY, error);
  }
}

/** A label map as an 8-bit PNG of one channel whose values are those of `data`. */
export function encodeLabels(labels: { width: number; height: number; data: Uint8Array }): Uint8Array {
  return encodePng(labels.width, labels.height, 1, labels.data);
}

/** An image as an 8-bit RGB PNG. */
export function encodeImage(image: RgbImage): Uint8Array {
  return encodePng(image.width, image.height, 3, image.data);
}

/** The longer side of a thumbnail, in pixels. */
export const THUMBNAIL_SIZE = 256;

/**
 * A small JPEG of an image, its longer side at most THUMBNAIL_SIZE.
 * @throws Problem where the image cannot be read
 */
export function encodeThumbnail(bytes: Uint8Array, file: string): Uint8Array {
  const { width, height } = imageSize(bytes, file);
  try {
    const image = new Transformer(bytes);
    if (Math.max(width, height) > THUMBNAIL_SIZE) {
      image.fastResize({
        width: THUMBNAIL_SIZE,
        height: THUMBNAIL_SIZE,
        fit: ResizeFit.Inside,
        filter: FastResizeFilter.CatmullRom,
      });
    }
    return image.jpegSync(88);
  } catch (error) {
    throw bad(file, 'it is truncated or damaged', COPY, error);
  }
}

/**
 * The small picture of a label map that lies over its image's thumbnail: an indexed PNG of the nearest pixels, clear where
 * they are ignored.
 * @param palette red, green and blue of each class
 */
export function encodeLabelThumbnail(
  { width, height, data }: { width: number; height: number; data: Uint8Array },
  palette: Uint8Array,
): Uint8Array {
  const scale = Math.min(1, THUMBNAIL_SIZE / Math.max(width, height));
  const [across, down] = [width, height].map((side) => Math.max(1, Math.round(side * scale)));
  const small = new Uint8Array(across * down);
  for (let y = 0, i = 0; y < down; y++) {
    const row = width * Math.floor(((y + 0.5) * height) / down);
    for (let x = 0; x < across; x++) small[i++] = data[row + Math.floor(((x + 0.5) * width) / across)];
  }
  return encodePng(across, down, 1, small, palette, IGNORE);
}

function bad(file: string, why: string, next: string, cause?: unknown): Problem {
  return new Problem(`${file} cannot be read: ${why}.`, { where: file, next, cause });
}

function pngHeaderOf(bytes: Uint8Array, file: string): PngHeader {
  try {
    return pngHeader(bytes);
  } catch (error) {
    throw bad(file, (error as Error).message, COPY, error);
  }
}

function checkPixels({ width, height }: { width: number; height: number }, file: string): void {
  if (width * height > MAX_PIXELS) {
    const limit = `more than the ${MAX_PIXELS / 1e6} megapixels that Stillroom reads`;
    throw bad(file, `it has ${width}×${height} pixels, ${limit}`, 'Make it smaller or cut it into tiles.');
  }
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** Size in the frame header (SOFn) of a JPEG. */
function jpegSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  for (let at = 2; at + 9 < bytes.length; ) {
    if (bytes[at] !== 0xff) return undefined;
    const marker = bytes[at + 1];
    if (marker === 0xff) {
      at++;
      continue;
    }
    // 0xC4, 0xC8 and 0xCC lie among the frame headers but are tables.
    if (marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xc8 && marker !== 0xcc) {
      return { height: (bytes[at + 5] << 8) | bytes[at + 6], width: (bytes[at + 7] << 8) | bytes[at + 8] };
    }
    const alone = marker === 0x01 || (marker >= 0xd0 && marker <= 0xd8);
    at += alone ? 2 : 2 + ((bytes[at + 2] << 8) | bytes[at + 3]);
  }
  return undefined;
}

/** Size of a WebP: lossy (VP8), lossless (VP8L) or extended (VP8X). */
function webpSize(bytes: Uint8Array): { width: number; height: number } | undefined {
  if (bytes.length < 30) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (ascii(bytes, 12, 16)) {
    case 'VP8 ':
      return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
    case 'VP8L': {
      const bits = view.getUint32(21, true);
      return { width: (bits & 0x3fff) + 1, height: ((bits >>> 14) & 0x3fff) + 1 };
    }
    case 'VP8X':
      return {
        width: (bytes[24] | (bytes[25] << 8) | (bytes[26] << 16)) + 1,
        height: (bytes[27] | (bytes[28] << 8) | (bytes[29] << 16)) + 1,
      };
    default:
      return undefined;
  }
}
