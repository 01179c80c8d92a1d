import type { OnnxWriter, WriteKind } from '../writer.ts';

/** Sums, products, joins and attention. */
export const combinations: Record<string, WriteKind> = {
  add: ({ inputs, output, writer }) => sum(writer, inputs, output),
  multiply: ({ inputs, output, writer }) => writer.op('Mul', inputs, output),
  concat: ({ inputs, output, writer }) => writer.op('Concat', inputs, output, { axis: 1 }),
  branchFusion: ({ node, inputs, output, writer }) => {
    const { residual } = node.attrs;
    const [first, ...others] = residual ? inputs.slice(0, -1) : inputs;
    const sums: string[] = [];
    for (const [i, branch] of others.entries()) {
      sums.push(i === 0 ? branch : writer.op('Add', [sums[i - 1], branch], `${output}/sum${i}`));
    }
    const joined = writer.op('Concat', [first, ...sums], residual ? `${output}/joined` : output, { axis: 1 });
    if (residual) writer.op('Add', [joined, inputs[inputs.length - 1]], output);
  },
  attention: ({ node, inputs, output, sizes, size: [height, width, channels], writer }) => {
    const { heads = 1 } = node.attrs;
    const { scale: factor = 1 / Math.sqrt(sizes[0][2] / heads) } = node.attrs;
    const [query, key, value] = ['query', 'key', 'value'].map((name, i) => {
      const shape = writer.ints(`${output}/${name}/shape`, [0, heads, sizes[i][2] / heads, -1]);
      return writer.op('Reshape', [inputs[i], shape], `${output}/${name}`);
    });
    const turned = writer.op('Transpose', [query], `${output}/query/turned`, { perm: [0, 1, 3, 2] });
    const products = writer.op('MatMul', [turned, key], `${output}/products`);
    const scale = writer.scalar(`${output}/scale`, factor);
    const scores = writer.op('Mul', [products, scale], `${output}/scores`);
    const weights = writer.op('Softmax', [scores], `${output}/weights`, { axis: 3 });
    const back = writer.op('Transpose', [weights], `${output}/weights/turned`, { perm: [0, 1, 3, 2] });
    const means = writer.op('MatMul', [value, back], `${output}/means`);
    writer.op('Reshape', [means, writer.ints(`${output}/shape`, [0, channels, height, width])], output);
  },
};

/** ONNX's own Sum is the same, but fewer runtimes have it. */
function sum(writer: OnnxWriter, inputs: readonly string[], output: string): void {
  let total = inputs[0];
  for (const [i, next] of inputs.slice(1).entries()) {
    const last = i === inputs.length - 2;
    total = writer.op('Add', [total, next], last ? output : `${output}/sum${i + 1}`);
  }
  if (inputs.length === 1) writer.op('Identity', inputs, output);
}
