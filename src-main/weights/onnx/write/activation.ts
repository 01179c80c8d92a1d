import type { WriteKind } from '../writer.ts';

/** NHWC's axes in NCHW. */
const AXES = [0, 2, 3, 1];

/** Activations. */
export const activations: Record<string, WriteKind> = {
  relu: ({ inputs, output, writer }) => writer.op('Relu', inputs, output),
  relu6: ({ inputs, output, writer }) => {
    const limits = [writer.scalar(`${output}/least`, 0), writer.scalar(`${output}/most`, 6)];
    writer.op('Clip', [...inputs, ...limits], output);
  },
  sigmoid: ({ inputs, output, writer }) => writer.op('Sigmoid', inputs, output),
  swish: ({ inputs, output, writer }) => {
    writer.op('Mul', [inputs[0], writer.op('Sigmoid', inputs, `${output}/gate`)], output);
  },
  hardSigmoid: ({ inputs, output, writer }) => writer.op('HardSigmoid', inputs, output, { alpha: { float: 1 / 6 } }),
  hardSwish: ({ inputs, output, writer }) => writer.op('HardSwish', inputs, output),
  prelu: ({ node, inputs, output, size: [, , channels], writer }) => {
    writer.op('PRelu', [inputs[0], writer.param(node.params[0], [channels, 1, 1])], output);
  },
  softmax: ({ node, inputs, output, writer }) => {
    writer.op('Softmax', inputs, output, { axis: AXES[node.attrs.axis ?? 3] });
  },
};
