/** Operators on values that are known: sizes that an exporter computes on the way, and the like. */
import { elements, MAX_BYTES } from '../../tensor-file.ts';
import { type Constant, DTYPES, REAL } from '../tensors.ts';
import { type ReadCall, Unmapped } from './reader.ts';
import { axisOf, shapeOf } from './value.ts';

/** More values than this are not computed here: sizes have a few, weights are given as they are. */
const MAX_VALUES = 2 ** 26;

/** The operators that are computed here where their inputs are known. */
export function foldedOperators(): string[] {
  return ['Shape', ...Object.keys(FOLDS)];
}

export function isFolded(opType: string): boolean {
  return opType === 'Shape' || Object.hasOwn(FOLDS, opType);
}

/** The result of an operator whose inputs are all known, or undefined where it is not one of these. */
export function folded(call: ReadCall): Constant | Constant[] | undefined {
  const { opType } = call.node;
  if (opType === 'Shape') {
    const [value] = call.inputs;
    if (value?.kind !== 'feature' && value?.kind !== 'constant' && value?.kind !== 'channelScores')
      throw new Unmapped('it asks for the size of an attention');
    const shape = value.kind === 'channelScores' ? [1, value.feature.size[2], value.feature.size[2]] : shapeOf(value);
    return whole(
      shape.slice(
        call.int('start', 0),
        call.node.attribute.some(({ name }) => name === 'end') ? call.int('end', 0) : undefined,
      ),
    );
  }
  const run = Object.hasOwn(FOLDS, opType) ? FOLDS[opType] : undefined;
  const known = call.inputs.every((value) => value === undefined || value.kind === 'constant');
  return run && known ? run(call) : undefined;
}

