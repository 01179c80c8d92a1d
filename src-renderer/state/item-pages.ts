import type { ItemSummary } from '../../src-main/contract/dataset.ts';
import type { ItemFilter, ItemQuery, ItemSort } from '../../src-main/contract/item-query.ts';
import type { Refusal } from '../../src-main/contract/window.ts';
import { asRefusal } from '../refused.ts';

/** Which items of a data set are listed, and in what order. */
export interface Listing {
  filter: ItemFilter;
  sort: ItemSort;
}

/** A filter that lets everything through. */
export const ALL: ItemFilter = {
  splits: [],
  classes: [],
  shares: [],
  width: null,
  height: null,
  labelled: null,
  changed: null,
  tags: [],
  text: '',
  scores: [],
  measures: [],
  ids: null,
};
export const ALL_ITEMS: Listing = { filter: ALL, sort: { by: 'key', descending: false } };

/** Items that one request asks for. */
export const PAGE = 200;

/** The contract's query for one page of a list. */
export function pageQuery(dataset: number, { filter, sort }: Listing, page: number): ItemQuery {
  return { dataset, ...filter, sort, offset: page * PAGE, limit: PAGE };
}

interface Loaded {
  total: number | null;
  pages: Map<number, readonly ItemSummary[]>;
  error: Refusal | null;
}

/** A list of items of which only the pages that are seen are asked for, however many there are. */
export class ItemPages {
  #loaded: Loaded = { total: null, pages: new Map(), error: null };
  readonly #asked = new Set<number>();
  readonly #listeners = new Set<() => void>();
  readonly #fetch: (page: number) => Promise<{ total: number; items: ItemSummary[] }>;

  constructor(fetch: (page: number) => Promise<{ total: number; items: ItemSummary[] }>) {
    this.#fetch = fetch;
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  readonly snapshot = (): Loaded => this.#loaded;

  /** Asks for the pages of a range of positions, those that were not asked for yet. */
  want(from: number, to: number): void {
    for (let page = Math.floor(Math.max(0, from) / PAGE); page <= Math.floor(Math.max(0, to) / PAGE); page++) {
      if (!this.#asked.has(page)) void this.#load(page);
    }
  }

  /** Asks again for all pages; the old ones stay until the new ones are there. */
  refresh(): void {
    const pages = [...this.#asked];
    this.#asked.clear();
    for (const page of pages) void this.#load(page);
  }

  at(index: number): ItemSummary | undefined {
    return this.#loaded.pages.get(Math.floor(index / PAGE))?.[index % PAGE];
  }

  /** The item at a position, waiting for its page; undefined where there is none, or the page cannot be read. */
  async whenAt(index: number): Promise<ItemSummary | undefined> {
    if (!this.at(index)) await this.#load(Math.floor(index / PAGE));
    return this.at(index);
  }

  /** Asks again for the pages that these items stand on. */
  refreshOf(items: readonly number[]): void {
    const places = items.map((item) => this.indexOf(item)).filter((index) => index >= 0);
    for (const page of new Set(places.map((index) => Math.floor(index / PAGE)))) void this.#load(page);
  }

  /** Where an item stands among the pages that are there; -1 where it is not among them. */
  indexOf(item: number): number {
    for (const [page, items] of this.#loaded.pages) {
      const place = items.findIndex(({ id }) => id === item);
      if (place >= 0) return page * PAGE + place;
    }
    return -1;
  }

  async #load(page: number): Promise<void> {
    this.#asked.add(page);
    try {
      const { total, items } = await this.#fetch(page);
      this.#loaded = { total, pages: new Map(this.#loaded.pages).set(page, items), error: null };
    } catch (error) {
      this.#asked.delete(page);
      this.#loaded = { ...this.#loaded, error: asRefusal(error) };
    }
    for (const listener of this.#listeners) listener();
  }
}
