import { z } from 'zod';
import { classInfo } from './dataset.ts';
import { modelSpeed } from './speed.ts';

/** The graph of a network that no code here writes: an imported one. Nodes in topological order, without the input. */
export const networkGraph = z.object({
  nodes: z
    .array(
      z.object({
        name: z.string().min(1).max(500),
        kind: z.string(),
        inputs: z.array(z.string()).min(1).max(1000),
        attrs: z.record(z.string(), z.number()),
        /** What its arrays are called in PyTorch, where that is another name. */
        torch: z.string().optional(),
      }),
    )
    .min(1)
    .max(20_000),
  output: z.string(),
  stride: z.number().int().positive(),
  logitsStride: z.number().positive(),
  defaultTaps: z.array(z.string()),
});
export type NetworkGraph = z.infer<typeof networkGraph>;

/**
 * A network of the registry with its options, for example `{ id: 'espnet', options: { p: 2, q: 8 } }`; or one that
 * carries its graph.
 */
export const networkRef = z.object({
  id: z.string(),
  options: z.record(z.string(), z.number()).default({}),
  graph: networkGraph.optional(),
});
export type NetworkRef = z.infer<typeof networkRef>;

/** How a picture becomes a network's input: channel order, then (pixel − mean) / std · scale, pixels 0–255. */
export const preprocessing = z.object({
  channels: z.enum(['rgb', 'bgr']),
  mean: z.tuple([z.number(), z.number(), z.number()]),
  std: z.tuple([z.number().positive(), z.number().positive(), z.number().positive()]),
  scale: z.number().positive(),
});
export type Preprocessing = z.infer<typeof preprocessing>;

/** The ways in which pictures are mostly prepared for a network, the most usual one first. */
export const USUAL_PREPROCESSINGS: readonly { title: string; preprocessing: Preprocessing }[] = [
  {
    title: 'RGB, ImageNet’s mean and deviation',
    preprocessing: { channels: 'rgb', mean: [123.675, 116.28, 103.53], std: [58.395, 57.12, 57.375], scale: 1 },
  },
  {
    title: 'RGB, 0 to 1',
    preprocessing: { channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1], scale: 1 / 255 },
  },
  {
    title: 'RGB, −1 to 1',
    preprocessing: { channels: 'rgb', mean: [127.5, 127.5, 127.5], std: [127.5, 127.5, 127.5], scale: 1 },
  },
  {
    title: 'BGR, 0 to 255 minus the mean (Caffe)',
    preprocessing: { channels: 'bgr', mean: [104.00699, 116.66877, 122.67892], std: [1, 1, 1], scale: 1 },
  },
  {
    title: 'BGR, ImageNet’s mean and deviation',
    preprocessing: { channels: 'bgr', mean: [103.53, 116.28, 123.675], std: [57.375, 57.12, 58.395], scale: 1 },
  },
  {
    title: 'RGB, 0 to 255',
    preprocessing: { channels: 'rgb', mean: [0, 0, 0], std: [1, 1, 1], scale: 1 },
  },
];

/** What must be known of a model besides its weights. */
export const modelCard = z.object({
  name: z.string(),
  network: networkRef,
  /** The classes that its first outputs stand for, in order. */
  classes: z.array(classInfo),
  /** Output channels; those past `classes` stand for no class and count as a wrong answer. */
  outputs: z.number().int().positive(),
  preprocessing,
  licence: z.string(),
  source: z.string(),
  /** SHA-256 of the file the weights came from; for a run, over its weights in name order. */
  sha256: z.string(),
  /** What the file does not tell and nobody has said since: it is the likeliest. */
  guessed: z.array(z.enum(['classes', 'preprocessing'])).optional(),
});
export type ModelCard = z.infer<typeof modelCard>;

/** A model of a project: imported from a file, or made by a run. */
export const modelSummary = z.object({
  id: z.number().int(),
  card: modelCard,
  /** The run that made it, by its folder's name. */
  run: z.string().nullable(),
  parameters: z.number().int(),
  /** Multiply–accumulates of one forward pass at `inputSize`. */
  macs: z.number(),
  inputSize: z.tuple([z.number().int(), z.number().int()]),
  addedAt: z.string(),
  /** As it was measured last; null: never. */
  speed: modelSpeed.nullable(),
});
export type ModelSummary = z.infer<typeof modelSummary>;

/** A network of the registry, as the recipe form offers it. */
export const networkInfo = z.object({
  id: z.string(),
  title: z.string(),
  citation: z.string(),
  options: z.array(
    z.object({
      name: z.string(),
      title: z.string(),
      default: z.number(),
      min: z.number(),
      max: z.number(),
      integer: z.boolean(),
      /** The values that it may have, where not all are allowed. */
      among: z.array(z.number()).optional(),
    }),
  ),
  /** Whether it has auxiliary outputs, which can be trained along. */
  auxiliary: z.literal(true).optional(),
});
export type NetworkInfo = z.infer<typeof networkInfo>;

/** Names of all nodes of a network that can be tapped, and the usual ones for PSD. */
export interface NetworkTaps {
  all: string[];
  usual: string[];
}
