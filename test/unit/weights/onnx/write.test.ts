import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../../../../src-main/datasets/codec.ts';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { buildNetwork, networkInfos } from '../../../../src-main/networks/registry.ts';
import { normalise } from '../../../../src-main/training/normalise.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { decodeOnnx } from '../../../../src-main/weights/onnx/proto.ts';
import { writeOnnx } from '../../../../src-main/weights/onnx/write.ts';
import { SOME_NETWORKS } from '../../networks/some-networks.ts';
import { KINDS, SIZE, SMALL, trial } from './kinds.ts';
import { cardOf, compare, ours, somePictures, someWeights, theirs } from './run.ts';

const SHARED = path.resolve(import.meta.dirname, '../../../../../shared/data');
const VAL = path.join(SHARED, 'camvid', 'val');
const ESPNET = path.join(SHARED, 'espnet', 'espnet_p_2_q_8_camvid.pth');

beforeAll(() => startEngine('cpu'));

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
