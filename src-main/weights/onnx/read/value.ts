/**
 * What a value of an ONNX graph is while it becomes ours. A feature is a node's output, seen through a view: each axis
 * of the ONNX value is a list of parts of our axes (height, width, channels; one image), so that reshaping and
 * transposing between pictures and rows of tokens cost nothing.
 */
import type { Attributes, Size3 } from '../../../networks/node-kind.ts';
import type { Constant } from '../tensors.ts';

/** A part of one of our axes: `size` steps of `stride` pixels or channels. */
export interface Atom {
  axis: 'h' | 'w' | 'c';
  size: number;
  stride: number;
}

/** One axis of an ONNX value, the slowest part first; an axis of one value has none. */
export type Dim = readonly Atom[];

export interface Feature {
  kind: 'feature';
  node: string;
  size: Size3;
  dims: readonly Dim[];
  /** Zeros around the picture that the operator that follows has to see: top, left, bottom, right. */
  pads?: readonly [number, number, number, number];
}

/** Products of queries and keys on their way to an attention. */
export interface Scores {
  kind: 'scores';
  query: Feature;
  key: Feature;
  /** The axes before the last two, of the query. */
  batch: readonly Dim[];
  depth: number;
  heads: number;
  /** Groups to a side of the picture, in each of which pixels look at each other alone; 1: all at all. */
  side: number;
  factor: number;
  softmaxed: boolean;
  /** Whether the keys are the last but one axis. */
  turned: boolean;
}

/** A softmax over all pixels of maps on its way to means over their regions. */
export interface Shares {
  kind: 'shares';
  maps: Feature;
}

/** How alike the channels of a feature are, on the way to an attention of channels. */
export interface ChannelScores {
  kind: 'channelScores';
  feature: Feature;
  /** What it is by now: the products, their largest in each row, their opposite, its softmax. */
  state: 'products' | 'largest' | 'opposite' | 'weights';
}

/** A feature whose columns went one step over a grid's graph, and whose rows still have to. */
export interface HalfGrid {
  kind: 'halfGrid';
  feature: Feature;
  /** As the node kind gridGraph has them; null where the columns, of one pixel, do not tell. */
  grid: { radius: number; sigma: number } | null;
}

/** Where a max pooling took its maxima from. */
export interface Places {
  kind: 'places';
  /** What was pooled. */
  source: Feature;
  attrs: Attributes;
}

export type Value = Feature | Constant | Scores | Shares | ChannelScores | HalfGrid | Places;

/** An axis of ours as a whole. */
export function wholeDim(axis: Atom['axis'], size: number): Dim {
  return size === 1 ? [] : [{ axis, size, stride: 1 }];
}

/** The view that ONNX's pictures have: batch, channels, height, width. */
export function pictureDims([height, width, channels]: Size3): Dim[] {
  return [[], wholeDim('c', channels), wholeDim('h', height), wholeDim('w', width)];
}

/** The row-major pixels of a feature as one axis. */
export function pixelsDim([height, width]: Size3): Dim {
  return [...wholeDim('h', height), ...wholeDim('w', width)];
}

/** Parts that follow each other in memory as one. */
export function merged(dim: Dim): Dim {
  const result: Atom[] = [];
  for (const atom of dim) {
    const last = result[result.length - 1];
    if (last && last.axis === atom.axis && last.stride === atom.size * atom.stride) {
      result[result.length - 1] = { ...atom, size: last.size * atom.size };
    } else result.push(atom);
  }
  return result;
}

export function sameDim(a: Dim, b: Dim): boolean {
  const [x, y] = [merged(a), merged(b)];
  return (
    x.length === y.length &&
    x.every(({ axis, size, stride }, i) => axis === y[i].axis && size === y[i].size && stride === y[i].stride)
  );
}

export function dimSize(dim: Dim): number {
  return dim.reduce((product, { size }) => product * size, 1);
}

/** The shape that the ONNX value has. */
export function shapeOf(value: Feature | Constant): number[] {
  return value.kind === 'constant' ? value.shape : value.dims.map(dimSize);
}

/** Whether the feature is seen as a picture. */
export function isPicture({ dims, size }: Feature): boolean {
  const wanted = pictureDims(size);
  return dims.length === 4 && wanted.every((dim, i) => sameDim(dim, dims[i]));
}

/** The views of a feature with as many values in other axes, or null where an axis would take part of a part. */
export function reshaped(dims: readonly Dim[], shape: readonly number[]): Dim[] | null {
  const rest = dims.flatMap((dim) => merged(dim)).reverse();
  const result: Dim[] = [];
  for (const size of shape) {
    const dim: Atom[] = [];
    let need = size;
    while (need > 1) {
      const atom = rest.pop();
      if (!atom) return null;
      if (need % atom.size === 0) {
        dim.push(atom);
        need /= atom.size;
      } else if (atom.size % need === 0) {
        const inner = atom.size / need;
        dim.push({ ...atom, size: need, stride: atom.stride * inner });
        rest.push({ ...atom, size: inner });
        need = 1;
      } else return null;
    }
    result.push(dim);
  }
  return rest.length === 0 ? result : null;
}

/** Which axis of a value an attribute means; counted from the end where negative. */
export function axisOf(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
