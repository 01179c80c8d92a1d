import type { WriteKind } from '../writer.ts';

/** Parts of pictures, and what transformers add to them. */
export const tokens: Record<string, WriteKind> = {
  gelu: ({ inputs: [x], output, writer }) => {
    const scaled = writer.op('Mul', [x, writer.scalar(`${output}/root`, Math.SQRT1_2)], `${output}/scaled`);
    const erf = writer.op('Erf', [scaled], `${output}/erf`);
    const plus = writer.op('Add', [erf, writer.scalar(`${output}/one`, 1)], `${output}/plus`);
    const product = writer.op('Mul', [x, plus], `${output}/product`);
    writer.op('Mul', [product, writer.scalar(`${output}/half`, 0.5)], output);
  },
  addLearnt: ({ node, inputs, output, size, writer }) => {
    const value = writer.param(node.params[0], [1, ...size]);
    const turned = writer.op('Transpose', [value], `${output}/value`, { perm: [0, 3, 1, 2] });
    writer.op('Add', [inputs[0], turned], output);
  },
  prepend: ({ node, inputs, output, size: [, , channels], writer }) => {
    const value = writer.param(node.params[0], [1, 1, node.attrs.tokens, channels]);
    const turned = writer.op('Transpose', [value], `${output}/value`, { perm: [0, 3, 1, 2] });
    writer.op('Concat', [turned, inputs[0]], output, { axis: 3 });
  },
  regroup: ({ inputs, output, size: [height, width, channels], writer }) => {
    writer.op('Reshape', [inputs[0], writer.ints(`${output}/shape`, [0, channels, height, width])], output);
  },
  crop: ({ node: { attrs }, inputs, output, writer }) => {
    const { top, left, height, width } = attrs;
    const starts = writer.ints(`${output}/starts`, [top, left]);
    const ends = writer.ints(`${output}/ends`, [top + height, left + width]);
    writer.op('Slice', [inputs[0], starts, ends, writer.ints(`${output}/axes`, [2, 3])], output);
  },
  channels: ({ node: { attrs }, inputs, output, writer }) => {
    const starts = writer.ints(`${output}/starts`, [attrs.start]);
    const ends = writer.ints(`${output}/ends`, [attrs.start + attrs.count]);
    writer.op('Slice', [inputs[0], starts, ends, writer.ints(`${output}/axes`, [1])], output);
  },
};
