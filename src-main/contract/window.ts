import { z } from 'zod';
import { type AnnotationAnswers, annotationRequests } from './annotation.ts';
import { type AssistAnswers, assistRequests } from './assist.ts';
import type { datasetSummary, ItemDetail, ItemSummary } from './dataset.ts';
import { type EmbeddingAnswers, embeddingRequests } from './embedding.ts';
import { type EvaluationAnswers, evaluationRequests } from './evaluation.ts';
import { type InspectionAnswers, inspectionRequests } from './inspection.ts';
import {
  type ClassStatistics,
  itemFilter,
  itemList,
  itemQuery,
  type MeasureSummary,
  type SavedView,
  savedView,
  tag,
} from './item-query.ts';
import type { TeacherDifference } from './job.ts';
import type { MemoryNeed } from './memory.ts';
import { type ModelAnswers, modelRequests } from './model-requests.ts';
import type { Precision } from './precision.ts';
import { type DatasetPreview, ownClasses, reading } from './preview.ts';
import { type FieldProblem, otherTeachers as others, recipe, runStart } from './recipe.ts';
import { type SweepAnswers, sweepRequests } from './sweep.ts';

/**
 * Everything the window may ask of the host: name → what it sends. The answers are in `Answers`, the news in `News`.
 * The host checks each request against its schema, whoever sends it. Pictures, label maps and other arrays do not go
 * this way: see `resources.ts`.
 */
export const requests = {
  'app.info': z.object({}),
  /** Strokes that the window holds and could not save yet, and why: closing it must ask. */
  'app.unsaved': z.object({ strokes: z.number().int().min(0), reason: z.string().nullable() }),
  'app.settings': z.object({}),
  /** The engines and whether they can be started; takes a second. */
  'app.engines': z.object({}),
  'app.setSettings': z.object({
    theme: z.enum(['auto', 'light', 'dark']).optional(),
    engine: z.enum(['auto', 'cuda', 'cpu', 'webgpu', 'wasm']).optional(),
    thumbnailLabels: z.boolean().optional(),
  }),
  /** Ask the user for a file or folder; answers a token that stands for it, or null. In a browser the user types `path`. */
  'files.pick': z.object({
    purpose: z.enum(['new-project', 'open-project', 'dataset', 'model', 'recipe', 'save-recipe', 'export']),
    path: z.string().optional(),
  }),
  'project.create': z.object({ file: z.string() }),
  'project.open': z.object({ file: z.string().optional(), recent: z.number().int().optional() }),
  /** Makes the sample data set, teacher and project in the user's own folder and opens it. */
  'project.sample': z.object({}),
  'project.close': z.object({}),
  'datasets.list': z.object({}),
  /** What a folder holds, with examples; nothing is written. Asking again ends the one before. */
  'datasets.preview': z.object({ file: z.string(), reading: reading.nullable().default(null) }),
  'datasets.import': z.object({
    file: z.string(),
    /** Null: the folder's own, or the one that the project knows it by. */
    name: z.string().trim().min(1).max(200).nullable().default(null),
    reading: reading.nullable().default(null),
    /** Other names and colours for all classes, in their order. */
    classes: ownClasses.nullable().default(null),
  }),
  'exports.formats': z.object({}),
  /** What the format cannot hold of the data set, before anything is written. */
  'exports.check': z.object({ dataset: z.number().int(), format: z.string() }),
  'exports.start': z.object({
    dataset: z.number().int(),
    format: z.string(),
    /** A new or an empty folder. */
    file: z.string(),
    /** Copy the images too. */
    images: z.boolean(),
  }),
  'items.query': itemQuery,
  'items.get': z.object({ item: z.number().int() }),
  /** The numbers of all items of a list, in its order. */
  'items.ids': itemList,
  'items.statistics': itemFilter.extend({ dataset: z.number().int() }),
  /** Puts tags on items and takes others off. */
  'items.tag': z.object({
    items: z.array(z.number().int()),
    add: z.array(tag).default([]),
    remove: z.array(tag).default([]),
  }),
  'tags.list': z.object({ dataset: z.number().int() }),
  'views.list': z.object({ dataset: z.number().int() }),
  /** A view of the same name is replaced. */
  'views.save': savedView.extend({ dataset: z.number().int() }),
  'views.remove': z.object({ dataset: z.number().int(), name: z.string() }),
  'measures.list': z.object({ dataset: z.number().int() }),
  /** Runs two models over the images, labelled or not, and keeps how much they differ. `split` null: all. */
  'measures.disagreement': z.object({
    dataset: z.number().int(),
    split: z.string().nullable(),
    model: z.number().int(),
    other: z.number().int(),
  }),
  /** Runs a model over the images and keeps how unsure it is of each: entropy and margin. `split` null: all. */
  'measures.uncertainty': z.object({
    dataset: z.number().int(),
    split: z.string().nullable(),
    model: z.number().int(),
  }),
  ...annotationRequests,
  ...embeddingRequests,
  ...assistRequests,
  ...modelRequests,
  'methods.list': z.object({}),
  'recipes.list': z.object({}),
  'recipes.open': z.object({ file: z.string() }),
  'recipes.save': z.object({ file: z.string(), recipe }),
  'recipes.check': z.object({
    recipe: z.unknown(),
    dataset: z.number().int().nullable(),
    teacher: z.number().int().nullable(),
    others,
    start: z.number().int().nullable().default(null),
    target: z.number().int().nullable().default(null),
  }),
  /** Measures what the teacher cache would change; answers when it is done. */
  'recipes.compareTeacher': z.object({ recipe, dataset: z.number().int(), teacher: z.number().int(), others }),
  'runs.start': runStart,
  'runs.list': z.object({}),
  'runs.get': z.object({ run: z.string() }),
  'runs.pause': z.object({ run: z.string() }),
  /** Goes on after a pause, a stop or a crash. */
  'runs.resume': z.object({ run: z.string() }),
  'runs.stop': z.object({ run: z.string() }),
  'runs.curves': z.object({
    run: z.string(),
    /** Names as in `RunDetail.metrics`; each curve is reduced to at most `points` min/max buckets. */
    names: z.array(z.string()).max(128),
    points: z.number().int().min(2).max(5000).default(1000),
  }),
  ...sweepRequests,
  ...evaluationRequests,
  ...inspectionRequests,
  'jobs.list': z.object({}),
  'jobs.cancel': z.object({ job: z.number().int() }),
} as const;