const FOLDS: Record<string, (call: ReadCall) => Constant | Constant[]> = {
  Constant: (call) => {
    const tensor = call.tensor('value');
    if (tensor) return { ...tensor, name: undefined };
    const [{ name, f, i, floats, ints }] = call.node.attribute;
    if (name === 'value_float') return constant([], Float32Array.of(f ?? 0));
    if (name === 'value_int') return { ...whole([i ?? 0]), shape: [] };
    if (name === 'value_floats') return constant([floats?.length ?? 0], Float32Array.from(floats ?? []));
    if (name === 'value_ints') return whole(ints ?? []);
    throw new Unmapped(`its ${name} is not read`);
  },
  ConstantOfShape: (call) => {
    const value = call.tensor('value');
    const shape = [...call.constant(0).data];
    limit(shape);
    const filled = elements(shape);
    const one = value?.data[0] ?? 0;
    return value?.whole
      ? { ...constant(shape, new Float64Array(filled).fill(one)), whole: true }
      : constant(shape, new Float32Array(filled).fill(one));
  },
  Identity: (call) => call.constant(0),
  Cast: (call) => {
    const dtype = DTYPES[call.int('to', 1)];
    const { shape, data } = call.constant(0);
    if (REAL.has(dtype)) return constant(shape, Float32Array.from(data));
    return {
      ...constant(shape, Float64Array.from(data, dtype === 'bool' ? (x) => Number(x !== 0) : Math.trunc)),
      whole: true,
    };
  },
  Reshape: (call) => {
    const x = call.constant(0);
    const wanted = [...call.constant(1).data].map((size, i) => (size === 0 ? x.shape[i] : size));
    const known = wanted.filter((size) => size >= 0).reduce((a, b) => a * b, 1);
    const shape = wanted.map((size) => (size < 0 ? x.data.length / known : size));
    if (elements(shape) !== x.data.length) throw new Unmapped('its shape does not fit');
    return { ...x, shape };
  },
  Flatten: (call) => {
    const x = call.constant(0);
    const at = axisOf(call.int('axis', 1), x.shape.length);
    return { ...x, shape: [elements(x.shape.slice(0, at)), elements(x.shape.slice(at))] };
  },
  Unsqueeze: (call) => {
    const x = call.constant(0);
    const list = call.list(1) ?? call.ints('axes') ?? [];
    const rank = x.shape.length + list.length;
    const axes = list.map((axis) => axisOf(axis, rank));
    const rest = [...x.shape];
    return { ...x, shape: Array.from({ length: rank }, (_, i) => (axes.includes(i) ? 1 : rest.shift()!)) };
  },
  Squeeze: (call) => {
    const x = call.constant(0);
    const axes = (call.list(1) ?? call.ints('axes'))?.map((axis) => axisOf(axis, x.shape.length));
    return { ...x, shape: x.shape.filter((size, i) => (axes ? !axes.includes(i) : size !== 1)) };
  },
  Transpose: (call) => {
    const x = call.constant(0);
    const perm = call.ints('perm') ?? x.shape.map((_, i) => x.shape.length - 1 - i);
    const strides = stridesOf(x.shape);
    return gather(
      x,
      perm.map((axis) => x.shape[axis]),
      perm.map((axis) => strides[axis]),
    );
  },
  Expand: (call) => {
    const x = call.constant(0);
    const shape = broadcast(x.shape, [...call.constant(1).data]);
    return gather(x, shape, stepsIn(x.shape, shape));
  },
  Concat: (call) => {
    const parts = call.inputs.map((_, i) => call.constant(i));
    const axis = axisOf(call.int('axis', 0), parts[0].shape.length);
    const outer = elements(parts[0].shape.slice(0, axis));
    const shape = parts[0].shape.map((size, i) =>
      i === axis ? parts.reduce((sum, one) => sum + one.shape[i], 0) : size,
    );
    limit(shape);
    const data = like(parts[0], elements(shape));
    let at = 0;
    for (let o = 0; o < outer; o++) {
      for (const { data: from } of parts) {
        const run = from.length / outer;
        data.set(from.subarray(o * run, (o + 1) * run), at);
        at += run;
      }
    }
    return { ...constant(shape, data), whole: parts[0].whole };
  },
  Slice: (call) => {
    let x = call.constant(0);
    const starts = call.list(1) ?? call.ints('starts') ?? [];
    const ends = call.list(2) ?? call.ints('ends') ?? [];
    const axes = call.list(3) ?? call.ints('axes') ?? starts.map((_, i) => i);
    const steps = call.list(4);
    for (const [i, given] of axes.entries()) {
      const axis = axisOf(given, x.shape.length);
      const size = x.shape[axis];
      const step = steps?.[i] ?? 1;
      if (step < 1) throw new Unmapped('it takes steps backwards');
      const clamp = (value: number) => Math.min(Math.max(value < 0 ? value + size : value, 0), size);
      const from = clamp(starts[i]);
      x = pick(x, axis, range(from, clamp(ends[i]), step));
    }
    return x;
  },
  Gather: (call) => {
    const x = call.constant(0);
    const index = call.constant(1);
    const axis = axisOf(call.int('axis', 0), x.shape.length);
    const picked = pick(
      x,
      axis,
      [...index.data].map((i) => axisOf(i, x.shape[axis])),
    );
    return { ...picked, shape: [...x.shape.slice(0, axis), ...index.shape, ...x.shape.slice(axis + 1)] };
  },
  Split: (call) => {
    const x = call.constant(0);
    const axis = axisOf(call.int('axis', 0), x.shape.length);
    const parts = call.node.output.length;
    const counts = call.list(1) ?? call.ints('split') ?? new Array<number>(parts).fill(x.shape[axis] / parts);
    let start = 0;
    return counts.map((count) => {
      start += count;
      return pick(x, axis, range(start - count, start, 1));
    });
  },
  Range: (call) => {
    const [from, to, step] = [0, 1, 2].map((i) => call.constant(i).data[0]);
    const { whole: isWhole } = call.constant(0);
    const values = range(from, to, step);
    return isWhole ? whole(values) : constant([values.length], Float32Array.from(values));
  },
  Where: (call) => {
    const [condition, a, b] = [0, 1, 2].map((i) => call.constant(i));
    const shape = broadcast(broadcast(condition.shape, a.shape), b.shape);
    const [c, x, y] = [condition, a, b].map((one) => gather(one, shape, stepsIn(one.shape, shape)).data);
    return {
      ...constant(
        shape,
        like(a, x.length).map((_, i) => (c[i] ? x[i] : y[i])),
      ),
      whole: a.whole,
    };
  },
  ...Object.fromEntries(
    Object.entries({
      Add: (a: number, b: number) => a + b,
      Sub: (a: number, b: number) => a - b,
      Mul: (a: number, b: number) => a * b,
      Div: (a: number, b: number) => a / b,
      Pow: (a: number, b: number) => a ** b,
      Max: Math.max,
      Min: Math.min,
      Mod: (a: number, b: number) => a - Math.floor(a / b) * b,
      Equal: (a: number, b: number) => Number(a === b),
      Greater: (a: number, b: number) => Number(a > b),
      Less: (a: number, b: number) => Number(a < b),
      And: (a: number, b: number) => a * b,
    }).map(([name, of]) => [name, (call: ReadCall) => binary(call, of)]),
  ),
  ...Object.fromEntries(
    Object.entries({
      Sqrt: Math.sqrt,
      Floor: Math.floor,
      Ceil: Math.ceil,
      Neg: (x: number) => -x,
      Abs: Math.abs,
      Reciprocal: (x: number) => 1 / x,
      Not: (x: number) => Number(x === 0),
      Exp: Math.exp,
      Sin: Math.sin,
      Cos: Math.cos,
    }).map(([name, of]) => [
      name,
      (call: ReadCall) => {
        const x = call.constant(0);
        return { ...x, data: like(x, x.data.length).map((_, i) => of(x.data[i])), name: undefined };
      },
    ]),
  ),
};

