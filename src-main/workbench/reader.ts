/** Reading that may take longer than a moment, in threads with connections that cannot write. */
import { ThreadPool } from '../base/thread-pool.ts';
import type { ItemSummary } from '../contract/dataset.ts';
import type { ColourBy, EmbeddingSummary, ProjectionMethod } from '../contract/embedding.ts';
import type { ClassStatistics, ItemFilter, ItemList, ItemQuery } from '../contract/item-query.ts';
import type { Curve } from '../contract/window.ts';
import type { Keeper } from './projects.ts';

export type ReadRequest =
  | { kind: 'items'; database: string; query: ItemQuery }
  | { kind: 'ids'; database: string; list: ItemList }
  | { kind: 'statistics'; database: string; dataset: number; filter: ItemFilter }
  | { kind: 'curves'; database: string; run: string; names: string[]; points: number }
  | { kind: 'embeddings'; database: string; dataset: number }
  | { kind: 'map'; database: string; embedding: number; method: ProjectionMethod; by: ColourBy | null }
  | { kind: 'labels'; root: string; labels: string; values: number[] };

export interface ItemPage {
  total: number;
  items: ItemSummary[];
}

/** A label map as classes: `height·width` bytes, 255 = ignore. */
export interface LabelMap {
  width: number;
  height: number;
  data: Uint8Array<ArrayBuffer>;
}

/** The bytes of a map's points or colours; null where the map was not made. */
export interface MapArray {
  data: Uint8Array<ArrayBuffer> | null;
}

export type ReadAnswer = ItemPage | number[] | ClassStatistics | Curve[] | LabelMap | EmbeddingSummary[] | MapArray;

export class Reader implements Keeper {
  private started: ThreadPool<ReadRequest, ReadAnswer> | null = null;

  private get pool(): ThreadPool<ReadRequest, ReadAnswer> {
    this.started ??= new ThreadPool(new URL('./read.thread.ts', import.meta.url), 2);
    return this.started;
  }

  items(database: string, query: ItemQuery): Promise<ItemPage> {
    return this.pool.run({ kind: 'items', database, query }) as Promise<ItemPage>;
  }

  ids(database: string, list: ItemList): Promise<number[]> {
    return this.pool.run({ kind: 'ids', database, list }) as Promise<number[]>;
  }

  statistics(database: string, dataset: number, filter: ItemFilter): Promise<ClassStatistics> {
    return this.pool.run({ kind: 'statistics', database, dataset, filter }) as Promise<ClassStatistics>;
  }

  curves(database: string, run: string, names: string[], points: number): Promise<Curve[]> {
    return this.pool.run({ kind: 'curves', database, run, names, points }) as Promise<Curve[]>;
  }

  embeddings(database: string, dataset: number): Promise<EmbeddingSummary[]> {
    return this.pool.run({ kind: 'embeddings', database, dataset }) as Promise<EmbeddingSummary[]>;
  }

  /** A map's points or, with `by`, what they are coloured by, as in `projectionResources`. */
  map(database: string, embedding: number, method: ProjectionMethod, by: ColourBy | null): Promise<MapArray> {
    return this.pool.run({ kind: 'map', database, embedding, method, by }) as Promise<MapArray>;
  }

  /**
   * @param labels an item's, as its data set's reader wrote them
   * @param values class of each label value
   * @throws Problem where there is no label map to be had (see readLabels)
   */
  labels(root: string, labels: string, values: number[]): Promise<LabelMap> {
    return this.pool.run({ kind: 'labels', root, labels, values }) as Promise<LabelMap>;
  }

  /** With the threads go their connections. */
  async closing(): Promise<void> {
    await this.started?.close();
    this.started = null;
  }
}
