/** What a kind of node of the network graph is: shapes, parameters, cost, forward and backward. Pure types. */
import type { Tensor, Tensor1D, Tensor4D } from '../engine/tf.ts';

/** Height, width. */
export type Size2 = readonly [number, number];

/** Height, width, channels. */
export type Size3 = readonly [number, number, number];

export type Init = { kind: 'uniform'; bound: number } | { kind: 'constant'; value: number };

/** How a PyTorch array becomes ours: `conv` OIHW → HWIO, `convTranspose` IOHW → HWOI, `same` as it is. */
export type TorchLayout = 'conv' | 'convTranspose' | 'same';

/** One array of a network: a trainable parameter, a running statistic, or what never changes. */
export interface ParamSpec {
  /** `node.param`, unique in the graph. */
  name: string;
  shape: readonly number[];
  /** Its name and shape in the authors' PyTorch state dict. */
  torchName: string;
  torchShape: readonly number[];
  toOurs: TorchLayout;
  trainable: boolean;
  /** Neither trained nor a statistic: it stays as it began. */
  fixed?: true;
  init: Init;
}

/** A parameter as a kind states it; the graph adds the node's names. */
export type KindParam = Omit<ParamSpec, 'name' | 'torchName'> & { param: string; torch: string };

export type Attributes = Readonly<Record<string, number>>;

export interface GraphNode {
  name: string;
  kind: string;
  inputs: readonly string[];
  attrs: Attributes;
  /** Output channels. */
  channels: number;
  params: readonly ParamSpec[];
}

export interface ForwardCall {
  attrs: Attributes;
  inputs: Tensor4D[];
  /** In the order of `params`; in training the trainable ones alone, unless the kind `readsRunning`. */
  params: Tensor[];
  training: boolean;
  /** Numbers in [0, 1) for this node, by picture and place; the same ones whenever they are asked for. */
  random?: (picture: number, place: number) => number;
}

export interface ForwardAnswer {
  output: Tensor4D;
  /** What backward needs besides inputs and parameters; only when training. Disposed by the caller. */
  saved?: Tensor[];
  /** Batch statistics in the order of the node's running params; only when training. Disposed by the caller. */
  statistics?: Tensor1D[];
}

export interface BackwardCall {
  attrs: Attributes;
  /** Gradient of the output. The caller disposes it. */
  gradient: Tensor4D;
  /** The forward inputs where the kind keeps them, else an empty list. */
  inputs: Tensor4D[];
  /** The forward output where the kind keeps it, else null. */
  output: Tensor4D | null;
  inputShapes: readonly (readonly number[])[];
  params: Tensor[];
  saved: Tensor[];
  /** Which inputs want a gradient. */
  wanted: readonly boolean[];
}

export interface BackwardAnswer {
  /** Gradients of the inputs, null where none is wanted; each a tensor of its own. */
  inputs: (Tensor4D | null)[];
  /** Gradients of the trainable params, in order. */
  params: Tensor[];
}

export interface NodeKind {
  id: string;
  /** Output channels. */
  channels(attrs: Attributes, inputs: readonly number[]): number;
  /** Whether the inputs may differ in height and width; where it does not say so, the graph checks that they are equal. */
  mixedSizes?: true;
  /** Output height and width, from those of the inputs. */
  size(attrs: Attributes, inputs: readonly Size2[]): Size2;
  params(attrs: Attributes, inputs: readonly number[]): KindParam[];
  /** How many parameters there are that another runtime holds; none where not given. */
  elsewhere?(attrs: Attributes): number;
  /** Multiply–accumulates of one image; element-wise work counts as none. */
  macs(attrs: Attributes, inputs: readonly Size3[], output: Size3): number;
  /** Whether backward needs the forward inputs. */
  keepsInputs: boolean;
  /** Whether backward needs the forward output. */
  keepsOutput?: true;
  /** Whether forward saves something for backward besides inputs and output. */
  saves?: true;
  /** Whether the gradients of the inputs are that of the output itself, in the same memory. */
  sharesGradient?: true;
  /** Whether forward reads the running params in training too; what it gives is then kept, as they move on. */
  readsRunning?: true;
  /** Whether it is a product that computes in half precision where that is asked for, on rounded copies. */
  rounds?: true;
  /**
   * Elements, of one image, that forward and backward hold for a moment at most besides their inputs and outputs: for
   * telling how much memory a network needs. Small ones (a vector per channel) do not count; 0 where not given.
   */
  scratch?(attrs: Attributes, inputs: readonly Size3[], output: Size3): { forward: number; backward: number };
  /**
   * What frozen weights are made into once for inputs of these shapes; forward then gets it in the place of the params.
   * Each a tensor of its own.
   */
  prepare?(call: Pick<ForwardCall, 'attrs' | 'inputs' | 'params'>): Tensor[];
  forward(call: ForwardCall): ForwardAnswer;
  backward(call: BackwardCall): BackwardAnswer;
}
