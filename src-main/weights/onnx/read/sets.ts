/** Products of computed values other than attention of pixels, and products with matrices along one side of a picture. */
import { adaptiveMatrix, transposed } from '../../../engine/ops/spatial.ts';
import { gridMatrix } from '../../../networks/kinds/grid-graph.ts';
import type { Constant } from '../tensors.ts';
import { real } from './convolution.ts';
import { isChannels, isPixels } from './elementwise.ts';
import { type ReadCall, type ReadOperator, seenAs, Unmapped } from './reader.ts';
import {
  axisOf,
  type ChannelScores,
  type Dim,
  dimSize,
  type Feature,
  type HalfGrid,
  isPicture,
  pixelsDim,
  type Shares,
  type Value,
  wholeDim,
} from './value.ts';

/** More than rounding. */
const APART = 1e-6;

export const sets: Record<string, ReadOperator> = {
  // Before a softmax it changes nothing, so that PyTorch writings take it off
  ReduceMax: (call) => {
    const [value] = call.inputs;
    if (value?.kind !== 'channelScores' || value.state !== 'products') throw new Unmapped('it is not in an attention');
    const rank = value.feature.dims.length;
    const axes = (call.list(1) ?? call.ints('axes') ?? []).map((axis) => axisOf(axis, rank));
    if (axes.join() !== `${rank - 1}` || call.int('keepdims', 1) !== 1) throw new Unmapped('it is not of each row');
    return { ...value, state: 'largest' };
  },
  Expand: (call) => {
    const [value] = call.inputs;
    if (value?.kind !== 'channelScores' || value.state !== 'largest') throw new Unmapped('it repeats what is computed');
    return value;
  },
  LpNormalization: (call) => {
    const x = call.feature(0);
    const axis = axisOf(call.int('axis', -1), x.dims.length);
    if (call.int('p', 2) !== 2 || !isChannels(x.dims[axis] ?? [], x))
      throw new Unmapped('it is not the length of the channels');
    return seenAs(call.add('unitScale', [x], {}, [new Float32Array(x.size[2]).fill(1)]), x.dims);
  },
  MaxUnpool: (call) => {
    const x = call.picture(0);
    const [, places] = call.inputs;
    if (places?.kind !== 'places') throw new Unmapped('its places are not those of a pooling');
    const [height, width, channels] = places.source.size;
    const shape = call.list(2) ?? [1, channels, height, width];
    if (shape.join() !== `1,${channels},${height},${width}`)
      throw new Unmapped('it is of another size than was pooled');
    return call.add('maxUnpool', [x, places.source], places.attrs);
  },
};

/** Whether the last two axes are channels and pixels (1), pixels and channels (−1), or something else (0). */
function orderOf({ dims, ...x }: Feature): 1 | -1 | 0 {
  const [first, second] = dims.slice(-2);
  if (dims.length < 2 || dims.slice(0, -2).some((dim) => dim.length > 0)) return 0;
  const feature = { dims, ...x };
  if (isChannels(first, feature) && isPixels(second, feature)) return 1;
  return isPixels(first, feature) && isChannels(second, feature) ? -1 : 0;
}

/** The product of two computed values where it is one over channels and pixels that there is a node for, or null. */
export function productOf(call: ReadCall, a: Value | undefined, b: Value | undefined): Value | null {
  if (a?.kind === 'channelScores' && b?.kind === 'feature') return attended(call, a, b);
  if (a?.kind === 'shares' && b?.kind === 'feature') return regions(call, b, a, false);
  if (a?.kind === 'feature' && b?.kind === 'shares') return regions(call, a, b, true);
  if (a?.kind !== 'feature' || b?.kind !== 'feature') return null;
  const [first, second] = [orderOf(a), orderOf(b)];
  if (first === 1 && second === -1 && a.node === b.node)
    return { kind: 'channelScores', feature: a, state: 'products' };
  if (first === 0 || first !== second) return null;
  const [weights, values] = first === 1 ? [b, a] : [a, b];
  if (weights.size[2] !== values.size[0] * values.size[1]) return null;
  const sum = call.add('weightedSum', [weights, values]);
  return seenAs(sum, ordered(a.dims.slice(0, -2), wholeDim('c', sum.size[2]), pixelsDim(sum.size), first === 1));
}

