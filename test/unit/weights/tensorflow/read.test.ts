/** Files of TensorFlow's formats against what TensorFlow computes by them (test/oracles/tensorflow_files.py). */
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { ours } from '../onnx/run.ts';

const GOLDEN = path.join(import.meta.dirname, 'golden');
const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-tensorflow-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => startEngine('cpu'), 60_000);

interface Expected {
  size: [number, number];
  outputs: number;
  picture: string;
  /** By the kind of file: logits at half of the picture's size. */
  net: string;
  half: string;
  keras: string;
}

const expected = JSON.parse(readFileSync(path.join(GOLDEN, 'expected.json'), 'utf8')) as Expected;
const floats = (text: string) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);

/** The logits at the picture's size, as `ours` gives them, of those at half of it. */
function enlarged(values: Float32Array): Float32Array {
  const [height, width] = expected.size;
  const half = tf.tensor4d(values, [1, height / 2, width / 2, expected.outputs]);
  return tf.image.resizeBilinear(half, [height, width], false, true).dataSync<'float32'>();
}

function difference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / largest;
}

describe('the same network', () => {
  test.each([
    ['as TensorFlow Lite', 'net.tflite', 'net'],
    ['as TensorFlow Lite in half precision', 'half.tflite', 'half'],
    ['as a graph model of TensorFlow.js', 'graph/model.json', 'keras'],
  ] as const)('%s gives the same logits', async (_, name, kind) => {
    const { card, weights } = await readModel(path.join(GOLDEN, name));
    expect(card.outputs).toBe(expected.outputs);
    const graph = buildNetwork(card.network, card.outputs);
    expect(graph.logitsStride).toBe(2);
    const [logits] = ours(graph, weights, [floats(expected.picture)], expected.size);
    // Half precision: TensorFlow Lite computes in it too, where the processor can
    expect(difference(logits, enlarged(floats(expected[kind])))).toBeLessThan(kind === 'half' ? 2e-3 : 1e-5);
  });

  test('quantised is refused', async () => {
    await expect(readModel(path.join(GOLDEN, 'quantised.tflite'))).rejects.toThrow('holds quantised numbers');
  });
});

test('a layers model that TensorFlow.js wrote gives TensorFlow.js’s logits', async () => {
  const tfjs = await import('@tensorflow/tfjs-layers');
  const image = tfjs.input({ shape: [16, 24, 3] });
  const at = (
    x: import('@tensorflow/tfjs-layers').SymbolicTensor,
    ...list: import('@tensorflow/tfjs-layers').layers.Layer[]
  ) => list.reduce((value, layer) => layer.apply(value) as typeof x, x);
  const { layers: make } = tfjs;
  const first = at(
    image,
    make.zeroPadding2d({
      padding: [
        [0, 1],
        [0, 1],
      ],
    }),
    make.conv2d({ filters: 6, kernelSize: 3, strides: 2, useBias: false }),
    make.batchNormalization({}),
    make.reLU({ maxValue: 6 }),
  );
  const second = at(
    first,
    make.depthwiseConv2d({ kernelSize: 3, padding: 'same', activation: 'sigmoid' }),
    make.conv2d({ filters: 6, kernelSize: 1, activation: 'relu', dilationRate: 1 }),
  );
  const sum = make.add().apply([first, second]) as typeof first;
  const joined = make.concatenate().apply([sum, first]) as typeof first;
  const logits = at(joined, make.upSampling2d({ size: [2, 2] }), make.conv2d({ filters: 4, kernelSize: 1 }));
  const model = tfjs.model({ inputs: image, outputs: logits });
  for (const weight of model.weights) {
    const values = tf.randomNormal(weight.shape as number[], 0, 0.5, 'float32', 3);
    weight.write(weight.name.includes('variance') ? values.abs().add(1) : values);
  }
  await model.save({
    save: async ({ modelTopology, weightSpecs, weightData }) => {
      writeFileSync(path.join(folder, 'weights.bin'), new Uint8Array(weightData as ArrayBuffer));
      const manifest = [{ paths: ['weights.bin'], weights: weightSpecs }];
      const json = { format: 'layers-model', modelTopology, weightsManifest: manifest };
      writeFileSync(path.join(folder, 'model.json'), JSON.stringify(json));
      return { modelArtifactsInfo: { dateSaved: new Date(), modelTopologyType: 'JSON' } };
    },
  });
  const picture = tf.randomNormal([1, 16, 24, 3], 0, 1, 'float32', 5);
  const theirs = (model.predict(picture) as import('@tensorflow/tfjs').Tensor).dataSync<'float32'>();
  const read = await readModel(path.join(folder, 'model.json'));
  const graph = buildNetwork(read.card.network, read.card.outputs);
  const [found] = ours(graph, read.weights, [picture.dataSync<'float32'>()], [16, 24]);
  expect(difference(found, theirs)).toBeLessThan(1e-5);
});

