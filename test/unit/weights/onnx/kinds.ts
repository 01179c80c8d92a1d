/** Each kind of node in a small network, for tests of ONNX files. */
import { type Graph, GraphBuilder } from '../../../../src-main/networks/graph.ts';
import type { Attributes } from '../../../../src-main/networks/node-kind.ts';

/** A network that ends in the node that is tried, at a size that is not square. */
export function trial(build: (b: GraphBuilder) => string, stride = 4): Graph {
  const b = new GraphBuilder(3);
  const output = build(b);
  return b.build({ id: 'trial', options: {}, output, stride, logitsStride: 1, defaultTaps: [] });
}

export const SIZE: [number, number] = [12, 16];
const wide = (b: GraphBuilder) => b.add('wide', 'conv', ['input'], { filters: 8, kernel: 1 });

/** [what, kind, attributes, inputs]: an input is the picture as it is, in 8 channels, or something made of it. */
export const KINDS: [string, string, Attributes, ((b: GraphBuilder) => string[])?][] = [
  ['a convolution', 'conv', { filters: 5, kernel: 3, padding: 1, bias: 1 }],
  [
    'a convolution with everything by axis',
    'conv',
    {
      filters: 4,
      kernelHeight: 3,
      kernelWidth: 5,
      strideWidth: 2,
      dilationHeight: 2,
      paddingTop: 1,
      paddingRight: 3,
      groups: 2,
    },
    (b) => [wide(b)],
  ],
  ['a depthwise convolution', 'depthwiseConv', { kernel: 3, multiplier: 2, dilation: 2, padding: 2, bias: 1 }],
  ['a transposed convolution side by side', 'convTranspose', { filters: 4, kernel: 2, bias: 1 }],
  [
    'a transposed convolution that overlaps',
    'convTranspose',
    { filters: 4, kernel: 3, stride: 2, padding: 1, outputPadding: 1 },
  ],
  [
    'a transposed convolution with a row that it does not reach',
    'convTranspose',
    { filters: 4, kernel: 2, outputPadding: 1, bias: 1 },
  ],
  ['batch norm', 'batchNorm', { epsilon: 1e-3 }],
  ['group norm', 'groupNorm', { groups: 2, epsilon: 1e-5 }, (b) => [wide(b)]],
  ['layer norm', 'layerNorm', { epsilon: 1e-6 }, (b) => [wide(b)]],
  ['PReLU', 'prelu', {}],
  ['ReLU', 'relu', {}],
  ['ReLU6', 'relu6', {}],
  ['sigmoid', 'sigmoid', {}],
  ['swish', 'swish', {}],
  ['hard sigmoid', 'hardSigmoid', {}],
  ['hard swish', 'hardSwish', {}],
  ['softmax over the channels', 'softmax', {}],
  ['softmax along the height', 'softmax', { axis: 1 }],
  ['a sum of three', 'add', {}, (b) => ['input', b.add('a', 'relu', ['input']), b.add('b', 'sigmoid', ['input'])]],
  ['a product', 'multiply', {}, (b) => ['input', b.add('a', 'relu', ['input'])]],
  ['a gate', 'multiply', {}, (b) => ['input', b.add('a', 'adaptiveAveragePool', ['input'], { bins: 1 })]],
  ['a join', 'concat', {}, (b) => ['input', wide(b)]],
  ['average pooling', 'averagePool', { kernel: 3, stride: 2, padding: 1 }],
  ['max pooling', 'maxPool', { kernel: 3, stride: 2, padding: 1 }],
  [
    'max unpooling',
    'maxUnpool',
    { kernel: 2, stride: 2, padding: 0 },
    (b) => [b.add('a', 'averagePool', ['input'], { kernel: 2, stride: 2, padding: 0 }), 'input'],
  ],
  ['bins that fit', 'adaptiveAveragePool', { bins: 4 }],
  ['bins that overlap', 'adaptiveAveragePool', { bins: 5 }],
  ['zeros around', 'pad', { paddingTop: 1, paddingLeft: 2, paddingRight: 3 }],
  ['channels of zeros', 'pad', { channels: 2 }],
  ['unit vectors, scaled', 'unitScale', {}],
  ['bilinear resizing', 'resize', { factor: 2 }],
  ['bilinear resizing, corners aligned', 'resize', { factor: 3, alignCorners: 1 }],
  ['the nearest pixel', 'resize', { factor: 2, nearest: 1 }],
  [
    'the nearest pixel, exact, downwards',
    'resize',
    { nearest: 1, exact: 1 },
    (b) => ['input', b.add('a', 'adaptiveAveragePool', ['input'], { bins: 5 })],
  ],
  ['the nearest pixel, corners aligned', 'resize', { factor: 2, nearest: 1, alignCorners: 1 }],
  [
    'fused branches',
    'branchFusion',
    { residual: 0 },
    (b) => ['input', b.add('a', 'relu', ['input']), b.add('b', 'sigmoid', ['input']), b.add('c', 'swish', ['input'])],
  ],
  [
    'fused branches and a residual',
    'branchFusion',
    { residual: 1 },
    (b) => [
      b.add('a', 'conv', ['input'], { filters: 2, kernel: 1 }),
      ...[0, 1].map((i) => b.add(`c${i}`, 'conv', ['input'], { filters: 3, kernel: 1 })),
      wide(b),
    ],
  ],
  ['GELU', 'gelu', {}],
  ['an array as large as the picture', 'addLearnt', { height: 12, width: 16 }],
  ['some of the channels', 'channels', { start: 3, count: 4 }, (b) => [wide(b)]],
  ['a part of the picture', 'crop', { top: 2, left: 1, height: 8, width: 12 }],
  ['pixels in other rows', 'regroup', { height: 16, width: 12 }],
  [
    'attention',
    'attention',
    { heads: 2 },
    (b) => [
      wide(b),
      ...['key', 'value'].map((name) =>
        b.add(name, 'averagePool', [wide2(b, name)], { kernel: 2, stride: 2, padding: 0 }),
      ),
    ],
  ],
  ['attention of another scale', 'attention', { scale: 1 }, (b) => ['a', 'b', 'c'].map((name) => wide2(b, name))],
  ['attention of the channels', 'channelAttention', {}, (b) => [wide(b)]],
  ['attention to row and column', 'crissCross', {}, (b) => ['a', 'b', 'c'].map((name) => wide2(b, name))],
  ['attention by places, taking', 'pointAttention', { side: 9, distribute: 0 }, (b) => ['input', wide(b)]],
  ['attention by places, giving', 'pointAttention', { side: 35, distribute: 1 }, (b) => ['input', wide(b)]],
  ['means over regions', 'regionMeans', { regions: 3 }, (b) => [wide(b), 'input']],
  ['one learnt number', 'learntScale', {}],
  ['bins along the height', 'adaptiveAveragePool', { height: 1 }],
  ['bins along the width that overlap', 'adaptiveAveragePool', { width: 5 }],
  ['bilinear resizing by a part', 'resize', { factor: 0.5 }],
  ['sums by weights', 'weightedSum', {}, (b) => [b.add('w', 'conv', ['input'], { filters: 6, kernel: 1 }), cells(b)]],
  ['distances from code words', 'encoding', { codes: 4, channels: 8 }, (b) => [cells(b)]],
  ['a step over the grid', 'gridGraph', { radius: 2, sigma: 1.5 }],
  ['rows and columns', 'positions', {}],
  ['means of channels', 'channelMean', { pixels: 12 * 16 }, (b) => [wide(b)]],
  ['attention by bases', 'emAttention', { bases: 5, stages: 3 }, (b) => [wide(b)]],
  [
    'attention in groups',
    'groupAttention',
    { side: 2, heads: 4 },
    (b) => ['a', 'b', 'c'].map((name) => wide2(b, name)),
  ],
  ['a linear layer', 'conv', { filters: 5, kernel: 1, bias: 1, linear: 1 }],
];
/** 2 × 3 pixels of 8 channels. */
function cells(b: GraphBuilder): string {
  const pooled = b.add('cells.pooled', 'averagePool', [wide2(b, 'cells')], { kernel: 5, stride: 5, padding: 0 });
  return b.add('cells', 'regroup', [pooled], { height: 3, width: 2 });
}

const wide2 = (b: GraphBuilder, name: string) => b.add(`${name}.wide`, 'conv', ['input'], { filters: 8, kernel: 1 });

/** Options that make a network small where it has them; the largest are tried at the smallest size. */
export const SMALL: Record<string, Record<string, number>> = {
  espnet: { p: 1, q: 2 },
  'espnet-c': { p: 1, q: 2 },
};
