import { z } from 'zod';

/** Numbers of instances: 0 stands for none, and the plane that holds them has 16 bits. */
export const MAX_INSTANCE = 65535;

const vertices = z.array(z.number().finite()).min(6).max(200_000);

/**
 * One instance in a label map: its number, its class, and its outline where it was drawn as one. `rings` are flat lists
 * x, y, x, y … in pixels, (0, 0) the upper left corner of the upper left pixel; inside is what an odd number of rings
 * surrounds, so a ring in a ring is a hole. No rings: an instance that is known by its pixels alone. `crowd`: it is many
 * objects that nobody told apart (COCO's iscrowd).
 */
export const labelShape = z.object({
  id: z.number().int().min(1).max(MAX_INSTANCE),
  class: z.number().int().min(0).max(254),
  rings: z.array(vertices).max(10_000),
  crowd: z.literal(true).optional(),
});
export type LabelShape = z.infer<typeof labelShape>;

/** A shape before and after an edit; null: there was or is none. */
export const shapeChange = z.object({ before: labelShape.nullable(), after: labelShape.nullable() });
export type ShapeChange = z.infer<typeof shapeChange>;

/** What one stroke of a tool changed; it is its own undoing (labels/patch.ts). */
export const labelEdit = z.object({
  /** The tool's id, such as `brush`: what the history shows. */
  tool: z.string().regex(/^[a-z][a-z0-9-]{0,39}$/),
  /** Base64 of a patch; empty where no pixel changed. */
  patch: z.string().max(96_000_000),
  shapes: z.array(shapeChange).max(20_000),
});
export type LabelEditRecord = z.infer<typeof labelEdit>;

/** One line of an item's history. Entries are never taken out: undoing adds one. */
export interface HistoryEntry {
  /** 1, 2, 3 … */
  sequence: number;
  at: string;
  tool: string;
  /** The entry that this one undid or did again; null for a stroke. */
  of: number | null;
  /** Pixels whose class changed. */
  pixels: number;
}

/** What the label map's source is like compared with when it was first edited. */
export type SourceConflict = { kind: 'changed' | 'gone' /** The file, relative to the data set. */; path: string };

/** An item as it is opened for annotation; its planes are at `resources.annotation(item)`. */
export interface AnnotationState {
  item: number;
  width: number;
  height: number;
  /** The last entry of the history; 0: it was never edited. */
  sequence: number;
  shapes: LabelShape[];
  /** Which pixels a shape holds that is drawn: see `FillRule` in labels/rasterise.ts. */
  rule: 'area' | 'touched';
  /** Entries that can be undone and done again, the next one last. */
  undo: number[];
  redo: number[];
  conflict: SourceConflict | null;
}

/** The place of an entry in an item's history; 0: before the first. */
const sequence = z.number().int().min(0);

/** What the window may ask about editing label maps; see `requests`. */
export const annotationRequests = {
  'annotations.open': z.object({ item: z.number().int() }),
  /** Adds a stroke; answered when it is lasting. `sequence`: the last entry that the window knows of. */
  'annotations.save': z.object({ item: z.number().int(), sequence, edit: labelEdit }),
  /** Undoes entry `of`, the next one that can be, or (`redo`) does it again. */
  'annotations.undo': z.object({ item: z.number().int(), sequence, of: sequence, redo: z.boolean() }),
  'annotations.entry': z.object({ item: z.number().int(), entry: sequence }),
  'annotations.history': z.object({ item: z.number().int() }),
  /** Goes back to the label map as after entry `to` (0: the source) by one more entry. */
  'annotations.restore': z.object({ item: z.number().int(), sequence, to: sequence }),
  /** Ends a conflict: keeps the label map as it is, or adds an entry that makes it equal to its source. */
  'annotations.resolve': z.object({ item: z.number().int(), keep: z.enum(['mine', 'source']) }),
  /**
   * Fills the ignored pixels of images with a model's classes where it is at least so sure, 0–1: one entry of the tool
   * `prelabel` for each image.
   */
  'prelabels.start': z.object({
    dataset: z.number().int(),
    items: z.array(z.number().int()).min(1),
    model: z.number().int(),
    confidence: z.number().min(0).max(1),
  }),
  /** The images that were pre-labelled last, those without in which something else was done after it. */
  'prelabels.last': z.object({ dataset: z.number().int() }),
  /** Undoes what pre-labelling did, in images where nothing else was done after it. */
  'prelabels.undo': z.object({ items: z.array(z.number().int()).min(1) }),
  /** What the labels made since the run before brought, by class. */
  'runs.gain': z.object({ run: z.string() }),
  /** The labels made since the run before, by class; they are counted image by image, which takes a while. */
  'runs.labels': z.object({ run: z.string() }),
} as const;

/** A run beside the one before it on the same data set, both evaluated on the same split. */
export interface RunGain {
  run: string;
  before: string;
  split: string;
  /** Images whose label maps were edited between the starts of the two runs. */
  images: number;
  /** Of these, in the split that both were evaluated on: the later result is then on other truth. */
  evaluatedImages: number;
  /** Whether the recipes differ too: then not all of the gain is the labels'. */
  otherRecipe: boolean;
  mIoU: [before: number | null, after: number | null];
  classes: {
    /** IoUs on the split, 0–1. */
    before: number | null;
    after: number | null;
    /** Labelled pixels of the class that the data set had more at the later run's start; null: not known. */
    pixels: number | null;
  }[];
}

/** What was done to a class in some images. */
export interface LabelsOfClass {
  /** Images in which pixels became the class, or ceased to be it. */
  images: number;
  /** Pixels of the class now that had none before. */
  labelled: number;
  /** Pixels of the class now that had another one before. */
  corrected: number;
}

export interface AnnotationAnswers {
  'annotations.open': AnnotationState;
  /** The new entry's place. */
  'annotations.save': { sequence: number };
  'annotations.undo': { sequence: number };
  'annotations.entry': LabelEditRecord;
  'annotations.history': HistoryEntry[];
  'annotations.restore': { sequence: number };
  'annotations.resolve': AnnotationState;
  'prelabels.start': { job: number };
  'prelabels.last': { items: number[] };
  /** Those that were undone. */
  'prelabels.undo': { items: number[] };
  /** Null: there is no run before it to compare with, or one of the two was not evaluated. */
  'runs.gain': RunGain | null;
  /** Of each class; empty where no label map was edited. */
  'runs.labels': LabelsOfClass[];
}
