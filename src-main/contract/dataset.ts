import { z } from 'zod';

/** The value that a label map holds where a pixel counts for nothing. */
export const IGNORE = 255;

/** One class of a data set: its name and its colour as 0–255 red, green, blue. */
export const classInfo = z.object({
  name: z.string().min(1),
  color: z.tuple([z.number().int(), z.number().int(), z.number().int()]),
});
export type ClassInfo = z.infer<typeof classInfo>;

/** Something wrong in a data set: where, and what to do about it, as one sentence. */
export const datasetProblem = z.object({ path: z.string(), message: z.string() });
export type DatasetProblem = z.infer<typeof datasetProblem>;

/** One image and what belongs to it, as a reader finds it; paths are relative to the data set's root, with forward slashes. */
export const foundItem = z.object({
  /** Unique in the data set, stable over time: for CamVid `val/0016E5_07959`. */
  key: z.string(),
  split: z.string(),
  image: z.string(),
  /** The label map's path, or that of the file it is made of and how (`datasets/label-source.ts`). */
  labels: z.string().nullable(),
});
export type FoundItem = z.infer<typeof foundItem>;

/** What a reader makes of a folder. `layout` is the format's short lower-case name. */
export interface FoundDataset {
  layout: string;
  name: string;
  root: string;
  classes: ClassInfo[];
  items: FoundItem[];
  problems: DatasetProblem[];
  /** What each value in a label file means (`datasets/layout.ts`, LabelTable). */
  table: Uint16Array;
}

/** A data set in a project, as the window shows it. */
export const datasetSummary = z.object({
  id: z.number().int(),
  name: z.string(),
  layout: z.string(),
  root: z.string(),
  classes: z.array(classInfo),
  items: z.number().int(),
  labelled: z.number().int(),
  splits: z.array(z.object({ name: z.string(), items: z.number().int() })),
  problems: z.array(datasetProblem),
  /** Labelled pixels of each class, in the order of `classes`. */
  pixels: z.array(z.number()),
  /** SHA-256 over the items' keys and content hashes. */
  hash: z.string(),
});
export type DatasetSummary = z.infer<typeof datasetSummary>;

/** One item of the grid. `score` is the value the list is sorted by (an IoU, a share or a measure, 0–1), where there is one. */
export const itemSummary = z.object({
  id: z.number().int(),
  key: z.string(),
  split: z.string(),
  width: z.number().int(),
  height: z.number().int(),
  labelled: z.boolean(),
  /** Whether its label map was edited in the project. */
  changed: z.boolean(),
  score: z.number().nullable(),
  tags: z.array(z.string()),
});
export type ItemSummary = z.infer<typeof itemSummary>;

export const itemDetail = itemSummary.extend({
  dataset: z.number().int(),
  image: z.string(),
  labels: z.string().nullable(),
  /** Pixels of each class in this image; ignored pixels are in none. */
  pixels: z.array(z.number()),
});
export type ItemDetail = z.infer<typeof itemDetail>;
