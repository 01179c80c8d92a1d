/** What images are in the eyes of a model, and what follows of it: near-duplicates, unusual labels, maps. */
import { z } from 'zod';

const id = z.number().int();

/** What one item is in the eyes of a model: unit vectors of as many channels as its embedding has. */
export interface ItemFeatures {
  item: number;
  /** The mean feature of the whole image. */
  vector: Float32Array;
  /** The mean feature of each class's pixels, of classes that cover at least one cell of the tap's grid. */
  classes: { class: number; pixels: number; vector: Float32Array }[];
}

/** The tap that stands for what a network sees: its last usual one before the logits. */
export function embeddingTap(usual: readonly string[]): string {
  return usual.findLast((tap) => tap !== 'logits') ?? 'logits';
}

export const projectionMethod = z.enum(['umap', 'tsne']);
export type ProjectionMethod = z.infer<typeof projectionMethod>;

/** A model's features of a data set, as far as they have been computed. */
export interface EmbeddingSummary {
  id: number;
  model: number;
  modelName: string;
  dataset: number;
  tap: string;
  /** Channels of the tap, and of what is kept of them. */
  tapChannels: number;
  channels: number;
  /** Items whose features are there and up to date. */
  items: number;
  engine: string;
  at: string;
  projections: { method: ProjectionMethod; items: number; at: string }[];
}

/** Images that are nearly the same, the likest first. */
export interface DuplicateGroup {
  /** `similarity`: to the likest other image of the group, −1 to 1. */
  items: { item: number; key: string; labelled: boolean; similarity: number }[];
  /** How many there are, of which the likest are in `items`. */
  total: number;
}

/** A class that looks unlike itself in one image. */
export interface LabelOutlier {
  item: number;
  key: string;
  class: number;
  pixels: number;
  /** How unusual it is: a modified z-score (see `embedding/label-outliers.ts`). */
  score: number;
  /** How many times as far from its own class's centre as is usual. */
  times: number;
  /** The class whose centre is nearest among the others, and whether it is nearer than its own; null: it is the only one. */
  nearest: number | null;
  nearer: boolean;
  /** The same in words. */
  reason: string;
}

/** What the points of a map are coloured by: one number for each item. */
export const colourBy = z.discriminatedUnion('kind', [
  /** The split's place in the data set's list. */
  z.object({ kind: z.literal('split') }),
  /** The class with the most pixels. */
  z.object({ kind: z.literal('class') }),
  /** Mean IoU in an evaluation. */
  z.object({ kind: z.literal('score'), evaluation: id }),
  /** 1 where the tag is on it, else 0. */
  z.object({ kind: z.literal('tag'), tag: z.string() }),
]);
export type ColourBy = z.infer<typeof colourBy>;

/** Similarity from which on images may be called near-duplicates. */
export const LEAST_SIMILARITY = 0.8;

export const embeddingRequests = {
  'embeddings.list': z.object({ dataset: id }),
  /** Computes what is missing of a model's features of all images. `tap` null: {@link embeddingTap}. */
  'embeddings.start': z.object({ model: id, dataset: id, tap: z.string().nullable().default(null) }),
  'embeddings.remove': z.object({ embedding: id }),
  'embeddings.project': z.object({ embedding: id, method: projectionMethod }),
  /** Groups of images each of which is at least so similar (cosine) to another one of its group. */
  'embeddings.duplicates': z.object({ embedding: id, similarity: z.number().min(LEAST_SIMILARITY).lt(1) }),
  'embeddings.outliers': z.object({ embedding: id }),
} as const;

export interface EmbeddingAnswers {
  'embeddings.list': EmbeddingSummary[];
  'embeddings.start': { job: number };
  'embeddings.remove': null;
  'embeddings.project': { job: number };
  /** The likest groups; how many there are, and images in them; `exact` false: an index was taken that may miss some. */
  'embeddings.duplicates': { groups: DuplicateGroup[]; total: number; images: number; exact: boolean };
  /** The most unusual ones, and how many there are. */
  'embeddings.outliers': { outliers: LabelOutlier[]; total: number };
}

/** Arrays of a map, little-endian, by address under the page's own origin. */
export const projectionResources = {
  /** int32 item numbers of all points, then float32 x and y of each in turn. */
  points: (embedding: number, method: ProjectionMethod) => `/data/projections/${embedding}/${method}`,
  /** float32 for each point in the same order; NaN where an item has no such value. */
  colours: (embedding: number, method: ProjectionMethod, by: ColourBy) => {
    const search = new URLSearchParams(Object.entries(by).map(([name, value]) => [name, String(value)]));
    return `/data/projections/${embedding}/${method}?${search}`;
  },
} as const;