describe('shards', () => {
  const copy = (change: (json: Record<string, unknown>) => void) => {
    const to = mkdtempSync(path.join(folder, 'shards-'));
    cpSync(path.join(GOLDEN, 'graph'), to, { recursive: true });
    const file = path.join(to, 'model.json');
    const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    change(json);
    writeFileSync(file, JSON.stringify(json));
    return file;
  };
  const manifest = (json: Record<string, unknown>) =>
    (json.weightsManifest as { paths: string[]; weights: { shape: number[]; dtype: string }[] }[])[0];

  test.each([
    ['upwards', (json) => void manifest(json).paths.splice(0, 1, '../secret.bin'), 'outside of its folder: refused'],
    [
      'from the root',
      (json) => void manifest(json).paths.splice(0, 1, '/etc/passwd'),
      'outside of its folder: refused',
    ],
    ['that is missing', (json) => void manifest(json).paths.splice(0, 1, 'gone.bin'), 'which is not beside it'],
    ['too few', (json) => void manifest(json).paths.pop(), 'are described'],
    ['a shape of 20 GB', (json) => Object.assign(manifest(json).weights[0], { shape: [5, 2 ** 30] }), 'too large'],
    [
      'a shape below nothing',
      (json) => Object.assign(manifest(json).weights[0], { shape: [-1, 3] }),
      'is not the model.json',
    ],
    ['of texts', (json) => Object.assign(manifest(json).weights[0], { dtype: 'string' }), 'holds string'],
    ['a circle', (json) => circle(json), 'depends on itself'],
    [
      'a node that is not there',
      (json) => Object.assign(nodesOf(json).find(({ op }) => op === 'Sigmoid')!, { input: ['no'] }),
      'is not there',
    ],
    [
      'an operator',
      (json) => Object.assign(nodesOf(json).find(({ op }) => op === 'Sigmoid')!, { op: 'Betainc' }),
      'Betainc',
    ],
  ] as [string, (json: Record<string, unknown>) => void, string][])(
    '%s are refused in a sentence',
    async (_, change, words) => {
      await expect(readModel(copy(change))).rejects.toThrow(words);
    },
  );

  test('that are a link out of the folder are', async () => {
    const file = copy((json) => void manifest(json).paths.splice(0, 1, 'linked.bin'));
    writeFileSync(path.join(folder, 'secret.bin'), 'secret');
    symlinkSync(path.join(folder, 'secret.bin'), path.join(path.dirname(file), 'linked.bin'));
    await expect(readModel(file)).rejects.toThrow('outside of its folder: refused');
  });

  test('a text that nests without end is no model', async () => {
    const file = copy(() => {});
    writeFileSync(file, `${'['.repeat(200_000)}${']'.repeat(200_000)}`);
    await expect(readModel(file)).rejects.toThrow(/is not the model.json|nests too deeply/);
  });

  interface Node {
    name: string;
    op: string;
    input: string[];
  }
  function nodesOf(json: Record<string, unknown>): Node[] {
    return (json.modelTopology as { node: Node[] }).node;
  }
  function circle(json: Record<string, unknown>): void {
    const nodes = nodesOf(json);
    const last = nodes.findLast(({ op }) => op === 'Conv2D')!;
    nodes.find(({ op }) => op === 'Sigmoid')!.input = [last.name];
  }
});
