import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../../../../src-main/datasets/codec.ts';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { type Graph, GraphBuilder } from '../../../../src-main/networks/graph.ts';
import type { Attributes } from '../../../../src-main/networks/node-kind.ts';
import { buildNetwork, networkInfos } from '../../../../src-main/networks/registry.ts';
import { normalise } from '../../../../src-main/training/normalise.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { decodeOnnx } from '../../../../src-main/weights/onnx/proto.ts';
import { writeOnnx } from '../../../../src-main/weights/onnx/write.ts';
import { SOME_NETWORKS } from '../../networks/some-networks.ts';
import { cardOf, compare, ours, somePictures, someWeights, theirs } from './run.ts';

const SHARED = path.resolve(import.meta.dirname, '../../../../../shared/data');
const VAL = path.join(SHARED, 'camvid', 'val');
const ESPNET = path.join(SHARED, 'espnet', 'espnet_p_2_q_8_camvid.pth');

beforeAll(() => startEngine('cpu'));

/** A network that ends in the node that is tried, at a size that is not square. */
function trial(build: (b: GraphBuilder) => string, stride = 4): Graph {
  const b = new GraphBuilder(3);
  const output = build(b);
  return b.build({ id: 'trial', options: {}, output, stride, logitsStride: 1, defaultTaps: [] });
}

const SIZE: [number, number] = [12, 16];
const wide = (b: GraphBuilder) => b.add('wide', 'conv', ['input'], { filters: 8, kernel: 1 });

/** [what, kind, attributes, inputs]: an input is the picture as it is, in 8 channels, or something made of it. */
const KINDS: [string, string, Attributes, ((b: GraphBuilder) => string[])?][] = [
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
  ['batch norm', 'batchNorm', { epsilon: 1e-3 }],
  ['group norm', 'groupNorm', { groups: 2, epsilon: 1e-5 }, (b) => [wide(b)]],
  ['layer norm', 'layerNorm', { epsilon: 1e-6 }, (b) => [wide(b)]],
  ['PReLU', 'prelu', {}],
  ['ReLU', 'relu', {}],
  ['ReLU6', 'relu6', {}],
  ['sigmoid', 'sigmoid', {}],
  ['swish', 'swish', {}],
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
];
const wide2 = (b: GraphBuilder, name: string) => b.add(`${name}.wide`, 'conv', ['input'], { filters: 8, kernel: 1 });

describe('a kind of node computes the same in ONNX Runtime', () => {
  test.each(KINDS)('%s', async (_, kind, attrs, inputs = () => ['input']) => {
    const graph = trial((b) => b.add('tried', kind, inputs(b), attrs));
    const weights = someWeights(graph);
    const pictures = somePictures(2, SIZE);
    const file = writeOnnx(graph, weights, cardOf(graph), SIZE);
    const { logits } = compare(ours(graph, weights, pictures, SIZE), await theirs(file, pictures, SIZE), graph.outputs);
    expect(logits).toBeLessThan(1e-5);
  });
});

test('every kind that a network is written with is tried', () => {
  const used = new Set(
    networkInfos().flatMap(({ id }) => buildNetwork({ id, options: {} }, 5).nodes.map(({ kind }) => kind)),
  );
  const tried = new Set(['input', ...KINDS.map(([, kind]) => kind)]);
  expect([...used].filter((kind) => !tried.has(kind))).toEqual([]);
});

/** Options that make a network small where it has them; the largest are tried at the smallest size. */
const SMALL: Record<string, Record<string, number>> = {
  espnet: { p: 1, q: 2 },
  'espnet-c': { p: 1, q: 2 },
};

// Each kind by itself is above: of the networks that share their nodes one is enough
describe('a network has the same likeliest output at every pixel of 20 pictures', () => {
  test.each(SOME_NETWORKS)(
    '%s',
    async (id) => {
      const graph = buildNetwork({ id, options: SMALL[id] ?? {} }, 7);
      const size: [number, number] = [graph.stride, 2 * graph.stride].map((n) => Math.max(n, 32)) as [number, number];
      const weights = someWeights(graph);
      const pictures = somePictures(20, size);
      const file = writeOnnx(graph, weights, cardOf(graph), size);
      const there = await theirs(file, pictures, size);
      const { logits, pixels } = compare(ours(graph, weights, pictures, size), there, graph.outputs);
      expect(pixels).toBe(0);
      expect(logits).toBeLessThan(1e-3);
      // Logits that hardly differ from pixel to pixel would show nothing
      expect(Math.max(...there[0]) - Math.min(...there[0])).toBeGreaterThan(0.1);
    },
    300_000,
  );
});

test.skipIf(!existsSync(VAL) || !existsSync(ESPNET))(
  'the authors’ ESPNet sees the same in 20 CamVid images (skipped where ../shared/data is missing)',
  async () => {
    const { card, weights } = await readModel(ESPNET);
    const graph = buildNetwork(card.network, card.outputs);
    const files = readdirSync(VAL)
      .slice(0, 20)
      .map((name) => path.join(VAL, name));
    const size: [number, number] = [360, 480];
    const pictures = files.map((file) => {
      const { data } = decodeImage(readFileSync(file), file);
      return tf.tidy(() =>
        normalise(tf.tensor4d(data, [1, ...size, 3], 'float32'), card.preprocessing)
          .dataSync<'float32'>()
          .slice(),
      );
    });
    const there = await theirs(writeOnnx(graph, weights, card, size), pictures, size);
    const { logits, pixels } = compare(ours(graph, weights, pictures, size), there, graph.outputs);
    expect(pixels).toBe(0);
    expect(logits).toBeLessThan(1e-3);
  },
  180_000,
);

test('the file names its input, output and weights, and carries the card', () => {
  const graph = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1 } }, 4);
  const file = writeOnnx(graph, someWeights(graph), cardOf(graph), [32, 64]);
  const { graph: written, metadataProps, opsetImport } = decodeOnnx(file, 'it');
  const shape = (value: (typeof written.input)[0]) => value.type.tensorType.shape!.dim.map(({ dimValue }) => dimValue);
  expect(written.input.map((value) => [value.name, shape(value)])).toEqual([['input', [1, 3, 32, 64]]]);
  expect(written.output.map((value) => [value.name, shape(value)])).toEqual([['logits', [1, 4, 32, 64]]]);
  expect(written.initializer.map(({ name }) => name)).toContain('level1.conv.weight');
  expect(opsetImport).toEqual([{ version: 17 }]);
  expect(JSON.parse(metadataProps.find(({ key }) => key === 'card')!.value)).toEqual(cardOf(graph));
  expect(() => writeOnnx(graph, someWeights(graph), cardOf(graph), [30, 64])).toThrow('multiples of 8');
});
