import { transposedWindow } from '../../../networks/kinds/conv-transpose.ts';
import type { Attributes } from '../../../networks/node-kind.ts';
import { kernelOf, windowOf } from '../../../networks/window.ts';
import type { WriteCall, WriteKind } from '../writer.ts';

/** Convolutions of all kinds. */
export const convolutions: Record<string, WriteKind> = {
  conv: (call) => write('Conv', call, call.node.attrs),
  depthwiseConv: (call) => write('Conv', call, { ...call.node.attrs, groups: call.sizes[0][2] }),
  convTranspose: (call) => {
    const { outputPaddingHeight, outputPaddingWidth, outputPadding = 0 } = call.node.attrs;
    write('ConvTranspose', call, transposedWindow(call.node.attrs), {
      output_padding: [outputPaddingHeight ?? outputPadding, outputPaddingWidth ?? outputPadding],
    });
  },
};

function write(op: string, { node, inputs, output, writer }: WriteCall, attrs: Attributes, more = {}): void {
  const { stride, dilation, padding, groups } = windowOf(attrs);
  const [top, bottom, left, right] = padding;
  // A linear layer's matrix is a 1×1 filter.
  const params = node.params.map((spec) =>
    writer.param(spec, spec.torchShape.length === 2 ? [...spec.torchShape, 1, 1] : spec.torchShape),
  );
  writer.op(op, [inputs[0], ...params], output, {
    dilations: dilation,
    group: groups ?? 1,
    kernel_shape: kernelOf(node.attrs),
    ...more,
    pads: [top, left, bottom, right],
    strides: stride,
  });
}
