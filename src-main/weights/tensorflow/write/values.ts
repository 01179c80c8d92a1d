/** What works value by value, on all of a pixel's channels, or on parts of pictures. */
import type { GraphWriter, WriteGraphKind } from './graph-writer.ts';

/** Sums of squares below this are taken for it, so that nothing is divided by zero. */
const LEAST_SQUARE = 1e-24;

const plain =
  (op: string): WriteGraphKind =>
  ({ inputs, output, writer }) =>
    void writer.op(op, inputs, output);

function sum(writer: GraphWriter, inputs: readonly string[], output: string): void {
  if (inputs.length === 1) writer.op('Identity', inputs, output);
  let total = inputs[0];
  for (const [i, next] of inputs.slice(1).entries()) {
    total = writer.op('AddV2', [total, next], i === inputs.length - 2 ? output : `${output}/sum${i + 1}`);
  }
}

function concat(writer: GraphWriter, inputs: readonly string[], output: string, axis = 3): string {
  const along = writer.ints(`${output}/axis`, [axis], []);
  return writer.op('ConcatV2', [...inputs, along], output, { N: inputs.length });
}

/** (x − mean) / √(variance + ε), over some axes. */
function normed(writer: GraphWriter, x: string, axes: readonly number[], epsilon: number, output: string): string {
  const away = writer.op('Sub', [x, writer.mean(x, axes, `${output}/mean`)], `${output}/away`);
  const squares = writer.op('Mul', [away, away], `${output}/squares`);
  const variance = writer.mean(squares, axes, `${output}/variance`);
  const some = writer.op('AddV2', [variance, writer.scalar(`${output}/epsilon`, epsilon)], `${output}/some`);
  return writer.op('Mul', [away, writer.op('Rsqrt', [some], `${output}/root`)], output);
}

/** relu6(x + 3) */
function clipped(writer: GraphWriter, x: string, output: string): string {
  const plus = writer.op('AddV2', [x, writer.scalar(`${output}/three`, 3)], `${output}/plus`);
  return writer.op('Relu6', [plus], `${output}/clipped`);
}

