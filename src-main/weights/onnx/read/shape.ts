/** What rearranges values: no node, only another view; joins and parts. */
import { positionsOf } from '../../../networks/kinds/positions.ts';
import { elements } from '../../tensor-file.ts';
import { isChannels, isPixels } from './elementwise.ts';
import { type ReadCall, type ReadOperator, seenAs, Unmapped } from './reader.ts';
import {
  axisOf,
  type Dim,
  dimSize,
  type Feature,
  isPicture,
  reshaped,
  sameDim,
  type Value,
  wholeDim,
} from './value.ts';

const unchanged: ReadOperator = ({ inputs: [value] }) => {
  if (!value) throw new Unmapped('an input is missing');
  return value;
};

export const shapes: Record<string, ReadOperator> = {
  Identity: unchanged,
  Dropout: unchanged,
  Cast: unchanged,

  Transpose: (call) => {
    const [value] = call.inputs;
    if (value?.kind === 'shares') {
      const { dims } = value.maps;
      const perm = call.ints('perm') ?? dims.map((_, i) => dims.length - 1 - i);
      return {
        ...value,
        maps: seenAs(
          value.maps,
          perm.map((axis) => dims[axis]),
        ),
      };
    }
    if (value?.kind === 'scores') {
      const rank = value.batch.length + 2;
      const perm = call.ints('perm') ?? [];
      const swap = perm.every((axis, i) => axis === (i < rank - 2 ? i : i === rank - 2 ? rank - 1 : rank - 2));
      if (!swap || perm.length !== rank) throw new Unmapped('it rearranges an attention');
      return { ...value, turned: !value.turned };
    }
    const x = call.feature(0);
    const perm = call.ints('perm') ?? x.dims.map((_, i) => x.dims.length - 1 - i);
    if (perm.length !== x.dims.length || perm.some((axis) => !x.dims[axis])) throw new Unmapped('its axes do not fit');
    return seenAs(
      x,
      perm.map((axis) => x.dims[axis]),
    );
  },

  Reshape: (call) => {
    const wanted = call.list(1) ?? call.ints('shape') ?? [];
    return toShape(call, call.feature(0), wanted, call.int('allowzero', 0) === 1);
  },
  Flatten: (call) => {
    const x = call.feature(0);
    const at = axisOf(call.int('axis', 1), x.dims.length);
    const sizes = x.dims.map(dimSize);
    return toShape(call, x, [elements(sizes.slice(0, at)), elements(sizes.slice(at))], true);
  },
  Squeeze: (call) => {
    const x = call.feature(0);
    const axes = (call.list(1) ?? call.ints('axes'))?.map((axis) => axisOf(axis, x.dims.length));
    const gone = (i: number) => (axes ? axes.includes(i) : x.dims[i].length === 0);
    if (axes?.some((axis) => !x.dims[axis] || x.dims[axis].length > 0)) throw new Unmapped('its axes do not fit');
    return seenAs(
      x,
      x.dims.filter((_, i) => !gone(i)),
    );
  },
  Unsqueeze: (call) => {
    const x = call.feature(0);
    const list = call.list(1) ?? call.ints('axes') ?? [];
    const rank = x.dims.length + list.length;
    const axes = list.map((axis) => axisOf(axis, rank));
    const rest = [...x.dims];
    return seenAs(
      x,
      Array.from({ length: rank }, (_, i): Dim => (axes.includes(i) ? [] : rest.shift()!)),
    );
  },

  Concat: (call) => {
    const known = call.inputs.findIndex((value) => value?.kind === 'constant');
    if (known === 1) return withPositions(call);
    if (known >= 0) return prepend(call, known);
    const features = call.inputs.map((_, i) => call.feature(i));
    const [first] = features;
    const axis = axisOf(call.int('axis', 0), first.dims.length);
    const fits = features.every(
      (one) =>
        isChannels(one.dims[axis], one) &&
        one.size[0] === first.size[0] &&
        one.size[1] === first.size[1] &&
        one.dims.every((dim, i) => i === axis || sameDim(dim, first.dims[i])),
    );
    if (!fits) throw new Unmapped('it joins along something else than the channels');
    const joined = call.add('concat', features);
    return seenAs(
      joined,
      first.dims.map((dim, i) => (i === axis ? [{ axis: 'c', size: joined.size[2], stride: 1 }] : dim)),
    );
  },

  Split: (call) => {
    const x = call.feature(0);
    const axis = axisOf(call.int('axis', 0), x.dims.length);
    const size = dimSize(x.dims[axis]);
    const parts = call.int('num_outputs', call.node.output.length);
    const counts = call.list(1) ?? call.ints('split') ?? even(size, parts);
    let start = 0;
    return counts.map((count, i) => {
      const part = slice(call, x, axis, start, count, `part${i + 1}`);
      start += count;
      return part;
    });
  },

  Slice: (call) => {
    let x = call.feature(0);
    const starts = call.list(1) ?? call.ints('starts') ?? [];
    const ends = call.list(2) ?? call.ints('ends') ?? [];
    const axes = call.list(3) ?? call.ints('axes') ?? starts.map((_, i) => i);
    if ((call.list(4) ?? []).some((step) => step !== 1)) throw new Unmapped('it takes steps');
    for (const [i, given] of axes.entries()) {
      const axis = axisOf(given, x.dims.length);
      const size = dimSize(x.dims[axis]);
      const clamp = (value: number) => Math.min(Math.max(value < 0 ? value + size : value, 0), size);
      const [from, to] = [clamp(starts[i]), clamp(ends[i])];
      if (from !== 0 || to !== size) x = slice(call, x, axis, from, to - from);
    }
    return x;
  },

  Gather: (call) => {
    const x = call.feature(0);
    const axis = axisOf(call.int('axis', 0), x.dims.length);
    const index = call.constant(1);
    if (index.data.length !== 1) throw new Unmapped('it takes more than one index');
    const size = dimSize(x.dims[axis]);
    const at = axisOf(index.data[0], size);
    const part = size === 1 ? x : slice(call, x, axis, at, 1);
    return index.shape.length === 0
      ? seenAs(
          part,
          part.dims.filter((_, i) => i !== axis),
        )
      : part;
  },

  Pad: (call) => {
    const x = call.picture(0);
    const pads = call.list(1) ?? call.ints('pads') ?? [];
    const value = call.inputs[2] === undefined ? call.float('value', 0) : call.constant(2).data[0];
    if (call.text('mode', 'constant') !== 'constant' || value !== 0)
      throw new Unmapped('it pads with other than zeros');
    const axes = call.list(3)?.map((axis) => axisOf(axis, 4)) ?? [0, 1, 2, 3];
    const around = (axis: number, end: 0 | 1) => {
      const i = axes.indexOf(axis);
      return i < 0 ? 0 : pads[i + end * axes.length];
    };
    if (around(0, 0) !== 0 || around(0, 1) !== 0 || around(1, 0) !== 0) throw new Unmapped('it pads before channels');
    const [top, bottom, left, right] = [around(2, 0), around(2, 1), around(3, 0), around(3, 1)];
    const channels = around(1, 1);
    if (channels > 0) {
      const attrs = { channels, paddingTop: top, paddingBottom: bottom, paddingLeft: left, paddingRight: right };
      return call.add('pad', [x], Object.fromEntries(Object.entries(attrs).filter(([, pad]) => pad !== 0)));
    }
    if ([top, bottom, left, right].every((pad) => pad === 0)) return x;
    return { ...x, pads: [top, left, bottom, right] };
  },
};

