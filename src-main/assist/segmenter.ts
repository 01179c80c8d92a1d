/**
 * Click to segment with SAM 2 (Ravi et al., "SAM 2: Segment anything in images and videos", arXiv:2408.00714), its
 * smallest network, by ONNX Runtime. An encoder looks at the image once, for seconds; a decoder then answers each click at
 * once.
 */
import { statSync } from 'node:fs';
import type * as Ort from 'onnxruntime-node';
import { fileProblem, readBytes } from '../base/files.ts';
import type { AssistPoint, PixelBox } from '../contract/assist.ts';
import { type FromWorker, type Segment, type SegmentRequest, segmentRequest } from '../contract/job.ts';
import { decodeStretched, imageSize } from '../datasets/codec.ts';
import { inTurn } from '../inspection/in-turn.ts';

/** The encoder's input is square, whatever the image is. */
const SIDE = 1024;
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
/** Images whose features are kept, 17 MB each. */
const KEPT = 8;

/** What the encoder finds, as the decoder takes it. */
type Features = Record<'image_embed' | 'high_res_feats_0' | 'high_res_feats_1', Ort.Tensor>;

interface Seen {
  width: number;
  height: number;
  features: Features;
}

/** @throws Error where the files are no networks that ONNX Runtime can load */
export async function openSegmenter(
  send: (message: FromWorker) => void,
  files: { encoder: string; decoder: string },
): Promise<{ ask: ReturnType<typeof inTurn> }> {
  // Loaded here and in this process only: 45 MB that nobody else needs.
  const { default: ort } = (await import('onnxruntime-node')) as unknown as { default: typeof Ort };
  const encoder = await ort.InferenceSession.create(files.encoder);
  const decoder = await ort.InferenceSession.create(files.decoder);
  const segmenter = new Segmenter(ort, encoder, decoder);
  return { ask: inTurn(send, (request) => segmenter.answer(segmentRequest.parse(request))) };
}

class Segmenter {
  private readonly ort: typeof Ort;
  private readonly encoder: Ort.InferenceSession;
  private readonly decoder: Ort.InferenceSession;
  /** By path and time of change; the one used longest ago first. */
  private readonly seen = new Map<string, Seen>();

  constructor(ort: typeof Ort, encoder: Ort.InferenceSession, decoder: Ort.InferenceSession) {
    this.ort = ort;
    this.encoder = encoder;
    this.decoder = decoder;
  }

  async answer(request: SegmentRequest): Promise<Segment | null> {
    const image = await this.look(request.image);
    return request.kind === 'segment' ? this.segment(image, request.points, request.box) : null;
  }

  private async look(file: string): Promise<Seen> {
    let key: string;
    try {
      key = `${file}\0${statSync(file).mtimeMs}`;
    } catch (error) {
      throw fileProblem(error, file, 'read');
    }
    let seen = this.seen.get(key);
    if (!seen) {
      const bytes = readBytes(file);
      const { width, height } = imageSize(bytes, file);
      const pixels = normalised(decodeStretched(bytes, file, SIDE, SIDE).data);
      const input = new this.ort.Tensor('float32', pixels, [1, 3, SIDE, SIDE]);
      const features = (await this.encoder.run({ image: input })) as Features;
      seen = { width, height, features };
    }
    this.seen.delete(key);
    this.seen.set(key, seen);
    for (const oldest of [...this.seen.keys()].slice(0, -KEPT)) this.seen.delete(oldest);
    return seen;
  }

  private async segment({ width, height, features }: Seen, points: AssistPoint[], box: PixelBox | null) {
    const places: number[] = [];
    const labels: number[] = [];
    const add = (x: number, y: number, label: number) => {
      places.push((x * SIDE) / width, (y * SIDE) / height);
      labels.push(label);
    };
    // A box is its two corners, which have labels of their own.
    if (box) {
      add(box.x, box.y, 2);
      add(box.x + box.width, box.y + box.height, 3);
    }
    for (const { x, y, inside } of points) add(x, y, inside ? 1 : 0);
    const tensor = (values: number[], dims: number[]) =>
      new this.ort.Tensor('float32', Float32Array.from(values), dims);
    const { masks, iou_predictions } = await this.decoder.run({
      ...features,
      point_coords: tensor(places, [1, labels.length, 2]),
      point_labels: tensor(labels, [1, labels.length]),
      mask_input: new this.ort.Tensor('float32', new Float32Array(256 * 256), [1, 1, 256, 256]),
      has_mask_input: tensor([0], [1]),
    });
    // The whole, a part, a part of that: the one that the network thinks fits best.
    const scores = [...(iou_predictions.data as Float32Array)];
    const best = scores.indexOf(Math.max(...scores));
    const [, , rows, columns] = masks.dims;
    const logits = (masks.data as Float32Array).subarray(best * rows * columns, (best + 1) * rows * columns);
    const area = enlarged(logits, columns, rows, width, height);
    return area && { ...area, score: Math.min(1, Math.max(0, scores[best])) };
  }
}

/** Interleaved bytes as planes of red, green and blue, of mean 0 and deviation 1 over ImageNet. */
function normalised(rgb: Uint8Array): Float32Array {
  const size = rgb.length / 3;
  const planes = new Float32Array(rgb.length);
  for (let at = 0; at < rgb.length; at++) {
    const c = at % 3;
    planes[c * size + (at - c) / 3] = (rgb[at] / 255 - MEAN[c]) / DEVIATION[c];
  }
  return planes;
}

/**
 * Where logits, sampled bilinearly at the image's pixels, are above 0.
 * @returns the smallest box around these pixels; null where there are none
 */
export function enlarged(logits: Float32Array, columns: number, rows: number, width: number, height: number) {
  const mask = new Uint8Array(width * height);
  let [left, top, right, bottom] = [width, height, 0, 0];
  const at = (pixel: number, from: number, to: number) => {
    const place = Math.min(to - 1, Math.max(0, ((pixel + 0.5) * to) / from - 0.5));
    const low = Math.min(to - 1, Math.floor(place));
    return { low, high: Math.min(to - 1, low + 1), share: place - low };
  };
  const across = Array.from({ length: width }, (_, x) => at(x, width, columns));
  for (let y = 0; y < height; y++) {
    const down = at(y, height, rows);
    const upper = down.low * columns;
    const lower = down.high * columns;
    for (let x = 0; x < width; x++) {
      const { low, high, share } = across[x];
      const above = logits[upper + low] + share * (logits[upper + high] - logits[upper + low]);
      const below = logits[lower + low] + share * (logits[lower + high] - logits[lower + low]);
      if (above + down.share * (below - above) <= 0) continue;
      mask[y * width + x] = 1;
      if (x < left) left = x;
      if (x >= right) right = x + 1;
      if (y < top) top = y;
      bottom = y + 1;
    }
  }
  if (right === 0) return null;
  const box = { x: left, y: top, width: right - left, height: bottom - top };
  const inside = new Uint8Array(box.width * box.height);
  for (let y = 0; y < box.height; y++) {
    const from = (top + y) * width + left;
    inside.set(mask.subarray(from, from + box.width), y * box.width);
  }
  return { ...box, mask: inside };
}
