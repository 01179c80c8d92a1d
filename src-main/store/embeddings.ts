/** Features of items and their classes by a model, and maps made of them. */
import type { ColourBy, EmbeddingSummary, ItemFeatures, ProjectionMethod } from '../contract/embedding.ts';
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { Database, WritableDatabase } from './database.ts';
import { jobData } from './labelled.ts';

/** Which features: of what, at which node, by weights of which hash. */
export interface EmbeddingKey {
  model: number;
  dataset: number;
  tap: string;
  weights: string;
}

/** The embedding of this key, made where it is not there. What other weights of the same model computed goes. */
export function openEmbedding(database: WritableDatabase, key: EmbeddingKey): number {
  return database.transaction(() => {
    database
      .prepare(
        'DELETE FROM embeddings WHERE model = @model AND dataset = @dataset AND tap = @tap AND weights <> @weights',
      )
      .run(key);
    return database
      .prepare(
        `INSERT INTO embeddings (model, dataset, tap, weights, at) VALUES (@model, @dataset, @tap, @weights, @at)
         ON CONFLICT DO UPDATE SET at = excluded.at RETURNING id`,
      )
      .pluck()
      .get({ ...key, at: new Date().toISOString() }) as number;
  })();
}

/** An image's vector counts while the item is as it was, those of its classes while its labels are too. */
const FRESH = 'item_vectors v JOIN items i ON i.id = v.item AND i.hash = v.hash AND i.gone = 0';
const EDITED = "iif(i.changed, (SELECT hash FROM label_edits WHERE item = i.id), '')";

/** What of an item tells whether its features are up to date: its content, and its edited label map or nothing. */
export interface ItemStamp {
  hash: string;
  edited: string;
}

/**
 * What an embed job still has to do: items without features, labelled or not, in the order of their keys; and their
 * stamps, to be written with their features.
 * @param folder of the project, as for jobData
 * @throws Problem where the data set is empty
 */
export function itemsToEmbed(
  database: Database,
  folder: string,
  embedding: number,
): { data: JobData; stamps: Map<number, ItemStamp> } {
  const dataset = database.prepare('SELECT dataset FROM embeddings WHERE id = ?').pluck().get(embedding) as number;
  const data = jobData(database, folder, dataset, null, { unlabelled: true });
  const missing = database
    .prepare(
      `SELECT i.id, i.hash, ${EDITED} AS edited FROM items i WHERE i.dataset = @dataset AND i.gone = 0 AND i.id NOT IN
         (SELECT v.item FROM ${FRESH} WHERE v.embedding = @embedding AND v.edited = ${EDITED})`,
    )
    .all({ dataset, embedding }) as ({ id: number } & ItemStamp)[];
  const stamps = new Map(missing.map(({ id, ...stamp }) => [id, stamp]));
  return { data: { ...data, items: data.items.filter((item) => stamps.has(item.id)) }, stamps };
}

/** Writes the features of some items in one transaction, in place of former ones; items that are gone are left out. */
export function saveFeatures(
  database: WritableDatabase,
  embedding: number,
  features: ItemFeatures[],
  stamps: ReadonlyMap<number, ItemStamp>,
  how: { tapChannels: number; engine: string },
): void {
  const drop = database.prepare('DELETE FROM item_vectors WHERE embedding = ? AND item = ?');
  const item = database.prepare(
    `INSERT INTO item_vectors (embedding, item, hash, edited, vector)
     SELECT @embedding, id, @hash, @edited, @vector FROM items WHERE id = @item`,
  );
  const ofClass = database.prepare(
    'INSERT INTO class_vectors (embedding, class, item, pixels, vector) VALUES (?, ?, ?, ?, ?)',
  );
  database.transaction(() => {
    database
      .prepare('UPDATE embeddings SET tap_channels = @tapChannels, engine = @engine WHERE id = @embedding')
      .run({ ...how, embedding });
    for (const one of features) {
      drop.run(embedding, one.item);
      const row = { embedding, item: one.item, vector: toHalf(one.vector), ...stamps.get(one.item) };
      if (item.run(row).changes === 0) continue;
      for (const { class: c, pixels, vector } of one.classes) {
        ofClass.run(embedding, c, one.item, pixels, toHalf(vector));
      }
    }
  })();
}