function even(size: number, parts: number): number[] {
  const each = Math.ceil(size / parts);
  return Array.from({ length: parts }, (_, i) => Math.min(each, size - i * each));
}

/** A feature in another shape: only seen otherwise where that can be. */
function toShape(call: ReadCall, x: Feature, wanted: readonly number[], zero: boolean): Feature {
  const before = x.dims.map(dimSize);
  const total = elements(before);
  const sizes = wanted.map((size, i) => (size === 0 && !zero ? before[i] : size));
  const known = sizes.filter((size) => size >= 0).reduce((a, b) => a * b, 1);
  const shape = sizes.map((size) => (size < 0 ? total / known : size));
  if (elements(shape) !== total) throw new Unmapped(`${before.join('×')} is not ${shape.join('×')}`);
  const dims = reshaped(x.dims, shape);
  if (dims) return seenAs(x, dims);
  // Pixels in other rows: tokens that are to be a picture again, as many rows and columns as are asked for
  const from = x.dims.findIndex((dim) => dim.some(({ axis }) => axis !== 'c'));
  const to = x.dims.findLastIndex((dim) => dim.some(({ axis }) => axis !== 'c')) + 1;
  const after = x.dims.length - to;
  const middle = shape.slice(from, shape.length - after);
  const around = [...shape.slice(0, from), ...shape.slice(shape.length - after)];
  const others = [...before.slice(0, from), ...before.slice(to)];
  const fits = from >= 0 && isPixels(x.dims.slice(from, to).flat(), x) && around.join() === others.join();
  if (!fits || middle.length !== 2) throw new Unmapped('it mixes pixels and channels');
  const [height, width] = middle;
  const grid = call.add('regroup', [x], { height, width });
  return seenAs(grid, [...x.dims.slice(0, from), wholeDim('h', height), wholeDim('w', width), ...x.dims.slice(to)]);
}

