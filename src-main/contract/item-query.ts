/** Which items of a data set are listed, in what order, and what is told of them together. */
import { z } from 'zod';

const id = z.number().int();
const label = z.number().int().min(0).max(255);

/** Bounds of a figure, both included; null: none on that side. */
export const range = z.object({ min: z.number().nullable().default(null), max: z.number().nullable().default(null) });
export type Range = z.infer<typeof range>;

/** A word that the user puts on items. */
export const tag = z.string().trim().min(1).max(60);

/** All conditions must hold. */
export const itemFilter = z.object({
  /** In any of these splits; none: in whichever. */
  splits: z.array(z.string()).default([]),
  /** Each of these classes is present. */
  classes: z.array(label).default([]),
  /** Share of a class among the item's labelled pixels, 0–1; an item without labels has no share of anything. */
  shares: z.array(range.extend({ class: label })).default([]),
  /** Size of the image, in pixels. */
  width: range.nullable().default(null),
  height: range.nullable().default(null),
  /** Whether it has a label map. */
  labelled: z.boolean().nullable().default(null),
  /** Whether its label map was edited and differs from its source. */
  changed: z.boolean().nullable().default(null),
  /** Each of these tags is on it. */
  tags: z.array(tag).default([]),
  /** The key holds this, in either case of ASCII letters. */
  text: z.string().default(''),
  /** An evaluation's result on the item, 0–1: its mean IoU, or the IoU of one class. Items without that result are out. */
  scores: z.array(range.extend({ evaluation: id, class: label.nullable().default(null) })).default([]),
  /** A figure of the item (see `measureSummary`). Items without it are out. */
  measures: z.array(range.extend({ measure: id })).default([]),
  /** Only these items: a selection made elsewhere; null: all. */
  ids: z.array(id).nullable().default(null),
});
export type ItemFilter = z.infer<typeof itemFilter>;

const descending = z.boolean().default(false);

/** Items without the figure come last, whichever way; those that are equal stand by key. */
export const itemSort = z.discriminatedUnion('by', [
  /** `size`: pixels of the image; `changed`: when its label map was edited last; `tags`: how many there are. */
  z.object({ by: z.enum(['key', 'split', 'size', 'labelled', 'changed', 'tags']), descending }),
  z.object({ by: z.literal('share'), class: label, descending }),
  z.object({ by: z.literal('score'), evaluation: id, class: label.nullable().default(null), descending }),
  z.object({ by: z.literal('measure'), measure: id, descending }),
]);
export type ItemSort = z.infer<typeof itemSort>;

const order = { dataset: id, sort: itemSort.default({ by: 'key', descending: false }) };

/** A whole list. */
export const itemList = itemFilter.extend(order);
export type ItemList = z.infer<typeof itemList>;

/** One page of a list. */
export const itemQuery = itemList.extend({
  offset: z.number().int().min(0).default(0),
  limit: z.number().int().min(1).max(1000).default(200),
});
export type ItemQuery = z.infer<typeof itemQuery>;

/** A filter and an order that the user keeps under a name. */
export const savedView = z.object({ name: z.string().trim().min(1).max(80), filter: itemFilter, sort: itemSort });
export type SavedView = z.infer<typeof savedView>;

/** What is known of the classes over all items of a filter. */
export interface ClassStatistics {
  items: number;
  labelled: number;
  /** Items in which each class is present, and its labelled pixels in them. */
  images: number[];
  pixels: number[];
  /** Items in which two classes are both present: row-major, classes × classes. */
  together: number[];
}

/**
 * `disagreement`: the share of the image's pixels, 0–1, in which the likeliest outputs of two models differ. `entropy`
 * and `margin`: how unsure one model is, 0–1 (evaluation/uncertainty.ts).
 */
export type MeasureKind = 'disagreement' | 'entropy' | 'margin';

/** A figure that each item of a data set, or of a split, has: what it is, and of which models. */
export interface MeasureSummary {
  id: number;
  kind: MeasureKind;
  /** Pixels of rare classes count more (evaluation/rarity.ts). */
  rare: boolean;
  dataset: number;
  /** Null: of all splits. */
  split: string | null;
  model: number;
  modelName: string;
  /** Null where the figure is of one model. */
  other: number | null;
  otherName: string | null;
  items: number;
  mean: number | null;
  at: string;
}