function ordered(lead: readonly Dim[], channels: Dim, pixels: Dim, channelsFirst: boolean): Dim[] {
  return channelsFirst ? [...lead, channels, pixels] : [...lead, pixels, channels];
}

/** The channels' weights times the channels that they were made of. */
function attended(call: ReadCall, { feature, state }: ChannelScores, value: Feature): Feature {
  if (state !== 'weights' || value.node !== feature.node || orderOf(value) !== 1)
    throw new Unmapped('it is no attention of channels to themselves');
  return seenAs(call.add('channelAttention', [feature]), value.dims);
}

/** The means of pixels by shares that are one for each map. */
function regions(call: ReadCall, x: Feature, { maps }: Shares, channelsFirst: boolean): Feature {
  const fits = orderOf(x) === (channelsFirst ? 1 : -1) && orderOf(maps) === (channelsFirst ? -1 : 1);
  if (!fits || x.size[0] !== maps.size[0] || x.size[1] !== maps.size[1])
    throw new Unmapped('it is no mean of pixels over regions');
  const means = call.add('regionMeans', [x, maps], { regions: maps.size[2] });
  const [count, , channels] = means.size;
  return seenAs(means, ordered(x.dims.slice(0, -2), wholeDim('c', channels), wholeDim('h', count), channelsFirst));
}

/** A known matrix times each column of a picture: bins that overlap, or a step over a grid. */
export function alongColumns(call: ReadCall, matrix: Constant, x: Feature): Value {
  const [rows, height] = matrix.shape;
  if (matrix.shape.length !== 2 || !isPicture(x) || height !== x.size[0])
    throw new Unmapped('it multiplies from the left');
  const values = real(matrix);
  if (same(values, adaptiveMatrix(height, rows))) return call.add('adaptiveAveragePool', [x], { height: rows });
  if (rows !== height) throw new Unmapped('it multiplies from the left');
  return { kind: 'halfGrid', feature: x, grid: gridOf(values, height) };
}

/** Each row of a picture times a known matrix: bins that overlap. Null where it is nothing of that. */
export function alongRows(call: ReadCall, x: Feature, matrix: Constant): Feature | null {
  const [width, columns] = matrix.shape;
  if (matrix.shape.length !== 2 || !isPicture(x) || width !== x.size[1]) return null;
  const fits = same(real(matrix), transposed(adaptiveMatrix(width, columns), width));
  return fits ? call.add('adaptiveAveragePool', [x], { width: columns }) : null;
}

/** The rows after the columns. */
export function wholeGrid(call: ReadCall, { feature, grid }: HalfGrid, matrix: Constant): Feature {
  const [width] = matrix.shape;
  const across = matrix.shape.length === 2 ? gridOf(real(matrix), width) : null;
  const attrs = grid ?? across;
  if (!attrs || width !== feature.size[1] || !same(real(matrix), gridMatrix(width, attrs.radius, attrs.sigma)))
    throw new Unmapped('it is no step over the graph of a grid');
  return call.add('gridGraph', [feature], attrs);
}

/** What a grid's matrix was made with. @throws Unmapped where it is none; null where it is of one pixel */
function gridOf(values: Float32Array, size: number): { radius: number; sigma: number } | null {
  if (size === 1 && Math.abs(values[0] - 1) < APART) return null;
  const near = values[1] / Math.sqrt(values[0] * values[size + 1]);
  const sigma = Math.round(Math.sqrt(-1 / Math.log(near)) * 1e4) / 1e4;
  let radius = 0;
  while (radius + 1 < size && values[radius + 1] !== 0) radius++;
  if (!(sigma > 0) || !same(values, gridMatrix(size, radius, sigma)))
    throw new Unmapped('it is no step over the graph of a grid');
  return { radius, sigma };
}

function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => Math.abs(value - b[i]) < APART);
}

/** The softmax of maps over all their pixels, or null where the axis is not all pixels. */
export function sharesOf(x: Feature, dim: Dim): Shares | null {
  return dimSize(dim) > 1 && isPixels(dim, x) && orderOf(x) !== 0 ? { kind: 'shares', maps: x } : null;
}