/** Part of an axis: channels, or tokens of a row. */
function slice(call: ReadCall, x: Feature, axis: number, start: number, count: number, step?: string): Feature {
  const [height, width, channels] = x.size;
  const dim = x.dims[axis];
  const put = (kind: string, inputs: Feature[], attrs: Record<string, number>) =>
    step === undefined ? call.add(kind, inputs, attrs) : call.before(step, kind, inputs, attrs);
  const replaced = (part: Feature, now: Dim) =>
    seenAs(
      part,
      x.dims.map((one, i) => (i === axis ? now : one)),
    );
  // The slowest part of the channels may be cut; the faster ones stay whole
  const inner = dim.length === 1 && dim[0].axis === 'c' ? dim[0].stride : 0;
  if (inner > 0 && dim[0].size * inner === channels) {
    const part = put('channels', [x], { start: start * inner, count: count * inner });
    return replaced(part, count === 1 ? [] : [{ axis: 'c', size: count, stride: inner }]);
  }
  if (isPixels(dim, x)) {
    const row = height === 1 ? x : call.before('row', 'regroup', [x], { height: 1, width: height * width });
    const part = put('crop', [row], { top: 0, left: start, height: 1, width: count });
    return replaced(part, count === 1 ? [] : [{ axis: 'w', size: count, stride: 1 }]);
  }
  if (isPicture(x) && axis >= 2) {
    const attrs =
      axis === 2 ? { top: start, left: 0, height: count, width } : { top: 0, left: start, height, width: count };
    const part = put('crop', [x], attrs);
    return part;
  }
  throw new Unmapped('it cuts through pixels and channels');
}

/** A picture with its pixels' rows and columns behind it. */
function withPositions(call: ReadCall): Value {
  const x = call.picture(0);
  const { shape, data } = call.constant(1);
  const [height, width] = x.size;
  const places = positionsOf([height, width]);
  const fits =
    call.inputs.length === 2 &&
    axisOf(call.int('axis', 0), 4) === 1 &&
    shape.join() === `1,2,${height},${width}` &&
    data.every((value, i) => {
      const [axis, pixel] = [Math.floor(i / (height * width)), i % (height * width)];
      return Math.abs(value - places[2 * pixel + axis]) < 1e-6;
    });
  if (!fits) throw new Unmapped('it joins known and computed values');
  return call.add('positions', [x]);
}

/** Known tokens before a row of computed ones (a class token). */
function prepend(call: ReadCall, known: number): Value {
  const constant = call.constant(known);
  if (call.inputs.length !== 2 || known !== 0) throw new Unmapped('it joins known and computed values');
  const x = call.feature(1);
  const axis = axisOf(call.int('axis', 0), x.dims.length);
  const [height, width, channels] = x.size;
  const last = x.dims.length - 1;
  const fits = axis === last - 1 && isPixels(x.dims[axis], x) && isChannels(x.dims[last], x);
  const tokens = constant.shape[axis];
  if (!fits || constant.data.length !== tokens * channels) throw new Unmapped('it joins known and computed values');
  const row = height === 1 ? x : call.before('row', 'regroup', [x], { height: 1, width: height * width });
  const joined = call.add('prepend', [row], { tokens }, [Float32Array.from(constant.data)], constant);
  return seenAs(
    joined,
    x.dims.map((dim, i) => (i === axis ? [{ axis: 'w', size: joined.size[1], stride: 1 }] : dim)),
  );
}
