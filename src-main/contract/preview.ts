/** What a data set's folder is seen to hold before anything of it is written into the project. */
import { z } from 'zod';
import { type ClassInfo, classInfo, type DatasetProblem, IGNORE } from './dataset.ts';

/** How a folder is to be read, where the user says so. */
export const reading = z.union([
  /** As this layout, of those that fit. */
  z.strictObject({ layout: z.string() }),
  /** Images in one folder, label maps in another, of the same names or in folders for splits; classes from value 0 on. */
  z.strictObject({
    images: z.string().min(1),
    labels: z.string().min(1),
    classes: z.array(z.string().min(1)).min(1).max(IGNORE),
  }),
]);
export type Reading = z.infer<typeof reading>;

/** Classes under the user's names and colours; no two share a name. */
export const ownClasses = z
  .array(classInfo)
  .min(1)
  .max(IGNORE)
  .refine((classes) => new Set(classes.map((one) => one.name)).size === classes.length, 'two classes have one name')
  .refine((classes) => classes.every(({ color }) => color.every((part) => part >= 0 && part <= 255)), 'no such colour');

/** A layout as the user is told of it. */
export interface LayoutInfo {
  name: string;
  title: string;
  /** What such a folder holds. */
  holds: string;
}

/** One of the images that are looked at; its picture and label map are at `resources.example…`, by its place in the list. */
export interface Example {
  key: string;
  split: string;
  width: number;
  height: number;
  labelled: boolean;
}

/** A folder that can be imported. */
export interface FoundPreview {
  kind: 'found';
  /** Names the preview in `resources.example…`. */
  key: string;
  name: string;
  root: string;
  layout: string;
  /** All layouts that fit the folder. */
  layouts: LayoutInfo[];
  items: number;
  labelled: number;
  splits: { name: string; items: number; labelled: number }[];
  /** As the user calls them, where they were imported under other names. */
  classes: ClassInfo[];
  examples: Example[];
  /** Pixels of each class in the examples, and all pixels of those that are labelled. */
  pixels: number[];
  allPixels: number;
  /** Those of the folder's structure, and of the images that were looked at. */
  problems: DatasetProblem[];
  /** Whether the project has this folder's data set already. */
  known: boolean;
}

/** A folder that no layout fits. */
export interface StrangePreview {
  kind: 'strange';
  root: string;
  /** What is there, in words: "train/, notes.txt and 3 more". */
  content: string;
  looked: LayoutInfo[];
  /** A data set just above or below. */
  near: { file: string; label: string } | null;
  /** The folders in it that hold images, or folders with images. */
  folders: { name: string; images: number }[];
}

export type DatasetPreview = FoundPreview | StrangePreview;
