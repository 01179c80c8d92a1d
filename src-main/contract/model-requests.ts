/** What the window may ask about models and networks; see `requests` in window.ts. */
import { z } from 'zod';
import { classInfo } from './dataset.ts';
import {
  type ModelSummary,
  type NetworkInfo,
  type NetworkRef,
  type NetworkTaps,
  networkRef,
  preprocessing,
} from './model.ts';
import { drawingRequest, type NetworkDrawing } from './network-drawing.ts';

/** What a model can be written as. */
export const MODEL_FORMATS = ['onnx', 'safetensors', 'tfjs', 'tflite'] as const;
export type ModelFormat = (typeof MODEL_FORMATS)[number];
/** What the file of each ends in. */
export const MODEL_EXTENSIONS: Readonly<Record<ModelFormat, string>> = {
  onnx: 'onnx',
  safetensors: 'safetensors',
  tfjs: 'json',
  tflite: 'tflite',
};

/** Asks for a model in a form for other programs, with its card and an example beside it. */
export const modelExport = z.object({
  model: z.number().int(),
  format: z.enum(MODEL_FORMATS),
  /** The folder. */
  file: z.string(),
  /** The model's file in it, written over where it is there; without it a new one named after the model. */
  name: z.string().optional(),
  /** Height and width of the pictures, for a format that fixes them; about CamVid's where not given. */
  size: z.tuple([z.number().int().positive(), z.number().int().positive()]).optional(),
});
export type ModelExport = z.output<typeof modelExport>;

/** Which network a file of weights is of, and which of its tensors stand for which of the network's. */
export const modelNaming = z.object({
  network: networkRef.nullable().default(null),
  outputs: z.number().int().min(1).max(4096).nullable().default(null),
  /** The network's name of a tensor → the file's. */
  names: z.record(z.string(), z.string()).default({}),
});
export type ModelNaming = z.output<typeof modelNaming>;

export interface NamedShape {
  name: string;
  shape: number[];
}

/** How a file's tensors fit a network. */
export interface ModelMatch {
  network: NetworkRef;
  outputs: number;
  /** What the outputs are taken for. */
  classes: string[];
  /** How many tensors fit. */
  matched: number;
  missing: NamedShape[];
  unexpected: NamedShape[];
  mismatched: { name: string; file: number[]; network: number[] }[];
}

/** Weights that a package of a public registry carries. */
export interface KnownWeights {
  id: string;
  title: string;
  /** What they are and what they are good for, in a sentence or two. */
  about: string;
  licence: string;
  /** Registry, name and version. */
  package: string;
  /** Of the package, which is what is fetched. */
  megabytes: number;
  /** Whether they are in the cache already. */
  ready: boolean;
}
/** What a user says of an imported model whose file does not tell. */
export const modelDescription = z.object({
  model: z.number().int(),
  classes: z.array(classInfo).min(1).max(255),
  preprocessing,
});
export type ModelDescription = z.output<typeof modelDescription>;

export const modelRequests = {
  'models.list': z.object({}),
  /** Weights that can be fetched. */
  'models.known': z.object({}),
  /** Fetches known weights where they are not in the cache, and imports them: only when the user has asked for it. */
  'models.fetch': z.object({ known: z.string() }),
  'models.import': z.object({ file: z.string(), naming: modelNaming.optional() }),
  /** How a PyTorch or safetensors file fits a network; which one is likely where none is named. */
  'models.match': z.object({ file: z.string(), naming: modelNaming }),
  'models.export': modelExport,
  'models.describe': modelDescription,
  /** Measures how fast a model is here on pictures of this height and width, and keeps it. */
  'models.measureSpeed': z.object({
    model: z.number().int(),
    size: z.tuple([z.number().int().min(1).max(16384), z.number().int().min(1).max(16384)]),
  }),
  /** The network of a model, or one of the registry, as a graph. */
  'models.draw': drawingRequest,
  'networks.list': z.object({}),
  'networks.taps': z.object({ network: networkRef }),
} as const;

export interface ModelAnswers {
  'models.list': ModelSummary[];
  'models.known': KnownWeights[];
  'models.fetch': { job: number };
  'models.import': ModelSummary;
  'models.match': ModelMatch;
  /** The names of the files that were written. */
  'models.export': { files: string[] };
  'models.describe': ModelSummary;
  'models.measureSpeed': { job: number };
  'models.draw': NetworkDrawing;
  'networks.list': NetworkInfo[];
  'networks.taps': NetworkTaps;
}