/** Newest first. */
export function listEmbeddings(database: Database, dataset: number): EmbeddingSummary[] {
  const rows = database
    .prepare(
      `SELECT e.id, e.model, json_extract(m.card, '$.name') AS modelName, e.dataset, e.tap,
         e.tap_channels AS tapChannels, e.engine, e.at,
         coalesce((SELECT length(vector) / 2 FROM item_vectors WHERE embedding = e.id LIMIT 1), 0) AS channels,
         (SELECT count(*) FROM ${FRESH} WHERE v.embedding = e.id AND v.edited = ${EDITED}) AS items
       FROM embeddings e JOIN models m ON m.id = e.model AND json_extract(m.card, '$.sha256') = e.weights
       WHERE e.dataset = @dataset ORDER BY e.at DESC, e.id DESC`,
    )
    .all({ dataset }) as Omit<EmbeddingSummary, 'projections'>[];
  const made = database.prepare(
    'SELECT method, length(items) / 4 AS items, at FROM projections WHERE embedding = ? ORDER BY method',
  );
  return rows.map((row) => ({ ...row, projections: made.all(row.id) as EmbeddingSummary['projections'] }));
}

/** @throws Problem where there is none of that number */
export function getEmbedding(database: Database, id: number): EmbeddingKey & { modelName: string } {
  const row = database
    .prepare(
      `SELECT e.model, e.dataset, e.tap, e.weights, json_extract(m.card, '$.name') AS modelName
       FROM embeddings e JOIN models m ON m.id = e.model WHERE e.id = ?`,
    )
    .get(id) as (EmbeddingKey & { modelName: string }) | undefined;
  if (!row) throw new Problem(`There are no features ${id} in this project.`, { next: 'Compute them again.' });
  return row;
}

/** Takes out an embedding with everything made of it. */
export function dropEmbedding(database: WritableDatabase, id: number): void {
  database.prepare('DELETE FROM embeddings WHERE id = ?').run(id);
}

/** Vectors of the same length, one for each of `items`, row-major. */
export interface Vectors {
  items: Int32Array<ArrayBuffer>;
  keys: string[];
  /** Whether each item has a label map. */
  labelled: boolean[];
  channels: number;
  values: Float32Array;
}

/** The image vectors of an embedding in the order of the items' keys, so that a map does not depend on their numbers. */
export function itemVectors(database: Database, embedding: number): Vectors {
  return vectors(
    database
      .prepare(`SELECT v.item, i.key, i.labelled, v.vector FROM ${FRESH} WHERE v.embedding = ? ORDER BY i.key`)
      .all(embedding) as VectorRow[],
  );
}

/** The classes that an embedding has vectors of. */
export function vectorClasses(database: Database, embedding: number): number[] {
  return database
    .prepare('SELECT DISTINCT class FROM class_vectors WHERE embedding = ? ORDER BY class')
    .pluck()
    .all(embedding) as number[];
}

/** One class's vectors in the order of their items, and how many pixels each is the mean of. */
export function classVectors(
  database: Database,
  embedding: number,
  ofClass: number,
): Vectors & { pixels: Float64Array } {
  const rows = database
    .prepare(
      `SELECT c.item, i.key, i.labelled, c.vector, c.pixels FROM ${FRESH}
       JOIN class_vectors c ON c.embedding = v.embedding AND c.item = v.item
       WHERE c.embedding = ? AND c.class = ? AND v.edited = ${EDITED} ORDER BY c.item`,
    )
    .all(embedding, ofClass) as (VectorRow & { pixels: number })[];
  return { ...vectors(rows), pixels: Float64Array.from(rows, (row) => row.pixels) };
}

interface VectorRow {
  item: number;
  key: string;
  labelled: number;
  vector: Buffer;
}

