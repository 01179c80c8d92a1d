/** Models that are written for TensorFlow.js, run by TensorFlow.js and read again. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type { io, Tensor } from '@tensorflow/tfjs';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { exportModel } from '../../../../src-main/weights/export-model.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { type TfjsModel, writeTfjs } from '../../../../src-main/weights/tensorflow/write/tfjs.ts';
import { SOME_NETWORKS } from '../../networks/some-networks.ts';
import { KINDS, SIZE, SMALL, trial } from '../onnx/kinds.ts';
import { cardOf, compare, ours, somePictures, someWeights } from '../onnx/run.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
let native = '';
beforeAll(async () => {
  await startEngine('cpu');
  native = tf.getBackend();
}, 60_000);
afterEach(() => tf.setBackend(native));

/** The kinds that have no form in TensorFlow.js here. */
const LEFT_OUT = new Set([
  ...['maxUnpool', 'crissCross', 'pointAttention', 'regionMeans', 'encoding', 'gridGraph', 'positions'],
  ...['emAttention', 'groupAttention'],
]);

/** Forms of kinds that have none, by what the case is called, and what is said of each. */
const LEFT_OUT_FORMS: Record<string, string> = {
  'a convolution with everything by axis': 'has strides and dilations at once',
  'the nearest pixel, exact, downwards': 'takes the nearest pixel by its centre',
};

interface Json {
  modelTopology: object;
  signature: object;
  weightsManifest: { paths: string[]; weights: io.WeightsManifestEntry[] }[];
}

/** Logits at the picture's size by TensorFlow.js, on one of its backends. */
async function theirs(model: TfjsModel, pictures: Float32Array[], size: [number, number], backend: string) {
  await tf.setBackend(backend);
  const json = JSON.parse(model.json) as Json;
  const bytes = new Uint8Array(Buffer.concat(json.weightsManifest[0].paths.map((name) => model.shards.get(name)!)));
  const network = await tf.loadGraphModel(
    tf.io.fromMemory({
      ...{ modelTopology: json.modelTopology, signature: json.signature },
      ...{ weightSpecs: json.weightsManifest[0].weights, weightData: bytes.buffer },
    }),
  );
  const results = pictures.map((picture) =>
    tf.tidy(() => (network.predict(tf.tensor4d(picture, [1, ...size, 3])) as Tensor).dataSync<'float32'>().slice()),
  );
  network.dispose();
  await tf.setBackend(native);
  return results;
}

describe('a kind of node computes the same in TensorFlow.js, without TensorFlow', () => {
  const written = KINDS.filter(([what, kind]) => !LEFT_OUT.has(kind) && !Object.hasOwn(LEFT_OUT_FORMS, what));
  test.each(written)('%s', async (_, kind, attrs, inputs = () => ['input']) => {
    const graph = trial((b) => b.add('tried', kind, inputs(b), attrs));
    const weights = someWeights(graph);
    const pictures = somePictures(2, SIZE);
    const model = writeTfjs(graph, weights, cardOf(graph), SIZE, 'it');
    const there = await theirs(model, pictures, SIZE, 'cpu');
    const { logits } = compare(ours(graph, weights, pictures, SIZE), there, graph.outputs);
    expect(logits).toBeLessThan(1e-5);
  });

  test('the others are named', () => {
    for (const [what, kind, attrs, inputs = () => ['input']] of KINDS) {
      if (!LEFT_OUT.has(kind) && !Object.hasOwn(LEFT_OUT_FORMS, what)) continue;
      const graph = trial((b) => b.add('tried', kind, inputs(b), attrs));
      const write = () => writeTfjs(graph, someWeights(graph), cardOf(graph), SIZE, 'it');
      const why = LEFT_OUT_FORMS[what] ?? `is of the kind ${kind}`;
      expect(write).toThrow(`tried of trial ${why}, which TensorFlow.js has no form for here.`);
    }
  });
});

describe('a network has the same likeliest output at every pixel of 20 pictures', () => {
  const ids = SOME_NETWORKS.filter((id) =>
    buildNetwork({ id, options: SMALL[id] ?? {} }, 7).nodes.every(({ kind }) => !LEFT_OUT.has(kind)),
  );
  test.each(ids)(
    '%s',
    async (id) => {
      const graph = buildNetwork({ id, options: SMALL[id] ?? {} }, 7);
      const size: [number, number] = [graph.stride, 2 * graph.stride].map((n) => Math.max(n, 32)) as [number, number];
      const weights = someWeights(graph);
      const pictures = somePictures(20, size);
      const model = writeTfjs(graph, weights, cardOf(graph), size, 'it');
      const there = await theirs(model, pictures, size, native);
      const { logits, pixels } = compare(ours(graph, weights, pictures, size), there, graph.outputs);
      expect(pixels).toBe(0);
      expect(logits).toBeLessThan(1e-3);
      expect(Math.max(...there[0]) - Math.min(...there[0])).toBeGreaterThan(0.1);
    },
    300_000,
  );
});

