import type { NodeKind } from '../node-kind.ts';

/**
 * A value inside of a model that another runtime computes: it can be read by its name, but neither run nor trained here.
 * attrs: `channels`; `height` and `width`, or `scaleHeight` and `scaleWidth` times those of its first input; `parameters`
 * and `macs` (for each pixel of its own) of what leads to it; and how that runtime lays it out (weights/onnx/run/form.ts).
 */
export const opaque: NodeKind = {
  id: 'opaque',
  channels: ({ channels }) => channels,
  mixedSizes: true,
  size: ({ height, width, scaleHeight, scaleWidth }, [[before, beside]]) =>
    height === undefined ? [Math.round(before * scaleHeight), Math.round(beside * scaleWidth)] : [height, width],
  params: () => [],
  elsewhere: ({ parameters = 0 }) => parameters,
  macs: ({ macs = 0 }, _, [height, width]) => macs * height * width,
  keepsInputs: false,
  forward: () => {
    throw new Error('This network is run by ONNX Runtime.');
  },
  backward: () => {
    throw new Error('This network is run by ONNX Runtime, and frozen.');
  },
};

/** Whether a network is run by another runtime: it can teach, be evaluated and looked at, but not be trained. */
export function isOpaque({ nodes }: { nodes: readonly { kind: string }[] }): boolean {
  return nodes.some(({ kind }) => kind === opaque.id);
}