function binary(call: ReadCall, of: (a: number, b: number) => number): Constant {
  const [a, b] = [call.constant(0), call.constant(1)];
  const shape = broadcast(a.shape, b.shape);
  const [x, y] = [a, b].map((one) => gather(one, shape, stepsIn(one.shape, shape)).data);
  const compares = ['Equal', 'Greater', 'Less', 'And'].includes(call.node.opType);
  const isWhole = compares || (a.whole && b.whole);
  const data = (isWhole ? new Float64Array(x.length) : new Float32Array(x.length)).map((_, i) => {
    const value = of(x[i], y[i]);
    return isWhole ? Math.trunc(value) : value;
  });
  return { ...constant(shape, data), whole: isWhole };
}

function constant(shape: number[], data: Float32Array | Float64Array): Constant {
  return { kind: 'constant', shape, data, whole: false };
}

function whole(values: readonly number[]): Constant {
  return { kind: 'constant', shape: [values.length], data: Float64Array.from(values), whole: true };
}

function like({ data }: Constant, length: number): Float32Array | Float64Array {
  return data instanceof Float32Array ? new Float32Array(length) : new Float64Array(length);
}

function limit(shape: readonly number[]): void {
  const count = elements(shape);
  if (
    !(count <= MAX_VALUES && count * 4 <= MAX_BYTES) ||
    shape.some((size) => !Number.isSafeInteger(size) || size < 0)
  ) {
    throw new Unmapped(`its result would have the shape ${shape.join('×')}`);
  }
}

function stridesOf(shape: readonly number[]): number[] {
  return shape.map((_, i) => elements(shape.slice(i + 1)));
}

/** The steps in an array of `shape` along the axes of a larger one; 0 where it has one value. */
function stepsIn(shape: readonly number[], into: readonly number[]): number[] {
  const strides = stridesOf(shape);
  const missing = into.length - shape.length;
  return into.map((_, i) => (i < missing || shape[i - missing] === 1 ? 0 : strides[i - missing]));
}

function broadcast(a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = Array.from({ length: rank }, (_, i) => {
    const [x, y] = [a[a.length - rank + i] ?? 1, b[b.length - rank + i] ?? 1];
    if (x !== y && x !== 1 && y !== 1) throw new Unmapped('its shapes do not fit');
    return x === 1 ? y : x;
  });
  limit(shape);
  return shape;
}

function gather(x: Constant, shape: number[], steps: readonly number[]): Constant {
  limit(shape);
  const data = like(x, elements(shape));
  const index = new Array<number>(shape.length).fill(0);
  let at = 0;
  for (let i = 0; i < data.length; i++) {
    data[i] = x.data[at];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += steps[axis];
      if (++index[axis] < shape[axis]) break;
      at -= steps[axis] * shape[axis];
      index[axis] = 0;
    }
  }
  return { ...x, shape, data, name: undefined };
}

function pick(x: Constant, axis: number, indices: readonly number[]): Constant {
  const shape = x.shape.map((size, i) => (i === axis ? indices.length : size));
  limit(shape);
  const inner = elements(x.shape.slice(axis + 1));
  const outer = elements(x.shape.slice(0, axis));
  const data = like(x, elements(shape));
  let at = 0;
  for (let o = 0; o < outer; o++) {
    for (const i of indices) {
      if (!(i >= 0 && i < x.shape[axis])) throw new Unmapped('an index is out of range');
      const from = (o * x.shape[axis] + i) * inner;
      data.set(x.data.subarray(from, from + inner), at);
      at += inner;
    }
  }
  return { ...x, shape, data, name: undefined };
}

function range(from: number, to: number, step: number): number[] {
  const count = Math.max(0, Math.ceil((to - from) / step));
  limit([count]);
  return Array.from({ length: count }, (_, i) => from + i * step);
}
