import { z } from 'zod';
import { assistPoint, type PixelBox, pixelBox } from './assist.ts';
import { classInfo, foundItem } from './dataset.ts';
import type { ItemFeatures } from './embedding.ts';
import type { MeasureKind } from './item-query.ts';
import { type modelCard, preprocessing } from './model.ts';
import { recipe, term } from './recipe.ts';
import type { MeasuredSpeed } from './speed.ts';

/** The part of a data set that a job works on. Label values become classes through `values` (what is not named is ignored). */
export const jobData = z.object({
  root: z.string(),
  classes: z.array(classInfo),
  /** Class of each label value 0–255; 255 = ignore. */
  values: z.array(z.number().int()).length(256),
  /** `corrected`: the label map was edited, and `labels` is the whole path of an 8-bit PNG of classes. */
  items: z.array(foundItem.extend({ id: z.number().int(), corrected: z.boolean().optional() })),
  hash: z.string(),
});
export type JobData = z.infer<typeof jobData>;

const absolute = z.string();
/** Labelled pixels of each class in the whole data set. */
const pixels = z.array(z.number());

/** Teachers beside the first one: their weights files, and by class the place of the teacher that is best at it (0: the first). */
const otherTeachers = z.object({
  files: z.array(absolute).min(1),
  /** Null: the mean of all is learnt from. */
  best: z.array(z.number().int().min(0).nullable()).nullable(),
});

/** What a worker is asked to do; sent once, as its first message. */
export const job = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('train'),
    /** The run's folder: recipe, checkpoints and weights live in it. */
    folder: absolute,
    recipe,
    data: jobData,
    evaluation: jobData.nullable(),
    /** The data set that is adapted to, where the recipe has one: all images of the split. */
    target: jobData.nullable().optional(),
    /** A weights file (.pth or our own .safetensors). */
    teacher: absolute.nullable(),
    others: otherTeachers.optional(),
    /** The weights file that the student starts from, where there is no checkpoint yet. */
    start: absolute.nullable().optional(),
    /** Where outputs of teachers are kept, for all runs of a project; the run's own folder where it is not given. */
    teacherCache: absolute.optional(),
    engine: z.string(),
  }),
  /** How the teacher's outputs on crops differ from those taken from whole images. */
  z.object({
    kind: z.literal('compare-teacher'),
    recipe,
    data: jobData,
    teacher: absolute,
    others: otherTeachers.optional(),
    engine: z.string(),
  }),
  /** `crf`: once more with the dense CRF after the network. */
  z.object({
    kind: z.literal('evaluate'),
    model: absolute,
    data: jobData,
    crf: z.boolean(),
    engine: z.string(),
  }),
  /** How much two models differ on each item. */
  z.object({
    kind: z.literal('disagreement'),
    models: z.tuple([absolute, absolute]),
    data: jobData,
    pixels,
    engine: z.string(),
  }),
  /** How unsure a model is of each item. */
  z.object({ kind: z.literal('uncertainty'), model: absolute, data: jobData, pixels, engine: z.string() }),
  /** Classes of every item where the model is at least so sure, 0–1. */
  z.object({ kind: z.literal('prelabel'), model: absolute, data: jobData, confidence: z.number(), engine: z.string() }),
  /** Features of every item, at a node of the model's network. */
  z.object({ kind: z.literal('embed'), model: absolute, tap: z.string(), data: jobData, engine: z.string() }),
  /** How fast a model is on pictures of this height and width. */
  z.object({
    kind: z.literal('speed'),
    model: absolute,
    size: z.tuple([z.number().int(), z.number().int()]),
    engine: z.string(),
  }),
  /** Makes an ONNX model that cannot become a graph ready for ONNX Runtime, as a file of its own; starts no engine. */
  z.object({ kind: z.literal('adopt'), file: absolute, out: absolute }),
  z.object({ kind: z.literal('predict'), model: absolute, image: absolute, out: absolute, engine: z.string() }),
  /** Stays up and answers `inspect` requests until its host closes it. */
  z.object({ kind: z.literal('inspect'), engine: z.string() }),
  /** Stays up and answers `segment` requests by ONNX files of SAM 2; starts no engine. */
  z.object({ kind: z.literal('segment'), encoder: absolute, decoder: absolute }),
]);
export type Job = z.infer<typeof job>;

/** The maps of one image: what the Compare view shows for a model, or for a teacher and a student. */
export const inspectRequest = z.discriminatedUnion('kind', [
  /** `preprocessing`: instead of that of the model's card; `crf`: with the dense CRF after the network. */
  z.object({
    kind: z.literal('predict'),
    model: absolute,
    image: absolute,
    preprocessing: preprocessing.optional(),
    crf: z.boolean().optional(),
  }),
  z.object({
    kind: z.literal('maps'),
    teacher: absolute,
    student: absolute,
    image: absolute,
    /** The DSD terms whose taps and options to use (the run's own, or the defaults). */
    terms: z.array(term),
  }),
]);
export type InspectRequest = z.infer<typeof inspectRequest>;

/** Click to segment: look at an image, and find the thing at some points of it or in a box. */
export const segmentRequest = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('prepare'), image: absolute }),
  z.object({ kind: z.literal('segment'), image: absolute, points: z.array(assistPoint), box: pixelBox.nullable() }),
]);
export type SegmentRequest = z.infer<typeof segmentRequest>;

