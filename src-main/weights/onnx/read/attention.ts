/** Matrix products and norms over channels: what transformers are made of. */
import type { Attributes } from '../../../networks/node-kind.ts';
import type { Constant } from '../tensors.ts';
import { real } from './convolution.ts';
import { isChannels, isPixels, line } from './elementwise.ts';
import { type ReadCall, type ReadOperator, seenAs, Unmapped } from './reader.ts';
import { alongColumns, alongRows, productOf, sharesOf, wholeGrid } from './sets.ts';
import { type Atom, axisOf, type Dim, dimSize, type Feature, merged, type Scores, sameDim, wholeDim } from './value.ts';

export const attentions: Record<string, ReadOperator> = {
  MatMul: (call) => {
    const [a, b] = call.inputs;
    if (a?.kind === 'scores') return means(call, a, call.feature(1), false);
    if (b?.kind === 'scores') return means(call, b, call.feature(0), true);
    if (a?.kind === 'halfGrid') return wholeGrid(call, a, call.constant(1));
    if (a?.kind === 'constant') return alongColumns(call, a, call.feature(1));
    if (b?.kind === 'constant') {
      const pooled = call.inputs[2] === undefined ? alongRows(call, call.feature(0), b) : null;
      if (pooled) return pooled;
      const bias = call.inputs[2] === undefined ? undefined : real(call.constant(2));
      return linear(call, call.feature(0), b, real(b), bias);
    }
    return productOf(call, a, b) ?? products(call.feature(0), call.feature(1));
  },

  Gemm: (call) => {
    const x = call.feature(0);
    const matrix = call.constant(1);
    if (call.int('transA', 0) === 1 || matrix.shape.length !== 2) throw new Unmapped('it turns what is computed');
    const [rows, columns] = matrix.shape;
    const values = real(matrix).map((value) => value * call.float('alpha', 1));
    const turned = call.int('transB', 0) === 1;
    const filter = turned ? transpose(values, rows, columns) : values;
    const shape = turned ? [columns, rows] : [rows, columns];
    const offset = call.inputs[2] === undefined ? undefined : call.constant(2);
    const beta = call.float('beta', 1);
    return linear(call, x, { ...matrix, shape }, filter, offset && real(offset).map((value) => value * beta));
  },

  Softmax: (call) => {
    const [value] = call.inputs;
    if (value?.kind === 'scores') {
      const axis = axisOf(call.int('axis', call.opset < 13 ? 1 : -1), value.batch.length + 2);
      const keys = value.batch.length + (value.turned ? 0 : 1);
      if (axis !== keys || value.softmaxed) throw new Unmapped('its axis is not that of the keys');
      return { ...value, softmaxed: true };
    }
    if (value?.kind === 'channelScores') {
      const last = value.feature.dims.length - 1;
      const axis = axisOf(call.int('axis', call.opset < 13 ? 1 : -1), last + 1);
      if (axis !== last || value.state !== 'opposite') throw new Unmapped('it is no attention of channels that differ');
      return { ...value, state: 'weights' };
    }
    const x = call.feature(0);
    const axis = axisOf(call.int('axis', call.opset < 13 ? 1 : -1), x.dims.length);
    // Before opset 13 all axes from this one on are one
    if (call.opset < 13 && x.dims.slice(axis + 1).some((dim) => dim.length > 0)) {
      throw new Unmapped('it takes pixels and channels together');
    }
    const dim = x.dims[axis];
    const [height, width] = x.size;
    const shares = isChannels(dim, x) || height === 1 ? null : sharesOf(x, dim);
    if (shares) return shares;
    const along = isChannels(dim, x) ? 3 : height > 1 && same(dim, 'h', height) ? 1 : same(dim, 'w', width) ? 2 : 0;
    if (along === 0) throw new Unmapped('its axis is only a part of pixels or channels');
    return seenAs(call.add('softmax', [x], along === 3 ? {} : { axis: along }), x.dims);
  },

  LayerNormalization: (call) => {
    const x = call.feature(0);
    const last = x.dims.length - 1;
    if (axisOf(call.int('axis', -1), x.dims.length) !== last || !isChannels(x.dims[last], x)) {
      throw new Unmapped('it is not over the channels');
    }
    const scale = call.constant(1);
    const offset = call.inputs[2] === undefined ? new Float32Array(x.size[2]) : real(call.constant(2));
    const attrs = { epsilon: call.float('epsilon', 1e-5) };
    return seenAs(call.add('layerNorm', [x], attrs, [real(scale), offset], scale), x.dims);
  },

  BatchNormalization: (call) => {
    const x = call.feature(0);
    if (!isChannels(x.dims[1] ?? [], x)) throw new Unmapped('it is not over the channels');
    const params = [1, 2, 3, 4].map((i) => real(call.constant(i)));
    const attrs = { epsilon: call.float('epsilon', 1e-5) };
    return seenAs(call.add('batchNorm', [x], attrs, params, call.constant(1)), x.dims);
  },

  // Seen as [1, groups, all the rest], as group norm is written before ONNX had it
  InstanceNormalization: (call) => {
    const x = call.feature(0);
    const [, , channels] = x.size;
    const groups = dimSize(x.dims[1] ?? []);
    const expected = merged(x.dims[1] ?? []);
    const leading =
      groups === 1 ||
      (expected.length === 1 && expected[0].axis === 'c' && expected[0].size * expected[0].stride === channels);
    if (!leading) throw new Unmapped('it is not over groups of channels');
    const each = (values: Float32Array) =>
      Float32Array.from({ length: channels }, (_, c) => values[Math.floor((c * groups) / channels)]);
    const params = [1, 2].map((i) => each(real(call.constant(i))));
    const attrs = { groups, epsilon: call.float('epsilon', 1e-5) };
    return seenAs(call.add('groupNorm', [x], attrs, params), x.dims);
  },

  GroupNormalization: (call) => {
    const x = call.picture(0);
    if (call.opset < 21) throw new Unmapped('before opset 21 it has one scale for each group');
    const attrs = { groups: call.int('num_groups', 1), epsilon: call.float('epsilon', 1e-5) };
    return call.add('groupNorm', [x], attrs, [real(call.constant(1)), real(call.constant(2))], call.constant(1));
  },

  ReduceMean: (call) => {
    const x = call.feature(0);
    const rank = x.dims.length;
    const axes = (call.list(1) ?? call.ints('axes') ?? x.dims.map((_, i) => i)).map((axis) => axisOf(axis, rank));
    const over = axes.flatMap((axis) => x.dims[axis] ?? []);
    const [height, width, channels] = x.size;
    const only = (axis: string) => over.every((atom) => atom.axis === axis);
    const mean =
      dimSize(over) === height * width && over.every(({ axis }) => axis !== 'c')
        ? call.add('adaptiveAveragePool', [x], { bins: 1 })
        : dimSize(over) === height && only('h')
          ? call.add('adaptiveAveragePool', [x], { height: 1 })
          : dimSize(over) === width && only('w')
            ? call.add('adaptiveAveragePool', [x], { width: 1 })
            : dimSize(over) === channels && only('c')
              ? call.add('conv', [x], { filters: 1 }, [new Float32Array(channels).fill(1 / channels)])
              : null;
    if (!mean) throw new Unmapped('it is not over all pixels, along one side or over all channels');
    const dims = x.dims.map((dim, i) => (axes.includes(i) ? [] : dim));
    return seenAs(mean, call.int('keepdims', 1) === 1 ? dims : dims.filter((_, i) => !axes.includes(i)));
  },
};