function vectors(rows: VectorRow[]): Vectors {
  const channels = (rows[0]?.vector.byteLength ?? 0) / 2;
  const values = new Float32Array(rows.length * channels);
  rows.forEach(({ vector }, i) => {
    // A copy: the buffer's own place in memory need not be even.
    values.set(new Float16Array(new Uint8Array(vector).buffer), i * channels);
  });
  return {
    items: Int32Array.from(rows, (row) => row.item),
    keys: rows.map((row) => row.key),
    labelled: rows.map((row) => row.labelled === 1),
    channels,
    values,
  };
}

function toHalf(vector: Float32Array): Uint8Array {
  return new Uint8Array(new Float16Array(vector).buffer);
}

/** A map: where each item lies. `points`: x and y in turn. */
export interface Projection {
  items: Int32Array<ArrayBuffer>;
  points: Float32Array<ArrayBuffer>;
}

export function saveProjection(
  database: WritableDatabase,
  embedding: number,
  method: ProjectionMethod,
  { items, points }: Projection,
): void {
  database
    .prepare(
      `INSERT OR REPLACE INTO projections (embedding, method, items, points, at)
       SELECT id, @method, @items, @points, @at FROM embeddings WHERE id = @embedding`,
    )
    .run({
      embedding,
      method,
      items: new Uint8Array(items.buffer),
      points: new Uint8Array(points.buffer),
      at: new Date().toISOString(),
    });
}

/** The map of an embedding without items that are gone; null where it was not made. */
export function readProjection(database: Database, embedding: number, method: ProjectionMethod): Projection | null {
  const row = database
    .prepare('SELECT items, points FROM projections WHERE embedding = ? AND method = ?')
    .get(embedding, method) as { items: Buffer; points: Buffer } | undefined;
  if (!row) return null;
  const items = new Int32Array(new Uint8Array(row.items).buffer);
  const points = new Float32Array(new Uint8Array(row.points).buffer);
  const there = new Set(
    database
      .prepare('SELECT id FROM items WHERE dataset = (SELECT dataset FROM embeddings WHERE id = ?)')
      .pluck()
      .all(embedding) as number[],
  );
  const kept = [...items.keys()].filter((i) => there.has(items[i]));
  return {
    items: Int32Array.from(kept, (i) => items[i]),
    points: Float32Array.from({ length: 2 * kept.length }, (_, n) => points[2 * kept[n >> 1] + (n & 1)]),
  };
}

const COLOURS = {
  // Splits are numbered as the data set lists them.
  split: `SELECT i.id AS item, s.number AS value FROM items i JOIN (SELECT split, row_number() OVER (ORDER BY min(id)) - 1
    AS number FROM items WHERE dataset = @dataset GROUP BY split) s ON s.split = i.split WHERE i.dataset = @dataset`,
  // Of a group with a single max() SQLite takes the other columns from the row that has it.
  class: `SELECT item, class AS value, max(pixels) FROM item_classes WHERE dataset = @dataset GROUP BY item`,
  score: `SELECT r.item, r.miou AS value FROM item_results r JOIN items i ON i.id = r.item
    WHERE r.evaluation = @evaluation AND i.dataset = @dataset AND r.miou IS NOT NULL`,
  tag: `SELECT id, id IN (SELECT item FROM item_tags WHERE dataset = @dataset AND tag = @tag) FROM items
    WHERE dataset = @dataset`,
} as const;

/** What the items of a map are coloured by, in the order of its points; NaN where an item has no such value. */
export function colourValues(
  database: Database,
  embedding: number,
  items: Int32Array,
  by: ColourBy,
): Float32Array<ArrayBuffer> {
  const dataset = database.prepare('SELECT dataset FROM embeddings WHERE id = ?').pluck().get(embedding);
  const { kind, ...of } = by;
  const rows = database
    .prepare(COLOURS[kind])
    .raw()
    .all({ dataset, ...of }) as [number, number][];
  const values = new Map(rows.map(([item, value]) => [item, value]));
  return Float32Array.from(items, (item) => values.get(item) ?? Number.NaN);
}
