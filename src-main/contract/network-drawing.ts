/** A network drawn as a graph: what the window asks for and gets. */
import { z } from 'zod';

/** A model of the project, or a network of the registry; options that are not given take their defaults. */
export const networkSubject = z.union([
  z.object({ model: z.number().int() }),
  z.object({
    network: z.string(),
    options: z.record(z.string(), z.number()),
    outputs: z.number().int().min(1).max(4096),
  }),
]);
export type NetworkSubject = z.infer<typeof networkSubject>;

export const drawingRequest = z.object({
  subject: networkSubject,
  /** Height and width of the input; brought up to what the network takes. */
  size: z.tuple([z.number().int().min(1).max(16384), z.number().int().min(1).max(16384)]),
  /** The blocks that are open; null: as many as give an overview. */
  open: z.array(z.string()).max(20_000).nullable(),
});

/** A node, or a block of nodes whose names begin alike. Places are those of the upper left corner. */
export interface DrawnBox {
  /** A node's name, or a block's with a slash at the end. */
  id: string;
  title: string;
  /** Null for a block. */
  kind: string | null;
  /** Whether it is a block that is open: a frame around its parts. */
  open: boolean;
  /** The block that it lies in; null at the outside. */
  parent: string | null;
  nodes: number;
  parameters: number;
  macs: number;
  /** Height, width and channels of its output. */
  shape: [number, number, number];
  /** A node's attributes. */
  attrs: Record<string, number>;
  /** The usual taps in it, by the names that recipes know them by. */
  taps: string[];
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface DrawnEdge {
  from: string;
  to: string;
  points: { x: number; y: number }[];
}

export interface NetworkDrawing {
  /** Of a model its name, otherwise the network's. */
  title: string;
  /** Height and width that the shapes are of. */
  size: [number, number];
  parameters: number;
  macs: number;
  /** Height and width of an input must be multiples of this. */
  stride: number;
  logitsStride: number;
  outputs: number;
  /** How many nodes there are of each kind. */
  kinds: Record<string, number>;
  taps: { name: string; shape: [number, number, number]; stride: number }[];
  /** The blocks that are open. */
  open: string[];
  /** Every node, in the graph's order, with the blocks that it lies in from the outside in: for a search. */
  names: { name: string; blocks: string[] }[];
  /** Frames before what lies in them. */
  boxes: DrawnBox[];
  edges: DrawnEdge[];
  width: number;
  height: number;
}