function same(dim: Dim, axis: 'h' | 'w', size: number): boolean {
  const [atom, ...more] = merged(dim);
  return more.length === 0 && atom?.axis === axis && atom.size === size && atom.stride === 1;
}

/** A matrix on each pixel's channels: a convolution of one pixel. */
function linear(call: ReadCall, x: Feature, matrix: Constant, filter: Float32Array, bias?: Float32Array): Feature {
  const last = x.dims.length - 1;
  const [rows, filters] = matrix.shape.slice(-2);
  const flat = matrix.shape.slice(0, -2).every((size) => size === 1) && matrix.shape.length >= 2;
  if (!flat || !isChannels(x.dims[last], x) || rows !== x.size[2]) throw new Unmapped('it is not over the channels');
  const attrs: Attributes = bias ? { filters, bias: 1 } : { filters };
  const array = matrix.name?.endsWith('.weight') ? matrix : undefined;
  const y = call.add('conv', [x], attrs, bias ? [filter, bias] : [filter], array);
  return seenAs(y, [...x.dims.slice(0, -1), wholeDim('c', filters)]);
}

/** Channels of a head as an axis, the heads in the axes before: how many of each, or null where it is not so. */
function headsOf(x: Feature, depth: Dim, batch: readonly Dim[]): { depth: number; heads: number } | null {
  const [, , channels] = x.size;
  const size = dimSize(depth);
  const [atom, ...more] = merged(depth);
  if (more.length > 0 || (atom && (atom.axis !== 'c' || atom.stride !== 1))) return null;
  const heads = merged(batch.flat());
  const count = dimSize(heads);
  if (heads.length > 1 || count * size !== channels) return null;
  if (heads.length === 1 && (heads[0].axis !== 'c' || heads[0].stride !== size)) return null;
  return { depth: size, heads: count };
}

