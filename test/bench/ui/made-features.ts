/** A model's features of a made project: scenes of images that drift from frame to frame, written straight through the store. */
import { randomNormal, randomUniform } from '../../../src-main/base/random.ts';
import type { ItemFeatures } from '../../../src-main/contract/embedding.ts';
import type { WritableDatabase } from '../../../src-main/store/database.ts';
import { type ItemStamp, openEmbedding, saveFeatures, saveProjection } from '../../../src-main/store/embeddings.ts';

const SEED = 12;
const CHANNELS = 128;
const SCENES = 400;
const CLASSES = 3;
const BATCH = 5000;
/** So many numbers are drawn; the rest are the same again from another place. */
const DRAWN = 65_521;

/**
 * Features by a model at the tap `level3`, of each item and of three classes, and a map of them.
 * @param weights the hash of the model's weights
 * @returns the embedding's number
 */
export function addFeatures(database: WritableDatabase, dataset: number, model: number, weights: string): number {
  const embedding = openEmbedding(database, { model, dataset, tap: 'level3', weights });
  const rows = database.prepare('SELECT id, hash FROM items WHERE dataset = ? ORDER BY id').all(dataset);
  const items = rows as { id: number; hash: string }[];
  const noise = Float32Array.from({ length: DRAWN }, (_, i) => randomNormal(SEED, 'noise', i));
  const vectorOf = (seed: number, centre: number, spread: number) => {
    const vector = Float32Array.from({ length: CHANNELS }, (_, c) => {
      return 1 + noise[(centre * 131 + c) % DRAWN] + spread * noise[(seed * 197 + c * 3) % DRAWN];
    });
    const length = Math.hypot(...vector);
    return vector.map((value) => value / length);
  };
  const sceneOf = (i: number) => Math.floor((i * SCENES) / items.length);
  const featuresOf = ({ id }: { id: number }, i: number): ItemFeatures => ({
    item: id,
    vector: vectorOf(i, sceneOf(i), 0.05 + 0.5 * randomUniform(SEED, 'spread', i)),
    classes: Array.from({ length: CLASSES }, (_, c) => {
      const seen = randomUniform(SEED, 'wrong', i, c) < 0.002 ? (c + 1) % CLASSES : c;
      return { class: c, pixels: 1000, vector: vectorOf(7 * i + c, SCENES + seen, 0.6) };
    }),
  });
  for (let from = 0; from < items.length; from += BATCH) {
    const some = items.slice(from, from + BATCH);
    const stamps = new Map(some.map(({ id, hash }): [number, ItemStamp] => [id, { hash, edited: '' }]));
    const features = some.map((item, i) => featuresOf(item, from + i));
    saveFeatures(database, embedding, features, stamps, { tapChannels: CHANNELS, engine: 'cpu' });
  }
  const points = Float32Array.from({ length: 2 * items.length }, (_, n) => {
    const [i, axis] = [n >> 1, n & 1];
    return 10 * randomNormal(SEED, 'scene', sceneOf(i), axis) + randomNormal(SEED, 'point', i, axis);
  });
  saveProjection(database, embedding, 'umap', { items: Int32Array.from(items, ({ id }) => id), points });
  return embedding;
}
