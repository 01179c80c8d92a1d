/** What moves over the picture: convolutions, pooling, padding, resizing. */
import { adaptiveMatrix } from '../../../engine/ops/spatial.ts';
import { binsOf } from '../../../networks/kinds/adaptive-average-pool.ts';
import { transposedWindow } from '../../../networks/kinds/conv-transpose.ts';
import { kernelOf, windowOf } from '../../../networks/window.ts';
import type { GraphWriteCall, WriteGraphKind } from './graph-writer.ts';
import { Unwritable } from './unwritable.ts';

type Axes = readonly [number, number];

/**
 * How TensorFlow is told of a padding: by SAME where that is the same, otherwise the zeros are put around before.
 * @param value that is put around instead of zero
 */
function padded(
  { inputs: [x], sizes: [size], output, writer }: GraphWriteCall,
  window: { kernel: Axes; stride: Axes; dilation: Axes; padding: readonly number[] },
  value = 0,
): { x: string; padding: 'SAME' | 'VALID' } {
  const { kernel, stride, dilation, padding } = window;
  if ([stride, dilation].every((list) => list.some((one) => one > 1))) {
    throw new Unwritable('has strides and dilations at once');
  }
  const same = ([0, 1] as const).every((axis) => {
    const reach = (Math.ceil(size[axis] / stride[axis]) - 1) * stride[axis] + (kernel[axis] - 1) * dilation[axis] + 1;
    const all = Math.max(0, reach - size[axis]);
    return padding[2 * axis] === Math.floor(all / 2) && padding[2 * axis + 1] === Math.ceil(all / 2);
  });
  const around = padding.some((one) => one > 0);
  if (around && same) return { x, padding: 'SAME' };
  return { x: writer.pad(x, padding, `${output}/padded`, 0, value), padding: 'VALID' };
}

const nhwc = ([height, width]: Axes) => [1, height, width, 1];

function convolution(call: GraphWriteCall): void {
  const { node, output, sizes, size, writer } = call;
  const kernel = kernelOf(node.attrs);
  const window = windowOf(node.attrs);
  const { x, padding } = padded(call, { ...window, kernel });
  const [filter, bias] = node.params;
  const attributes = { strides: nhwc(window.stride), dilations: nhwc(window.dilation), padding };
  const end = bias ? `${output}/product` : output;
  const groups = window.groups ?? 1;
  const channels = sizes[0][2];
  // A linear layer's matrix is a 1×1 filter
  const weights = writer.param(filter, [...kernel, channels / groups, size[2]]);
  if (groups === 1) writer.op('Conv2D', [x, weights], end, attributes);
  else grouped(call, [x, weights], groups, end, attributes);
  if (bias) writer.op('BiasAdd', [end, writer.param(bias)], output);
}

/** Each group as a convolution of its own. */
function grouped(
  { output, writer }: GraphWriteCall,
  [x, filter]: readonly [string, string],
  groups: number,
  end: string,
  attributes: Record<string, readonly number[] | string>,
): void {
  const axis = writer.ints(`${output}/axis`, [3], []);
  const split = (value: string, name: string) => {
    writer.op('Split', [axis, value], name, { num_split: groups });
    return Array.from({ length: groups }, (_, i) => (i === 0 ? name : `${name}:${i}`));
  };
  const filters = split(filter, `${output}/filters`);
  const parts = split(x, `${output}/groups`).map((part, i) =>
    writer.op('Conv2D', [part, filters[i]], `${output}/group${i + 1}`, attributes),
  );
  writer.op('ConcatV2', [...parts, axis], end, { N: groups });
}

function depthwise(call: GraphWriteCall): void {
  const { node, output, sizes, size, writer } = call;
  const kernel = kernelOf(node.attrs);
  const window = windowOf(node.attrs);
  const { x, padding } = padded(call, { ...window, kernel });
  const [filter, bias] = node.params;
  const channels = sizes[0][2];
  const end = bias ? `${output}/product` : output;
  const weights = writer.param(filter, [...kernel, channels, size[2] / channels]);
  const attributes = { strides: nhwc(window.stride), dilations: nhwc(window.dilation), padding };
  writer.op('DepthwiseConv2dNative', [x, weights], end, attributes);
  if (bias) writer.op('BiasAdd', [end, writer.param(bias)], output);
}

