/** TensorFlow's operators that rearrange values, or compute sizes, in ONNX's terms. */
import { Unmapped } from '../onnx/read/reader.ts';
import { isRealType } from './graph-arrays.ts';
import type { GraphCall, ReadNode } from './graph-operators.ts';

/** As far as an axis goes. */
const END = 2 ** 31 - 1;
/** ONNX's numbers of types: float32, int64. */
const [FLOAT, INT64] = [1, 7];

const listOf = ({ terms, inputs }: GraphCall, index: number) => [...terms.requireArray(inputs[index]).data];

/** x[begin:end:strides] of NumPy; the masks say by bits which entries mean something else. */
const stridedSlice: ReadNode = (call) => {
  const { terms, name, inputs } = call;
  const [begin, end, strides] = [1, 2, 3].map((i) => listOf(call, i));
  const bit = (mask: string, i: number) => (((call.int(mask) ?? 0) >> i) & 1) === 1;
  const [starts, ends, axes, steps, gone]: number[][] = [[], [], [], [], []];
  const all = begin.findIndex((_, i) => bit('ellipsis_mask', i));
  for (const [i, from] of begin.entries()) {
    if (bit('new_axis_mask', i)) throw new Unmapped('it adds an axis');
    if (i === all) continue;
    // Behind the entry that stands for all axes between, axes count from the end
    const axis = all >= 0 && i > all ? i - begin.length : i;
    const one = bit('shrink_axis_mask', i);
    starts.push(bit('begin_mask', i) && !one ? 0 : from);
    ends.push(one ? (from === -1 ? END : from + 1) : bit('end_mask', i) ? END : end[i]);
    axes.push(axis);
    steps.push(strides[i] ?? 1);
    if (one) gone.push(axis);
  }
  const output = gone.length > 0 ? terms.inner(name) : name;
  const lists = [starts, ends, axes, steps].map((list, i) => terms.whole(`${name}:${i}`, list));
  terms.node(`${name}/slice`, 'Slice', [terms.value(inputs[0]), ...lists], {}, output);
  if (gone.length > 0) terms.node(name, 'Squeeze', [output, terms.whole(`${name}:gone`, gone)]);
};

/** @param counts how many channels each part has; as many in each where not given */
function split({ terms, name }: GraphCall, x: string, axis: number, parts: number, counts?: number[]): void {
  if (!(parts >= 1 && parts <= 4096)) throw new Unmapped(`it makes ${parts} parts`);
  const outputs = Array.from({ length: parts }, (_, i) => (i === 0 ? name : `${name}:${i}`));
  terms.split(name, x, axis, counts, outputs);
}

export const SHAPE_OPERATORS: Record<string, ReadNode> = {
  Shape: ({ terms, name, inputs }) => void terms.node(name, 'Shape', [terms.value(inputs[0])]),
  StridedSlice: stridedSlice,
  Slice: (call) => {
    const { terms, name, inputs } = call;
    const begin = listOf(call, 1);
    const ends = listOf(call, 2).map((size, i) => (size < 0 ? END : begin[i] + size));
    const lists = [begin, ends].map((list, i) => terms.whole(`${name}:${i}`, list));
    terms.node(name, 'Slice', [terms.value(inputs[0]), ...lists]);
  },
  Pack: (call) => {
    const { terms, name, inputs } = call;
    const axis = call.int('axis') ?? 0;
    const parts = inputs.map((input, i) => {
      const axes = terms.whole(`${name}:axes:${i}`, [axis]);
      return terms.node(`${name}/part${i}`, 'Unsqueeze', [terms.value(input), axes], {}, terms.inner(name));
    });
    terms.node(name, 'Concat', parts, { axis });
  },
  ExpandDims: (call) => {
    const { terms, name, inputs } = call;
    terms.node(name, 'Unsqueeze', [terms.value(inputs[0]), terms.whole(`${name}:axes`, listOf(call, 1))]);
  },
  Squeeze: (call) => {
    const { terms, name, inputs } = call;
    const axes = call.ints('squeeze_dims') ?? [];
    const list = axes.length > 0 ? [terms.whole(`${name}:axes`, axes)] : [];
    terms.node(name, 'Squeeze', [terms.value(inputs[0]), ...list]);
  },
  Transpose: (call) => {
    const perm = listOf(call, 1);
    call.terms.node(call.name, 'Transpose', [call.terms.value(call.inputs[0])], { perm });
  },
  Reshape: ({ terms, name, inputs }) => {
    const known = terms.arrayOf(inputs[1]);
    if (known) terms.reshape(name, terms.value(inputs[0]), [...known.data], name);
    else terms.node(name, 'Reshape', [terms.value(inputs[0]), inputs[1]], { allowzero: 1 });
  },
  // What is computed here has one precision; sizes are whole
  Cast: (call) => {
    const to = isRealType(call.type('DstT')) ? FLOAT : INT64;
    call.terms.node(call.name, 'Cast', [call.terms.value(call.inputs[0])], { to });
  },
  GatherV2: (call) => {
    const { terms, name, inputs } = call;
    const [axis] = listOf(call, 2);
    terms.node(name, 'Gather', [terms.value(inputs[0]), terms.value(inputs[1])], { axis });
  },
  Split: (call) => split(call, call.inputs[1], listOf(call, 0)[0], call.int('num_split') ?? 1),
  SplitV: (call) => {
    const counts = listOf(call, 1);
    if (counts.some((count) => count < 0)) throw new Unmapped('it does not tell how large a part is');
    split(call, call.inputs[0], listOf(call, 2)[0], counts.length, counts);
  },
};
