import { readFileSync } from 'node:fs';
import path from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { decode as readPng } from 'fast-png';
import { describe, expect, test } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import {
  decodeImage,
  decodeLabels,
  encodeImage,
  encodeLabels,
  encodeLabelThumbnail,
  encodeThumbnail,
  imageSize,
  MAX_PIXELS,
  THUMBNAIL_SIZE,
} from '../../../src-main/datasets/codec.ts';
import { pngOf } from './files.ts';

interface Golden {
  name: string;
  file: string;
  width: number;
  height: number;
  rgb: string;
  labels: number[] | null;
}

const golden: Golden[] = JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden', 'images.json'), 'utf8'));
const bytesOf = (text: string) => new Uint8Array(Buffer.from(text, 'base64'));

/** What `work` throws, which has to be a Problem that names the file and says what to do. */
function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    const problem = error as Problem;
    expect(problem.where).toBe('some/file.png');
    expect(problem.line).toContain('some/file.png');
    expect(problem.next).toMatch(/^[A-Z].*\.$/);
    return problem;
  }
  throw new Error('no Problem was thrown');
}

describe('the same pixels as Pillow', () => {
  test.each(golden)('$name', ({ file, width, height, rgb, name }) => {
    const image = decodeImage(bytesOf(file), name);
    expect([image.width, image.height]).toEqual([width, height]);
    const wanted = bytesOf(rgb);
    expect(image.data.length).toBe(wanted.length);
    // Lossy formats leave the decoder a choice in rounding and in how colour is spread over pixels.
    const lossy = name.endsWith('.jpg') || name.startsWith('lossy');
    const worst = image.data.reduce((most, value, i) => Math.max(most, Math.abs(value - wanted[i])), 0);
    expect(worst).toBeLessThanOrEqual(lossy ? 12 : 0);
  });

  test.each(golden.filter((one) => one.labels))('$name as a label map', ({ file, labels, name }) => {
    expect([...decodeLabels(bytesOf(file), name).data]).toEqual(labels);
  });
});

test('a label map of colours, or a JPEG, is refused in words', () => {
  const file = (name: string) => bytesOf(golden.find((one) => one.name === name)!.file);
  expect(problemOf(() => decodeLabels(file('rgb.png'), 'some/file.png')).message).toContain('holds colours');
  expect(problemOf(() => decodeLabels(file('rgba.png'), 'some/file.png')).message).toContain('holds colours');
  expect(problemOf(() => decodeLabels(file('smooth.jpg'), 'some/file.png')).message).toContain('has to be a PNG');
});

test('what is written is read again', () => {
  const labels = { width: 5, height: 3, data: Uint8Array.from({ length: 15 }, (_, i) => (i * 17) & 255) };
  expect(decodeLabels(encodeLabels(labels), 'a.png')).toEqual(labels);
  const image = { width: 5, height: 3, data: Uint8Array.from({ length: 45 }, (_, i) => (i * 29) & 255) };
  expect(decodeImage(encodeImage(image), 'a.png')).toEqual(image);
});

describe('thumbnails', () => {
  const noise = (width: number, height: number) =>
    encodeImage({ width, height, data: new Uint8Array(width * height * 3).map((_, i) => i & 255) });

  test.each([
    [640, 480, 256, 192],
    [100, 900, 28, 256],
    [40, 30, 40, 30],
  ])('%i×%i becomes %i×%i', (width, height, smallWidth, smallHeight) => {
    const small = encodeThumbnail(noise(width, height), 'a.png');
    const size = imageSize(small, 'a.jpg');
    expect(Math.max(size.width, size.height)).toBeLessThanOrEqual(THUMBNAIL_SIZE);
    expect(Math.abs(size.width - smallWidth)).toBeLessThanOrEqual(1);
    expect(Math.abs(size.height - smallHeight)).toBeLessThanOrEqual(1);
  });

  test.each([
    [40, 30, 1],
    [512, 300, 2],
    [900, 1024, 4],
  ])('of labels of %i×%i: the pixel in the middle of each %i×, ignored ones clear', (width, height, step) => {
    const data = Uint8Array.from({ length: width * height }, (_, i) => {
      const [x, y] = [i % width, Math.floor(i / width)];
      return x < 5 ? 255 : (Math.floor(x / 8) + 3 * Math.floor(y / 8)) % 20;
    });
    const palette = Uint8Array.from({ length: 3 * 256 }, (_, i) => (37 * i) % 256);
    const small = readPng(encodeLabelThumbnail({ width, height, data }, palette), { checkCrc: true });
    expect([small.width, small.height]).toEqual([width / step, height / step]);
    const expected = Array.from(small.data, (_, i) => {
      const [x, y] = [i % small.width, Math.floor(i / small.width)];
      return data[(y * step + (step >> 1)) * width + x * step + (step >> 1)];
    });
    expect([...small.data]).toEqual(expected);
    expect(small.palette?.flatMap((colour) => colour.slice(0, 3))).toEqual([...palette]);
    expect(small.palette?.flatMap((colour, i) => ((colour[3] ?? 255) === 255 ? [] : [i]))).toEqual([255]);
  });

  test.each(golden)('of $name', ({ file, name, width, height }) => {
    expect(imageSize(encodeThumbnail(bytesOf(file), name), name)).toEqual({ width, height });
  });
});