/** What was found: the smallest box around its pixels, which are 1 in `mask`; and how well the model thinks it fits. */
export interface Segment extends PixelBox {
  mask: Uint8Array;
  score: number;
}

/** A float map of one image: row-major, `height` × `width`. */
export interface FloatMap {
  name: string;
  height: number;
  width: number;
  data: Float32Array;
}

export interface Prediction {
  height: number;
  width: number;
  /** The three likeliest outputs per pixel, planes of height × width, best first. */
  classes: Uint8Array;
  /** Their probabilities × 65535, same order. */
  probabilities: Uint16Array;
}

export interface SimilarityMaps {
  /** Attention of each tap, then residual of each pair of taps, for both; the same names in the same order. */
  teacher: FloatMap[];
  student: FloatMap[];
  /** Class-by-class matrices, row-major C × C. */
  matrices: { classes: number; teacher: Float32Array; student: Float32Array } | null;
  /** Raw values of the terms on this image. */
  values: { method: string; value: number }[];
}

/** One image's result of an evaluation. `ious[c]` is null where class c is neither in the truth nor predicted. */
export interface ItemResult {
  item: number;
  mIoU: number | null;
  pixelAccuracy: number | null;
  ious: (number | null)[];
}

/** A figure of one image. */
export interface ItemValue {
  item: number;
  value: number;
}

/** A figure of each image; `kind` and `rare` as in `MeasureSummary`. */
export interface Measured {
  kind: MeasureKind;
  rare: boolean;
  values: ItemValue[];
}

export interface EvaluationResult {
  mIoU: number | null;
  pixelAccuracy: number | null;
  meanAccuracy: number | null;
  ious: (number | null)[];
  /** Rows: truth (classes); columns: prediction (outputs). Row-major counts. */
  confusion: number[];
  outputs: number;
  images: number;
  msPerImage: number;
  parameters: number;
  macs: number;
  inputSize: [number, number];
  items: ItemResult[];
}

/** Over crops; `worst` is that of the crop that differs most. */
export interface MeanAndWorst {
  mean: number;
  worst: number;
}

/** What the teacher cache changes on a data set, and what it takes. Differences are relative, 0–1 and above. */
export interface TeacherDifference {
  /** Images of the split, crops that were compared. */
  images: number;
  crops: number;
  /** Of all images, as stored. */
  bytes: number;
  /** Asking about all images, once. */
  fillSeconds: number;
  /** The live teacher's time for one batch. */
  teacherMsPerStep: number;
  /** Of each map: ‖cached − live‖ / ‖live‖. */
  maps: (MeanAndWorst & { teacher: string; node: string; logits: boolean })[];
  /** Share of cells in which the teacher's likeliest class is another one. */
  otherClass: MeanAndWorst;
  /** The terms' values on a student as it begins: their means, and |cached − live| / |live|. */
  terms: (MeanAndWorst & { id: string; live: number; cached: number })[];
}

export interface StepMetrics {
  step: number;
  loss: number;
  learningRate: number;
  imagesPerSecond: number;
  /** Share of the step's time spent waiting for data, 0–1. */
  wait: number;
  /** Without `value`: its schedule gives the term no weight at this step, so it was not computed. */
  terms: { id: string; value?: number; weighted: number; gradientNorm?: number; own?: number }[];
}

/** What the host tells a worker. */
export type ToWorker =
  | { type: 'job'; job: Job }
  | { type: 'pause' }
  | { type: 'resume' }
  /** Finish the step, write a checkpoint, end. */
  | { type: 'stop' }
  | { type: 'inspect'; id: number; request: InspectRequest | SegmentRequest };

/** What a worker tells its host. */
export type FromWorker =
  | { type: 'started'; engine: string; engineName: string; threads: number; notes: string[]; resumedFrom: number }
  /** Something long before the first step or image, in words ("Loading the teacher"). */
  | { type: 'phase'; text: string }
  /** `peakMemory`: the most bytes that the worker has had in memory so far (resident set). */
  | { type: 'steps'; metrics: StepMetrics[]; peakMemory: number }
  | { type: 'paused' }
  | { type: 'checkpoint'; step: number }
  | { type: 'progress'; done: number; total: number }
  /** A run's evaluation in between or at the end, or a result of an evaluate job; `crf`: with the dense CRF. */
  | { type: 'evaluated'; step: number | null; result: EvaluationResult; best: boolean; crf?: boolean }
  | { type: 'measured'; measures: Measured[] }
  | { type: 'speed'; speed: MeasuredSpeed }
  /** Classes, `height·width`, IGNORE where the model is not sure. */
  | { type: 'prelabelled'; item: number; classes: Uint8Array }
  /** Some more items of an embed job; `tapChannels`: how many channels the tap has of which theirs are made. */
  | { type: 'embedded'; tapChannels: number; items: ItemFeatures[] }
  | { type: 'compared'; result: TeacherDifference }
  | { type: 'event'; level: 'info' | 'warning'; text: string }
  | { type: 'inspected'; id: number; result: Prediction | SimilarityMaps | Segment | null }
  | { type: 'refused'; id: number; message: string; where?: string; next?: string }
  /** The end of a train job; `finished` is false when it was stopped before its last step. */
  | { type: 'trained'; finished: boolean; step: number; weightsSha256: string; card: z.infer<typeof modelCard> }
  | { type: 'done' }
  | { type: 'failed'; message: string; where?: string; next?: string; stack?: string };
