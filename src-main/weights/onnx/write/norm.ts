import type { WriteKind } from '../writer.ts';

/** Norms. */
export const norms: Record<string, WriteKind> = {
  batchNorm: ({ node, inputs, output, writer }) => {
    const params = node.params.map((spec) => writer.param(spec));
    writer.op('BatchNormalization', [...inputs, ...params], output, { epsilon: { float: node.attrs.epsilon } });
  },
  // Each group as the one channel of an instance norm, which a scale and an offset per channel follow
  groupNorm: ({ node, inputs, output, size: [height, width, channels], writer }) => {
    const { groups, epsilon } = node.attrs;
    const [scale, offset] = node.params.map((spec) => writer.param(spec, [channels, 1, 1]));
    const shape = writer.ints(`${output}/groups`, [0, groups, -1]);
    const grouped = writer.op('Reshape', [inputs[0], shape], `${output}/grouped`);
    const ones = writer.array(`${output}/one`, [groups], new Float32Array(groups).fill(1));
    const zeros = writer.array(`${output}/zero`, [groups], new Float32Array(groups));
    const normed = writer.op('InstanceNormalization', [grouped, ones, zeros], `${output}/normed`, {
      epsilon: { float: epsilon },
    });
    const whole = writer.ints(`${output}/shape`, [0, channels, height, width]);
    const back = writer.op('Reshape', [normed, whole], `${output}/ungrouped`);
    writer.op('Add', [writer.op('Mul', [back, scale], `${output}/scaled`), offset], output);
  },
  unitScale: ({ node, inputs, output, size: [, , channels], writer }) => {
    const unit = writer.op('LpNormalization', inputs, `${output}/unit`, { axis: 1, p: 2 });
    writer.op('Mul', [unit, writer.param(node.params[0], [channels, 1, 1])], output);
  },
  layerNorm: ({ node, inputs, output, writer }) => {
    const params = node.params.map((spec) => writer.param(spec));
    const last = writer.op('Transpose', inputs, `${output}/last`, { perm: [0, 2, 3, 1] });
    const normed = writer.op('LayerNormalization', [last, ...params], `${output}/normed`, {
      axis: -1,
      epsilon: { float: node.attrs.epsilon },
    });
    writer.op('Transpose', [normed], output, { perm: [0, 3, 1, 2] });
  },
};