describe('bad files are Problems', () => {
  const good = encodeImage({ width: 40, height: 30, data: new Uint8Array(3600).fill(90) });

  test.each([
    ['empty', new Uint8Array(0), 'it is empty (0 bytes)'],
    [
      'text',
      new TextEncoder().encode('not an image at all, but long enough for a header'),
      'is not a PNG, JPEG or WebP',
    ],
    ['truncated', good.subarray(0, good.length >> 1), 'truncated or damaged'],
    ['only a signature', good.subarray(0, 8), 'it ends within its header'],
    ['a JPEG of two bytes', Uint8Array.from([0xff, 0xd8]), 'its header is damaged or cut off'],
  ])('%s', (_, bytes, words) => {
    expect(problemOf(() => decodeImage(bytes, 'some/file.png')).message).toContain(words);
    expect(() => encodeThumbnail(bytes, 'some/file.png')).toThrow(Problem);
  });

  test('a PNG that claims 60,000×60,000 pixels costs neither time nor memory', () => {
    const bomb = pngOf({ width: 60_000, height: 60_000, depth: 8, colour: 0, data: deflateSync(new Uint8Array(1000)) });
    const started = performance.now();
    for (const decode of [decodeImage, decodeLabels, encodeThumbnail]) {
      expect(problemOf(() => decode(bomb, 'some/file.png')).message).toContain('60000×60000');
    }
    expect(performance.now() - started).toBeLessThan(1000);
    expect(60_000 ** 2).toBeGreaterThan(MAX_PIXELS);
  });

  test('a label map that inflates beyond its size is stopped', () => {
    const bomb = pngOf({ width: 8, height: 8, depth: 8, colour: 0, data: deflateSync(new Uint8Array(60_000_000)) });
    const before = process.memoryUsage().arrayBuffers;
    expect(problemOf(() => decodeLabels(bomb, 'some/file.png')).message).toContain('more data than its size says');
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(20_000_000);
  });
});

/** A small xorshift: the mutations have to be the same on every run, and different from each other. */
function mutator(seed: number): (below: number) => number {
  let state = seed * 2654435761 + 1;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

/** Recomputes a PNG's checksums, so that damage is not caught at the door. */
function mended(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 8; at + 12 <= bytes.length; ) {
    const end = at + 8 + view.getUint32(at);
    if (end + 4 > bytes.length) break;
    view.setUint32(end, crc32(bytes.subarray(at + 4, end)));
    at = end + 4;
  }
  return bytes;
}

test('12,000 mutated files: pixels or a Problem, nothing else', () => {
  const sources = golden.map((one) => ({ bytes: bytesOf(one.file), png: one.name.endsWith('.png') }));
  let problems = 0;
  for (let round = 0; round < 12_000; round++) {
    const next = mutator(round + 1);
    const { bytes, png } = sources[round % sources.length];
    let mutated = Uint8Array.from(bytes);
    for (let i = next(6); i >= 0; i--) mutated[next(mutated.length)] = next(256);
    if (next(4) === 0) mutated = mutated.slice(0, next(mutated.length));
    if (png && next(2) === 0) mutated = mended(mutated);
    for (const decode of [decodeImage, decodeLabels, ...(round % 10 === 0 ? [encodeThumbnail] : [])]) {
      const started = performance.now();
      try {
        decode(mutated, 'some/file.png');
      } catch (error) {
        if (!(error instanceof Problem)) throw new Error(`round ${round}`, { cause: error });
        problems++;
      }
      expect(performance.now() - started).toBeLessThan(2000);
    }
  }
  expect(problems).toBeGreaterThan(6000);
});