export type RequestName = keyof typeof requests;
export type Params<N extends RequestName> = z.input<(typeof requests)[N]>;
export type ParsedParams<N extends RequestName> = z.output<(typeof requests)[N]>;

export const projectSummary = z.object({ name: z.string(), folder: z.string() });
export type ProjectSummary = z.infer<typeof projectSummary>;

export interface AppInfo {
  version: string;
  /** `electron`, or `browser` where the pages are served. */
  home: 'electron' | 'browser';
  platform: string;
  project: ProjectSummary | null;
  recent: ProjectSummary[];
}

export interface Settings {
  theme: 'auto' | 'light' | 'dark';
  engine: 'auto' | 'cuda' | 'cpu' | 'webgpu' | 'wasm';
  /** Whether thumbnails show the labels. */
  thumbnailLabels: boolean;
}

export interface EngineStatus {
  id: 'cuda' | 'cpu' | 'webgpu' | 'wasm';
  /** Whether it can be started now without fetching anything. */
  ready: boolean;
  /** One line: where it is, or why it is not. */
  detail: string;
  /** The command or step that makes it ready; undefined where nothing does, or nothing need. */
  next?: string;
}

/** `broken`: the worker died; `failed`: it said why; both can be resumed from the last checkpoint. */
export type RunStatus = 'queued' | 'running' | 'paused' | 'stopped' | 'finished' | 'failed' | 'broken';

export interface RunSummary {
  /** The folder's name under `runs/`. */
  run: string;
  name: string;
  /** The sweep that it is one of. */
  sweep: number | null;
  status: RunStatus;
  step: number;
  steps: number;
  dataset: number;
  datasetName: string;
  /** The data set that it adapts to, where it has one. */
  target: number | null;
  targetName: string | null;
  teacher: number | null;
  teacherName: string | null;
  /** The teachers beside it, in order. */
  otherTeachers: { id: number; name: string }[];
  /** By class the place of the teacher that it is taught by, 0: the first; null: by all. Null as a whole: every class is. */
  bestTeachers: (number | null)[] | null;
  /** The model the run has made so far, once it has a checkpoint that was evaluated or has finished. */
  model: number | null;
  network: string;
  /** Decay of the average of the student's weights, where that is evaluated and kept in their place. */
  average: number | null;
  methods: string[];
  parameters: number;
  mIoU: number | null;
  bestMIoU: number | null;
  loss: number | null;
  learningRate: number | null;
  imagesPerSecond: number | null;
  /** Share of the time that the last steps stood still because their images were not ready, 0–1. */
  wait: number | null;
  secondsLeft: number | null;
  lastCheckpoint: number | null;
  /** Bytes at the peak, as estimated before it began and as the worker measured; null where not known. */
  memoryEstimate: number | null;
  memoryPeak: number | null;
  engine: string | null;
  startedAt: string;
  finishedAt: string | null;
  /** Why it failed, with the next step. */
  message: string | null;
}

export interface RunDetail extends RunSummary {
  recipe: z.output<typeof recipe>;
  folder: string;
  codeVersion: string;
  dataHash: string;
  machine: string;
  /** The step it went on from the last time it was started; 0: from the beginning. */
  resumedFrom: number;
  /** Over all weights in name order; null before it has finished. */
  weightsSha256: string | null;
  /** Names of the curves: `loss`, `learningRate`, `imagesPerSecond`, `wait`, `mIoU`, and per term `TERM.value`, `TERM.weighted`, `TERM.gradientNorm`, `TERM.own`. */
  metrics: string[];
  events: { at: string; level: 'info' | 'warning' | 'error'; text: string }[];
}

