import type { OnnxWriter, WriteKind } from '../writer.ts';

/** Sums, products and joins. */
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
  learntScale: ({ node, inputs, output, writer }) => {
    writer.op('Mul', [inputs[0], writer.param(node.params[0])], output);
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
