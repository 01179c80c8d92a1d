import { gridMatrix } from '../../../networks/kinds/grid-graph.ts';
import { positionsOf } from '../../../networks/kinds/positions.ts';
import type { OnnxWriter, WriteKind } from '../writer.ts';

/** Pixels told by a few vectors (cells, code words, bases), and pixels as the nodes of a graph. */
export const sets: Record<string, WriteKind> = {
  weightedSum: ({ inputs: [weights, values], output, size: [height, width, channels], writer }) => {
    const product = writer.op('MatMul', [row(writer, values), row(writer, weights)], `${output}/sums`);
    writer.op('Reshape', [product, writer.ints(`${output}/shape`, [0, channels, height, width])], output);
  },
  gridGraph: ({ node: { attrs }, inputs, output, size: [height, width], writer }) => {
    const along = (name: string, size: number) =>
      writer.array(`${output}/${name}`, [size, size], gridMatrix(size, attrs.radius, attrs.sigma));
    const down = writer.op('MatMul', [along('rows', height), inputs[0]], `${output}/down`);
    writer.op('MatMul', [down, along('columns', width)], output);
  },
  positions: ({ inputs, output, size: [height, width], writer }) => {
    const places = positionsOf([height, width]);
    const planes = [0, 1].flatMap((axis) => [...places.filter((_, i) => i % 2 === axis)]);
    const constant = writer.array(`${output}/places`, [1, 2, height, width], Float32Array.from(planes));
    writer.op('Concat', [inputs[0], constant], output, { axis: 1 });
  },
  channelMean: ({ inputs, output, node, writer }) => {
    const mean = writer.op('ReduceMean', inputs, `${output}/mean`, { axes: [1], keepdims: 1 });
    writer.op('Reshape', [mean, writer.ints(`${output}/shape`, [0, node.attrs.pixels, 1, 1])], output);
  },
  encoding: ({ node, inputs: [x], output, writer }) => {
    const { codes, channels } = node.attrs;
    const words = writer.param(node.params[0]);
    const factor = writer.param(node.params[1]);
    const of = (op: string, from: string[], name: string, attributes = {}) =>
      writer.op(op, from, `${output}/${name}`, attributes);
    const pixels = of('Transpose', [row(writer, x)], 'pixels', { perm: [0, 2, 1] });
    const squares = (from: string, name: string) => {
      const squared = of('Mul', [from, from], `${name}/squared`);
      return of('ReduceSum', [squared, writer.ints(`${output}/${name}/axis`, [-1])], name, { keepdims: 1 });
    };
    const columns = of('Transpose', [words], 'columns', { perm: [1, 0] });
    const products = of('MatMul', [pixels, columns], 'products');
    const own = of('Transpose', [squares(words, 'words/squares')], 'words/row', { perm: [1, 0] });
    const both = of('Add', [squares(pixels, 'squares'), own], 'both');
    const twice = of('Mul', [products, writer.scalar(`${output}/two`, 2)], 'twice');
    const scaled = of('Mul', [of('Sub', [both, twice], 'distances'), factor], 'scaled');
    const shares = of('Transpose', [of('Softmax', [scaled], 'shares', { axis: 2 })], 'shares/turned', {
      perm: [0, 2, 1],
    });
    const total = of('ReduceSum', [shares, writer.ints(`${output}/total/axis`, [2])], 'total', { keepdims: 1 });
    const encoded = of('Sub', [of('MatMul', [shares, pixels], 'sums'), of('Mul', [total, words], 'away')], 'encoded');
    writer.op('Reshape', [encoded, writer.ints(`${output}/shape`, [0, codes, channels, 1])], output);
  },
  emAttention: ({ node, inputs, output, size: [height, width, channels], writer }) => {
    const [filter, bias, bases] = node.params.map((spec) => writer.param(spec));
    const least = writer.scalar(`${output}/least`, 1e-12);
    const projected = writer.op('Conv', [inputs[0], filter, bias], `${output}/projected`, { kernel_shape: [1, 1] });
    const columns = row(writer, projected);
    const pixels = writer.op('Transpose', [columns], `${output}/pixels`, { perm: [0, 2, 1] });
    let fitted = bases;
    let shares = pixels;
    for (let stage = 0; stage < node.attrs.stages; stage++) {
      const of = (op: string, from: string[], name: string, attributes = {}) =>
        writer.op(op, from, `${output}/${stage}/${name}`, attributes);
      const axis = writer.ints(`${output}/${stage}/axis`, [1]);
      shares = of('Softmax', [of('MatMul', [pixels, fitted], 'products')], 'shares', { axis: 2 });
      const total = of('Max', [of('ReduceSum', [shares, axis], 'sum', { keepdims: 1 }), least], 'total');
      const means = of('MatMul', [columns, of('Div', [shares, total], 'weights')], 'means');
      const squares = of('ReduceSum', [of('Mul', [means, means], 'squared'), axis], 'squares', { keepdims: 1 });
      fitted = of('Div', [means, of('Max', [of('Sqrt', [squares], 'root'), least], 'length')], 'bases');
    }
    const turned = writer.op('Transpose', [shares], `${output}/shares`, { perm: [0, 2, 1] });
    const told = writer.op('MatMul', [fitted, turned], `${output}/told`);
    writer.op('Reshape', [told, writer.ints(`${output}/shape`, [0, channels, height, width])], output);
  },
};

/** [n, c, h, w] as [n, c, h·w]. */
function row(writer: OnnxWriter, value: string): string {
  return writer.op('Reshape', [value, writer.ints(`${value}/row/shape`, [0, 0, -1])], `${value}/row`);
}
