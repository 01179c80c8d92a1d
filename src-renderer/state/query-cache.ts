import type { NewsName, Refusal, RequestName } from '../../src-main/contract/window.ts';

/** What is known of one request's answer. */
export interface Known<T = unknown> {
  data: T | undefined;
  error: Refusal | undefined;
  loading: boolean;
}

interface Entry {
  name: RequestName;
  params: unknown;
  known: Known;
  listeners: Set<() => void>;
  /** Counts the requests made for it: only the newest one's answer counts. */
  turn: number;
}

const LOADING: Known = { data: undefined, error: undefined, loading: true };
const MOST_UNUSED = 200;

/** What is told of all items of a filter. */
const LISTED = ['items.ids', 'items.statistics'] as const;

/** Which answers are out of date after a piece of news. */
export const OUTDATED: Partial<Record<NewsName, readonly RequestName[]>> = {
  'datasets.changed': ['datasets.list', 'items.get', ...LISTED, 'tags.list', 'exports.check', 'embeddings.list'],
  'items.changed': [
    'items.get',
    ...LISTED,
    'annotations.history',
    'prelabels.last',
    'embeddings.list',
    'embeddings.outliers',
  ],
  'models.changed': ['models.list', 'models.known', 'embeddings.list'],
  'runs.changed': ['runs.list', 'runs.get', 'runs.curves', 'runs.gain', 'runs.labels'],
  'sweeps.changed': ['sweeps.list'],
  'evaluations.changed': ['evaluations.list', 'evaluations.ofItem', 'runs.gain', ...LISTED],
  'measures.changed': ['measures.list', ...LISTED],
  'tags.changed': ['tags.list', 'items.get', ...LISTED],
  'views.changed': ['views.list'],
  'embeddings.changed': ['embeddings.list', 'embeddings.duplicates', 'embeddings.outliers'],
};

/**
 * Answers of the host, shared by all parts of the window that ask for the same thing, kept until news says that they
 * are out of date. Old data stay visible while new ones are on the way, so that nothing flickers.
 */
export class QueryCache {
  readonly #entries = new Map<string, Entry>();
  readonly #ask: (name: RequestName, params: unknown) => Promise<unknown>;
  readonly #refusal: (error: unknown) => Refusal;

  constructor(ask: (name: RequestName, params: unknown) => Promise<unknown>, refusal: (error: unknown) => Refusal) {
    this.#ask = ask;
    this.#refusal = refusal;
  }

  static key(name: RequestName, params: unknown): string {
    return `${name} ${JSON.stringify(params)}`;
  }

  /** What is known now; asks nothing. */
  peek(key: string): Known {
    return this.#entries.get(key)?.known ?? LOADING;
  }

  /** Follows a request: asks it if it was not asked before, and calls back at each change. Answers what ends it. */
  follow(name: RequestName, params: unknown, listener: () => void): () => void {
    const key = QueryCache.key(name, params);
    let entry = this.#entries.get(key);
    if (!entry) {
      entry = { name, params, known: LOADING, listeners: new Set(), turn: 0 };
      this.#entries.set(key, entry);
      this.#fetch(entry);
    } else {
      // Moved to the end: the first ones are those that were not used for longest.
      this.#entries.delete(key);
      this.#entries.set(key, entry);
      if (entry.known.error && !entry.known.loading) this.#fetch(entry);
    }
    entry.listeners.add(listener);
    this.#forget();
    return () => entry.listeners.delete(listener);
  }

  /** Asks again; those that nobody follows are forgotten instead. */
  refresh(which: (name: RequestName, params: unknown) => boolean): void {
    for (const [key, entry] of this.#entries) {
      if (!which(entry.name, entry.params)) continue;
      if (entry.listeners.size === 0) this.#entries.delete(key);
      else this.#fetch(entry);
    }
  }

  /** Changes an answer in place, where it is known. */
  patch(name: RequestName, change: (data: unknown, params: unknown) => unknown): void {
    for (const entry of this.#entries.values()) {
      if (entry.name !== name || entry.known.data === undefined) continue;
      const data = change(entry.known.data, entry.params);
      if (data !== entry.known.data) this.#tell(entry, { ...entry.known, data });
    }
  }

  async #fetch(entry: Entry): Promise<void> {
    const turn = ++entry.turn;
    if (!entry.known.loading) this.#tell(entry, { ...entry.known, loading: true });
    let known: Known;
    try {
      known = { data: await this.#ask(entry.name, entry.params), error: undefined, loading: false };
    } catch (error) {
      known = { data: undefined, error: this.#refusal(error), loading: false };
    }
    if (turn === entry.turn) this.#tell(entry, known);
  }

  #tell(entry: Entry, known: Known): void {
    entry.known = known;
    for (const listener of entry.listeners) listener();
  }

  #forget(): void {
    let unused = 0;
    for (const entry of this.#entries.values()) if (entry.listeners.size === 0) unused++;
    for (const [key, entry] of this.#entries) {
      if (unused <= MOST_UNUSED) return;
      if (entry.listeners.size > 0) continue;
      this.#entries.delete(key);
      unused--;
    }
  }
}
