/** The thread of `Assist`: what looks at colours. The picture asked about last stays decoded. */
import { grabCut } from '../assist/grabcut.ts';
import { readBytes } from '../base/files.ts';
import { serveThread } from '../base/thread-pool.ts';
import { decodeImage, type RgbImage } from '../datasets/codec.ts';
import { superpixels } from '../labels/slic.ts';
import type { AssistAnswer, AssistRequest } from './assist.ts';

let last: { hash: string; image: RgbImage } | null = null;

function imageOf({ file, hash }: AssistRequest): RgbImage {
  if (last?.hash !== hash) last = { hash, image: decodeImage(readBytes(file), file) };
  return last.image;
}

function withOpacity({ width, height, data }: RgbImage) {
  const rgba = new Uint8Array(width * height * 4).fill(255);
  for (let from = 0, to = 0; from < data.length; from += 3, to += 4) {
    rgba[to] = data[from];
    rgba[to + 1] = data[from + 1];
    rgba[to + 2] = data[from + 2];
  }
  return { width, height, rgba };
}

serveThread<AssistRequest, AssistAnswer>(
  async (request) => {
    const image = imageOf(request);
    if (request.kind === 'superpixels') {
      const { width, height } = image;
      return { width, height, ...superpixels(withOpacity(image), request.size, request.compactness) };
    }
    return grabCut(image, request.box, request.marks);
  },
  (answer) => (answer ? [('labels' in answer ? answer.labels : answer.mask).buffer as ArrayBuffer] : []),
);