const graph = buildNetwork({ id: 'espnet', options: { p: 1, q: 2 } }, 4);
const model = { card: cardOf(graph), weights: someWeights(graph) };
const size: [number, number] = [32, 64];

test('an exported model comes back as it was, and by its operators with the same logits', async () => {
  const files = exportModel(model, 'tfjs', path.join(folder, 'mine.json'), size);
  expect(files.map((file) => path.basename(file))).toEqual([
    ...['mine.json', 'mine-shard1of1.bin', 'mine.card.json', 'mine.example.mjs'],
  ]);
  expect(await readModel(files[0])).toEqual({ ...model, notes: [] });
  expect(JSON.parse(readFileSync(files[2], 'utf8'))).toMatchObject({
    ...{ file: 'mine.json', input: { name: 'input', shape: [1, 32, 64, 3], layout: 'NHWC' } },
  });

  const json = JSON.parse(readFileSync(files[0], 'utf8'));
  writeFileSync(files[0], JSON.stringify({ ...json, userDefinedMetadata: {} }));
  const read = await readModel(files[0]);
  const pictures = somePictures(2, size);
  const again = ours(buildNetwork(read.card.network, read.card.outputs), read.weights, pictures, size);
  const { logits, pixels } = compare(ours(graph, model.weights, pictures, size), again, graph.outputs);
  expect(pixels).toBe(0);
  expect(logits).toBeLessThan(1e-4);
});

test('a graph that was changed is read by its operators, with what the card says', async () => {
  const [file] = exportModel(model, 'tfjs', path.join(folder, 'changed.json'), size);
  const json = JSON.parse(readFileSync(file, 'utf8'));
  const relu = json.modelTopology.node.find(({ op }: { op: string }) => op === 'Prelu');
  Object.assign(relu, { op: 'Relu', input: [relu.input[0]] });
  writeFileSync(file, JSON.stringify(json));
  const { card } = await readModel(file);
  expect(card.network.id).toBe('tfjs');
  expect(card.classes).toEqual(model.card.classes);
});

test('the example runs the model', async () => {
  const [file, ...others] = exportModel(model, 'tfjs', path.join(folder, 'shown.json'), size);
  const example = others.find((one) => one.endsWith('.mjs'))!;
  const text = readFileSync(example, 'utf8');
  expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(22);
  const given = globalThis as { shown?: object };
  given.shown = { ...tf, loadGraphModel: (name: string) => tf.loadGraphModel(fromFiles(path.join(folder, name))) };
  writeFileSync(example, text.replace(/^import .*$/m, 'const tf = globalThis.shown;'));
  const { labelsOf, CLASSES } = await import(/* @vite-ignore */ pathToFileURL(example).href);
  expect(CLASSES).toEqual(['Sky']);
  const data = Uint8Array.from({ length: 32 * 64 * 4 }, (_, i) => (i * 37) % 256);
  const labels = labelsOf({ data, height: 32, width: 64 }) as Int32Array;

  const { mean, std, scale } = model.card.preprocessing;
  const picture = new Float32Array(32 * 64 * 3).map((_, i) => {
    const c = i % 3;
    return ((data[4 * Math.floor(i / 3) + 2 - c] - mean[c]) / std[c]) * scale;
  });
  const [logits] = ours(graph, model.weights, [picture], size);
  const wanted = Int32Array.from({ length: 32 * 64 }, (_, i) => {
    const row = [...logits.subarray(4 * i, 4 * i + 4)];
    return row.indexOf(Math.max(...row));
  });
  expect(labels.filter((label, i) => label !== wanted[i]).length).toBe(0);
  expect(file).toContain('shown.json');
});

/** As a server would give them. */
function fromFiles(file: string): io.IOHandler {
  const json = JSON.parse(readFileSync(file, 'utf8')) as Json;
  const [{ paths, weights }] = json.weightsManifest;
  const bytes = new Uint8Array(Buffer.concat(paths.map((name) => readFileSync(path.join(path.dirname(file), name)))));
  return tf.io.fromMemory({
    ...{ modelTopology: json.modelTopology, signature: json.signature },
    ...{ weightSpecs: weights, weightData: bytes.buffer },
  });
}