export interface Curve {
  name: string;
  steps: number[];
  min: number[];
  max: number[];
  /** The last value of each bucket: what the line is drawn through. */
  last: number[];
}

/** A recipe that comes with Stillroom: one for a data set or a task, or one of a method's with its paper's weights. */
export interface OwnRecipe {
  name: string;
  group: 'examples' | 'methods';
  recipe: z.output<typeof recipe>;
}

/** One method as the recipe form offers it. */
export interface MethodInfo {
  id: string;
  title: string;
  citation: string;
  equation: string;
  needsTeacher: boolean;
  /** Whether it compares two data sets, and so has to count on both. */
  needsBoth: boolean;
  taps: boolean;
  defaultWeight: number;
  /** JSON schema of its options; the descriptions are what the form shows. */
  params: Record<string, unknown>;
}

export interface JobSummary {
  id: number;
  kind:
    | 'train'
    | 'sweep'
    | 'evaluate'
    | 'disagreement'
    | 'uncertainty'
    | 'prelabel'
    | 'embed'
    | 'speed'
    | 'project'
    | 'teacher-cache'
    | 'import'
    | 'export'
    | 'engine'
    | 'fetch'
    | 'sample';
  title: string;
  phase: string;
  done: number;
  total: number;
  /** Images or steps per second. */
  rate: number | null;
  secondsLeft: number | null;
  run: string | null;
  sweep: number | null;
  status: 'running' | 'paused' | 'done' | 'failed';
  message: string | null;
}

export interface Answers
  extends AnnotationAnswers,
    AssistAnswers,
    EmbeddingAnswers,
    EvaluationAnswers,
    InspectionAnswers,
    ModelAnswers,
    SweepAnswers {
  'app.info': AppInfo;
  'app.unsaved': null;
  'app.settings': Settings;
  'app.engines': EngineStatus[];
  'app.setSettings': Settings;
  'files.pick': { file: string; label: string } | null;
  'project.create': ProjectSummary;
  'project.open': ProjectSummary;
  'project.sample': ProjectSummary;
  'project.close': null;
  'datasets.list': z.infer<typeof datasetSummary>[];
  'datasets.preview': DatasetPreview;
  'datasets.import': { job: number };
  'exports.formats': { name: string; title: string }[];
  /** Sentences, and how many images have a label map. */
  'exports.check': { notes: string[]; images: number };
  'exports.start': { job: number };
  'items.query': { total: number; items: ItemSummary[] };
  'items.get': ItemDetail;
  'items.ids': number[];
  'items.statistics': ClassStatistics;
  'items.tag': null;
  'tags.list': { tag: string; items: number }[];
  'views.list': SavedView[];
  'views.save': null;
  'views.remove': null;
  'measures.list': MeasureSummary[];
  'measures.disagreement': { job: number };
  'measures.uncertainty': { job: number };
  'methods.list': MethodInfo[];
  'recipes.list': OwnRecipe[];
  'recipes.open': { recipe: z.output<typeof recipe> };
  'recipes.save': null;
  /** `memory` is null where the recipe cannot be run, or not told yet with what; `precisions`: those that the engine may have. */
  'recipes.check': {
    problems: FieldProblem[];
    memory: MemoryNeed | null;
    precisions: readonly Precision[];
    /** As `bestTeachers` of the run that it would be. */
    best: readonly (number | null)[] | null;
    /** What the run would be evaluated on, as a sentence, where it has two data sets. */
    evaluatedOn: string | null;
  };
  'recipes.compareTeacher': TeacherDifference;
  'runs.start': { run: string };
  'runs.list': RunSummary[];
  'runs.get': RunDetail;
  'runs.pause': null;
  'runs.resume': null;
  'runs.stop': null;
  'runs.curves': Curve[];
  'jobs.list': JobSummary[];
  'jobs.cancel': null;
}

/** What the host tells the window without being asked. */
export interface News {
  'project.changed': ProjectSummary | null;
  'datasets.changed': Record<string, never>;
  /** Their label maps were edited. */
  'items.changed': { items: number[] };
  'models.changed': Record<string, never>;
  'runs.changed': { run: string };
  'run.progress': RunSummary;
  'sweeps.changed': { sweep: number };
  'evaluations.changed': Record<string, never>;
  'measures.changed': Record<string, never>;
  'embeddings.changed': Record<string, never>;
  'tags.changed': Record<string, never>;
  'views.changed': Record<string, never>;
  'jobs.changed': JobSummary[];
  /** Something the user should read once. */
  notice: { level: 'info' | 'warning' | 'error'; text: string };
  /** A command chosen from the native menu. */
  command: { id: string };
}
export type NewsName = keyof News;

/** An answer that did not come: what is shown to the user. */
export interface Refusal {
  message: string;
  where?: string;
  next?: string;
}

/** What the preload (or, in a browser, the page's own script) puts on `window.stillroom`. */
export interface Bridge {
  request(name: string, params: unknown): Promise<{ ok: true; answer: unknown } | { ok: false; refusal: Refusal }>;
  onNews(listener: (name: string, news: unknown) => void): () => void;
}