/**
 * Whether an axis is all pixels, or (with the first of the axes before) those of each of `side` × `side` groups that the
 * picture falls into; null where it is neither.
 */
function groupsOf(x: Feature, before: readonly Dim[], pixels: Dim): { side: number; rest: readonly Dim[] } | null {
  if (isPixels(pixels, x)) return { side: 1, rest: before };
  const [groups = [], ...rest] = before;
  const side = Math.sqrt(dimSize(groups));
  const [h, w] = [x.size[0] / side, x.size[1] / side];
  const parts = (axis: 'h' | 'w', size: number, stride: number): Dim => (size === 1 ? [] : [{ axis, size, stride }]);
  const fits =
    [side, h, w].every(Number.isInteger) &&
    sameDim(groups, [...parts('h', side, h), ...parts('w', side, w)]) &&
    sameDim(pixels, [...parts('h', h, 1), ...parts('w', w, 1)]);
  return fits ? { side, rest } : null;
}

/** Queries [… , pixels, depth] times keys [… , depth, pixels]. */
function products(query: Feature, key: Feature): Scores {
  const rank = query.dims.length;
  const batch = query.dims.slice(0, -2);
  const asks = groupsOf(query, batch, query.dims[rank - 2]);
  const asked = key.dims.length === rank ? groupsOf(key, key.dims.slice(0, -2), key.dims[rank - 1]) : null;
  const ours = asks && headsOf(query, query.dims[rank - 1], asks.rest);
  const theirs = asked && headsOf(key, key.dims[rank - 2], asked.rest);
  if (!ours || ours.heads !== theirs?.heads || ours.depth !== theirs.depth || asks.side !== asked?.side) {
    throw new Unmapped('it is a product of computed values, but no attention of pixels');
  }
  return { kind: 'scores', query, key, batch, ...ours, side: asks.side, factor: 1, softmaxed: false, turned: false };
}

/** Weights times values [… , pixels, depth], or (values first) values [… , depth, pixels] times turned weights. */
function means(call: ReadCall, scores: Scores, value: Feature, first: boolean): Feature {
  const { query, key, batch, heads, side, depth, factor } = scores;
  const rank = batch.length + 2;
  const [pixels, channels] = first ? [rank - 1, rank - 2] : [rank - 2, rank - 1];
  const given = value.dims.length === rank ? groupsOf(value, value.dims.slice(0, -2), value.dims[pixels]) : null;
  const theirs = given && headsOf(value, value.dims[channels], given.rest);
  const fits = theirs?.heads === heads && given?.side === side && scores.softmaxed && scores.turned === first;
  if (!fits || value.size[0] !== key.size[0] || value.size[1] !== key.size[1]) {
    throw new Unmapped('it is a product of computed values, but no attention of pixels');
  }
  // The kinds' own factor is 1 / √depth
  const more = factor * Math.sqrt(depth);
  const asked = Math.abs(more - 1) < 1e-6 ? query : line(call, query, more, 0, 'scaled');
  const kind = side === 1 ? 'attention' : 'groupAttention';
  const attrs = { ...(side === 1 ? {} : { side }), ...(heads === 1 ? {} : { heads }) };
  const y = call.add(kind, [asked, key, value], attrs);
  const inner = theirs.depth;
  const ofHeads = (atom: Atom) => (atom.axis === 'c' ? { ...atom, stride: (atom.stride / depth) * inner } : atom);
  const tail: Dim[] = [query.dims[batch.length], wholeDim('c', inner)];
  return seenAs(y, [...batch.map((dim) => dim.map(ofHeads)), ...(first ? tail.reverse() : tail)]);
}

function transpose(values: Float32Array, rows: number, columns: number): Float32Array {
  return values.map((_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}
