import type { ModelSummary, Preprocessing } from '../../src-main/contract/model.ts';
import { resources } from '../../src-main/contract/resources.ts';
import { ask } from '../host.ts';
import { Refused } from '../refused.ts';
import { type Plane, type Prediction, readPrediction } from './planes.ts';

/** Promises by key, the oldest forgotten first; what failed is not kept. */
export class Kept<T> {
  readonly #known = new Map<string, Promise<T>>();
  readonly #most: number;
  constructor(most: number) {
    this.#most = most;
  }
  get(key: string, make: () => Promise<T>): Promise<T> {
    let value = this.#known.get(key);
    if (value) {
      this.#known.delete(key);
    } else {
      value = make();
      value.catch(() => this.#known.delete(key));
    }
    this.#known.set(key, value);
    for (const old of this.#known.keys()) {
      if (this.#known.size <= this.#most) break;
      this.#known.delete(old);
    }
    return value;
  }
  delete(key: string): void {
    this.#known.delete(key);
  }
  clear(): void {
    this.#known.clear();
  }
}

const images = new Kept<ImageBitmap>(12);
const planes = new Kept<Plane>(24);
const predictions = new Kept<Prediction>(18);

async function load(url: string): Promise<Response> {
  const response = await fetch(url);
  if (response.ok) return response;
  const text = await response.text();
  let refusal = { message: `${url} could not be loaded (${response.status}).` };
  try {
    refusal = JSON.parse(text);
  } catch {
    if (text && text.length < 400) refusal = { message: text };
  }
  throw new Refused(refusal);
}

function sizeOf(response: Response): { width: number; height: number } {
  return { width: Number(response.headers.get('x-width')), height: Number(response.headers.get('x-height')) };
}

/** The item's picture, decoded off the main thread. */
export function loadImage(item: number): Promise<ImageBitmap> {
  return images.get(String(item), async () => {
    const response = await load(resources.image(item));
    return createImageBitmap(await response.blob(), { colorSpaceConversion: 'none' });
  });
}

/** Planes of an image by their address, as the host sends them. */
export async function loadBytes(url: string): Promise<{ width: number; height: number; bytes: Uint8Array }> {
  const response = await load(url);
  return { ...sizeOf(response), bytes: new Uint8Array(await response.arrayBuffer()) };
}

/** The item's label map. */
export function loadLabels(item: number): Promise<Plane> {
  return planes.get(String(item), () => loadPlane(resources.labels(item)));
}

/** A label map by its address. */
export async function loadPlane(url: string): Promise<Plane> {
  const { width, height, bytes } = await loadBytes(url);
  return { width, height, data: bytes };
}

/**
 * What a model says about an item; the host computes it where it does not know it yet. The hash tells states of a model
 * apart.
 * @param change.preprocessing instead of that of the model's card
 * @param change.crf with the dense CRF after the network
 */
export function loadPrediction(
  { id: model, card }: ModelSummary,
  item: number,
  { preprocessing, crf = false }: { preprocessing?: Preprocessing; crf?: boolean } = {},
): Promise<Prediction> {
  const state = `${card.sha256} ${JSON.stringify(preprocessing ?? card.preprocessing)} ${crf}`;
  return predictions.get(`${model} ${state} ${item}`, async () => {
    const { key, width, height } = await ask('inspect.predict', { model, item, preprocessing, crf });
    const response = await load(resources.prediction(key));
    return readPrediction(await response.arrayBuffer(), width, height);
  });
}

/** A float map by its address. */
export async function loadMap(url: string): Promise<Float32Array> {
  return new Float32Array(await (await load(url)).arrayBuffer());
}

/** Forgets the label maps of items that were edited. */
export function forgetLabelsOf(items: readonly number[]): void {
  for (const item of items) planes.delete(String(item));
}

/** Forgets everything: another project has other items under the same numbers. */
export function forgetSources(): void {
  images.clear();
  planes.clear();
  predictions.clear();
}