export const values: Record<string, WriteGraphKind> = {
  relu: plain('Relu'),
  relu6: plain('Relu6'),
  sigmoid: plain('Sigmoid'),
  swish: ({ inputs: [x], output, writer }) => {
    writer.op('Mul', [x, writer.op('Sigmoid', [x], `${output}/gate`)], output);
  },
  hardSigmoid: ({ inputs: [x], output, writer }) => {
    writer.op('Mul', [clipped(writer, x, output), writer.scalar(`${output}/sixth`, 1 / 6)], output);
  },
  hardSwish: ({ inputs: [x], output, writer }) => {
    const product = writer.op('Mul', [x, clipped(writer, x, output)], `${output}/product`);
    writer.op('Mul', [product, writer.scalar(`${output}/sixth`, 1 / 6)], output);
  },
  gelu: ({ inputs: [x], output, writer }) => {
    const scaled = writer.op('Mul', [x, writer.scalar(`${output}/root`, Math.SQRT1_2)], `${output}/scaled`);
    const erf = writer.op('Erf', [scaled], `${output}/erf`);
    const plus = writer.op('AddV2', [erf, writer.scalar(`${output}/one`, 1)], `${output}/plus`);
    const product = writer.op('Mul', [x, plus], `${output}/product`);
    writer.op('Mul', [product, writer.scalar(`${output}/half`, 0.5)], output);
  },
  prelu: ({ node, inputs, output, writer }) => {
    writer.op('Prelu', [inputs[0], writer.param(node.params[0])], output);
  },
  softmax: ({ node, inputs: [x], output, writer }) => {
    const { axis = 3 } = node.attrs;
    if (axis === 3) {
      writer.op('Softmax', [x], output);
      return;
    }
    // Only the last axis is known to it
    const order = [0, 1, 2, 3].map((one) => (one === 3 ? axis : one === axis ? 3 : one));
    const turn = writer.ints(`${output}/order`, order);
    const shares = writer.op('Softmax', [writer.op('Transpose', [x, turn], `${output}/turned`)], `${output}/shares`);
    writer.op('Transpose', [shares, turn], output);
  },

  batchNorm: ({ node, inputs, output, writer }) => {
    const params = node.params.map((spec) => writer.param(spec));
    const attributes = { epsilon: { float: node.attrs.epsilon }, is_training: false };
    writer.op('FusedBatchNormV3', [...inputs, ...params], output, attributes);
  },
  layerNorm: ({ node, inputs: [x], output, writer }) => {
    const [scale, offset] = node.params.map((spec) => writer.param(spec));
    const unit = normed(writer, x, [3], node.attrs.epsilon, `${output}/normed`);
    writer.op('AddV2', [writer.op('Mul', [unit, scale], `${output}/scaled`), offset], output);
  },
  groupNorm: ({ node, inputs: [x], output, size: [height, width, channels], writer }) => {
    const { groups, epsilon } = node.attrs;
    const [scale, offset] = node.params.map((spec) => writer.param(spec));
    const shape = [1, height * width, groups, channels / groups];
    const apart = writer.reshape(x, shape, `${output}/groups`);
    const unit = normed(writer, apart, [1, 3], epsilon, `${output}/normed`);
    const whole = writer.reshape(unit, [1, height, width, channels], `${output}/whole`);
    writer.op('AddV2', [writer.op('Mul', [whole, scale], `${output}/scaled`), offset], output);
  },
  unitScale: ({ node, inputs: [x], output, size: [, , channels], writer }) => {
    const squares = writer.op('Mul', [x, x], `${output}/squares`);
    const mean = writer.mean(squares, [3], `${output}/mean`);
    const total = writer.op('Mul', [mean, writer.scalar(`${output}/channels`, channels)], `${output}/total`);
    const least = writer.scalar(`${output}/least`, LEAST_SQUARE);
    const root = writer.op('Rsqrt', [writer.op('Maximum', [total, least], `${output}/some`)], `${output}/root`);
    const unit = writer.op('Mul', [x, root], `${output}/unit`);
    writer.op('Mul', [unit, writer.param(node.params[0])], output);
  },

  add: ({ inputs, output, writer }) => sum(writer, inputs, output),
  multiply: plain('Mul'),
  concat: ({ inputs, output, writer }) => void concat(writer, inputs, output),
  branchFusion: ({ node, inputs, output, writer }) => {
    const { residual } = node.attrs;
    const [first, ...others] = residual ? inputs.slice(0, -1) : inputs;
    const sums: string[] = [];
    for (const [i, branch] of others.entries()) {
      sums.push(i === 0 ? branch : writer.op('AddV2', [sums[i - 1], branch], `${output}/sum${i}`));
    }
    const joined = concat(writer, [first, ...sums], residual ? `${output}/joined` : output);
    if (residual) writer.op('AddV2', [joined, inputs[inputs.length - 1]], output);
  },
  learntScale: ({ node, inputs: [x], output, writer }) => {
    writer.op('Mul', [x, writer.param(node.params[0])], output);
  },
  addLearnt: ({ node, inputs: [x], output, size, writer }) => {
    writer.op('AddV2', [x, writer.param(node.params[0], [1, ...size])], output);
  },
  prepend: ({ node, inputs: [x], output, size: [, , channels], writer }) => {
    concat(writer, [writer.param(node.params[0], [1, 1, node.attrs.tokens, channels]), x], output, 2);
  },
  regroup: ({ inputs: [x], output, size, writer }) => void writer.reshape(x, [1, ...size], output),
  channelMean: ({ node, inputs: [x], output, writer }) => {
    writer.reshape(writer.mean(x, [3], `${output}/mean`), [1, 1, 1, node.attrs.pixels], output);
  },
  crop: ({ node: { attrs }, inputs: [x], output, size, writer }) => {
    const begin = writer.ints(`${output}/begin`, [0, attrs.top, attrs.left, 0]);
    writer.op('Slice', [x, begin, writer.ints(`${output}/size`, [1, ...size])], output);
  },
  channels: ({ node: { attrs }, inputs: [x], output, size, writer }) => {
    const begin = writer.ints(`${output}/begin`, [0, 0, 0, attrs.start]);
    writer.op('Slice', [x, begin, writer.ints(`${output}/size`, [1, ...size])], output);
  },
  weightedSum: ({ inputs: [weights, values], output, sizes: [first, second], size, writer }) => {
    const [told, means] = [
      writer.reshape(weights, [1, first[0] * first[1], first[2]], `${output}/weights`),
      writer.reshape(values, [1, second[0] * second[1], second[2]], `${output}/values`),
    ];
    writer.reshape(writer.op('BatchMatMulV2', [told, means], `${output}/sums`), [1, ...size], output);
  },
  attention: ({ node, inputs, output, sizes, size, writer }) => {
    const { heads = 1 } = node.attrs;
    const { scale = 1 / Math.sqrt(sizes[0][2] / heads) } = node.attrs;
    const turn = writer.ints(`${output}/order`, [0, 2, 1, 3]);
    const [query, key, value] = ['query', 'key', 'value'].map((name, i) => {
      const [height, width, channels] = sizes[i];
      const rows = writer.reshape(inputs[i], [1, height * width, heads, channels / heads], `${output}/${name}/rows`);
      return writer.op('Transpose', [rows, turn], `${output}/${name}`);
    });
    const products = writer.op('BatchMatMulV2', [query, key], `${output}/products`, { adj_y: true });
    const scores = writer.op('Mul', [products, writer.scalar(`${output}/scale`, scale)], `${output}/scores`);
    const weights = writer.op('Softmax', [scores], `${output}/shares`);
    const means = writer.op('BatchMatMulV2', [weights, value], `${output}/means`);
    writer.reshape(writer.op('Transpose', [means, turn], `${output}/back`), [1, ...size], output);
  },
  channelAttention: ({ inputs: [x], output, size: [height, width, channels], writer }) => {
    const pixels = writer.reshape(x, [1, height * width, channels], `${output}/pixels`);
    const products = writer.op('BatchMatMulV2', [pixels, pixels], `${output}/products`, { adj_x: true });
    const weights = writer.op('Softmax', [writer.op('Neg', [products], `${output}/scores`)], `${output}/shares`);
    const means = writer.op('BatchMatMulV2', [pixels, weights], `${output}/means`, { adj_y: true });
    writer.reshape(means, [1, height, width, channels], output);
  },
};