/** All that the input reaches, of which a part is taken: TensorFlow knows no other paddings of it. */
function transposed({ node, inputs, output, sizes, size, writer }: GraphWriteCall): void {
  const kernel = kernelOf(node.attrs);
  const { stride, dilation, padding } = windowOf(transposedWindow(node.attrs));
  if (dilation.some((one) => one !== 1)) throw new Unwritable('is dilated');
  const [filter, bias] = node.params;
  const whole = ([0, 1] as const).map((axis) => {
    const reached = (sizes[0][axis] - 1) * stride[axis] + kernel[axis];
    return Math.max(reached, padding[2 * axis] + size[axis]);
  });
  const cut = whole.some((one, axis) => one !== size[axis]);
  const end = bias ? `${output}/product` : output;
  const product = cut ? `${output}/whole` : end;
  const weights = writer.param(filter, [...kernel, size[2], sizes[0][2]]);
  const to = writer.ints(`${output}/whole/size`, [1, ...whole, size[2]]);
  const attributes = { strides: nhwc(stride), padding: 'VALID' };
  writer.op('Conv2DBackpropInput', [to, weights, inputs[0]], product, attributes);
  if (cut) {
    const begin = writer.ints(`${end}/begin`, [0, padding[0], padding[2], 0]);
    writer.op('Slice', [product, begin, writer.ints(`${end}/size`, [1, ...size])], end);
  }
  if (bias) writer.op('BiasAdd', [end, writer.param(bias)], output);
}

/** Below every value of a network. */
const LEAST = -3e38;

function pool(op: 'AvgPool' | 'MaxPool'): WriteGraphKind {
  return (call) => {
    const { kernel, stride, padding } = call.node.attrs;
    const pads = [padding, padding, padding, padding];
    const one: Axes = [1, 1];
    const window = { kernel: [kernel, kernel], stride: [stride, stride], dilation: one, padding: pads } as const;
    const { writer, output } = call;
    // A mean counts the zeros around, which SAME leaves out
    const from =
      op === 'AvgPool'
        ? { x: writer.pad(call.inputs[0], pads, `${output}/padded`), padding: 'VALID' }
        : padded(call, window, call.positive ? 0 : LEAST);
    const attributes = { ksize: nhwc(window.kernel), strides: nhwc(window.stride), padding: from.padding };
    writer.op(op, [from.x], output, attributes);
  };
}

export const windows: Record<string, WriteGraphKind> = {
  conv: convolution,
  depthwiseConv: depthwise,
  convTranspose: transposed,
  averagePool: pool('AvgPool'),
  maxPool: pool('MaxPool'),
  adaptiveAveragePool: ({ node, inputs: [x], output, sizes: [[height, width, channels]], writer }) => {
    const [down, across] = binsOf(node.attrs, [[height, width]]);
    if (down === 1 && across === 1) writer.mean(x, [1, 2], output);
    else if (height % down === 0 && width % across === 0) {
      const window = nhwc([height / down, width / across]);
      writer.op('AvgPool', [x], output, { ksize: window, strides: window, padding: 'VALID' });
    } else {
      // Overlapping bins: a matrix along each axis
      const rows = writer.array(`${output}/rows`, [1, down, height], adaptiveMatrix(height, down));
      const columns = writer.array(`${output}/columns`, [1, across, width], adaptiveMatrix(width, across));
      const flat = writer.reshape(x, [1, height, width * channels], `${output}/flat`);
      const fewer = writer.op('BatchMatMulV2', [rows, flat], `${output}/down`);
      const lines = writer.reshape(fewer, [down, width, channels], `${output}/lines`);
      const product = writer.op('BatchMatMulV2', [columns, lines], `${output}/across`);
      writer.reshape(product, [1, down, across, channels], output);
    }
  },
  resize: ({ node, inputs: [x], output, sizes: [[fromHeight, fromWidth]], size: [height, width], writer }) => {
    const { nearest, alignCorners, exact } = node.attrs;
    const to = writer.ints(`${output}/size`, [height, width]);
    const corners = alignCorners === 1;
    if (nearest !== 1) {
      const rule = { align_corners: corners, half_pixel_centers: !corners };
      writer.op('ResizeBilinear', [x, to], output, rule);
      return;
    }
    // Whole factors upwards leave no place between two pixels; what lies there TensorFlow.js finds otherwise
    if (exact === 1 && !corners && (height % fromHeight !== 0 || width % fromWidth !== 0)) {
      throw new Unwritable('takes the nearest pixel by its centre');
    }
    writer.op('ResizeNearestNeighbor', [x, to], output, { align_corners: corners, half_pixel_centers: false });
  },
  pad: ({ node, inputs: [x], output, writer }) => {
    const done = writer.pad(x, windowOf(node.attrs).padding, output, node.attrs.channels ?? 0);
    if (done !== output) writer.op('Identity', [x], output);
  },
};
