/** Models that are written for TensorFlow Lite, run by its own interpreter where there is one, and read again. */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import type { Graph } from '../../../../src-main/networks/graph.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { exportModel } from '../../../../src-main/weights/export-model.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { writeTflite } from '../../../../src-main/weights/tensorflow/write/tflite.ts';
import { SOME_NETWORKS } from '../../networks/some-networks.ts';
import { KINDS, SIZE, SMALL, trial } from '../onnx/kinds.ts';
import { cardOf, compare, ours, somePictures, someWeights } from '../onnx/run.ts';

const PYTHON = process.env.STILLROOM_ORACLE_PYTHON;
const RUN = path.join(import.meta.dirname, '../../../oracles/tflite_run.py');
const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-lite-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
beforeAll(() => startEngine('cpu'), 60_000);

/** Kinds and forms that TensorFlow Lite has nothing for here, by what the case is called. */
const LEFT_OUT: Record<string, string> = {
  'a convolution with everything by axis': 'has strides and dilations at once',
  'the nearest pixel, exact, downwards': 'takes the nearest pixel by its centre',
  GELU: 'needs Erf',
  'max unpooling': 'is of the kind maxUnpool',
  'attention to row and column': 'is of the kind crissCross',
  'attention by places, taking': 'is of the kind pointAttention',
  'attention by places, giving': 'is of the kind pointAttention',
  'means over regions': 'is of the kind regionMeans',
  'distances from code words': 'is of the kind encoding',
  'a step over the grid': 'is of the kind gridGraph',
  'rows and columns': 'is of the kind positions',
  'attention by bases': 'is of the kind emAttention',
  'attention in groups': 'is of the kind groupAttention',
};

/** Logits at the picture's size by TensorFlow Lite's interpreter. */
function theirs(file: Uint8Array, pictures: Float32Array[]): Float32Array[] {
  const [model, from, to] = ['model.tflite', 'pictures', 'logits'].map((name) => path.join(folder, name));
  writeFileSync(model, file);
  writeFileSync(from, Buffer.concat(pictures.map(({ buffer }) => new Uint8Array(buffer))));
  const { status, stderr } = spawnSync(PYTHON!, [RUN, model, from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const all = new Float32Array(new Uint8Array(readFileSync(to)).buffer);
  const length = all.length / pictures.length;
  return pictures.map((_, i) => all.subarray(i * length, (i + 1) * length));
}

describe.skipIf(!PYTHON)(
  'TensorFlow Lite’s interpreter (where STILLROOM_ORACLE_PYTHON has it) computes the same',
  () => {
    test.each(KINDS.filter(([what]) => !Object.hasOwn(LEFT_OUT, what)))(
      '%s',
      (_, kind, attrs, inputs = () => ['input']) => {
        const graph = trial((b) => b.add('tried', kind, inputs(b), attrs));
        const weights = someWeights(graph);
        const pictures = somePictures(2, SIZE);
        const there = theirs(writeTflite(graph, weights, cardOf(graph), SIZE), pictures);
        expect(compare(ours(graph, weights, pictures, SIZE), there, graph.outputs).logits).toBeLessThan(1e-5);
      },
      60_000,
    );

    test.each(SOME_NETWORKS)(
      '%s at every pixel of 20 pictures',
      (id) => {
        const graph = buildNetwork({ id, options: SMALL[id] ?? {} }, 7);
        const size: [number, number] = [graph.stride, 2 * graph.stride].map((n) => Math.max(n, 32)) as [number, number];
        const weights = someWeights(graph);
        const pictures = somePictures(20, size);
        const there = theirs(writeTflite(graph, weights, cardOf(graph), size), pictures);
        const { logits, pixels } = compare(ours(graph, weights, pictures, size), there, graph.outputs);
        expect(pixels).toBe(0);
        expect(logits).toBeLessThan(1e-3);
        expect(Math.max(...there[0]) - Math.min(...there[0])).toBeGreaterThan(0.1);
      },
      300_000,
    );
  },
);

test('what has no form is named', () => {
  for (const [what, kind, attrs, inputs = () => ['input']] of KINDS.filter(([one]) => Object.hasOwn(LEFT_OUT, one))) {
    const graph = trial((b) => b.add('tried', kind, inputs(b), attrs));
    const write = () => writeTflite(graph, someWeights(graph), cardOf(graph), SIZE);
    expect(write).toThrow(`${LEFT_OUT[what]}, which TensorFlow Lite has no form for here.`);
    expect(write).toThrow('trial');
  }
});

test.each(['espnet', 'bisenetv2'])(
  'an exported %s is read again with the same logits, classes and preprocessing',
  async (id) => {
    const graph: Graph = buildNetwork({ id, options: SMALL[id] ?? {} }, 4);
    const size: [number, number] = [64, 128];
    const card = {
      ...cardOf(graph),
      classes: ['a', 'b', 'c', 'd'].map((name) => ({ name, color: [1, 2, 3] as [number, number, number] })),
    };
    const weights = someWeights(graph);
    const files = exportModel({ card, weights }, 'tflite', path.join(folder, `${id}.tflite`), size);
    expect(files.map((file) => path.extname(file))).toEqual(['.tflite', '.json', '.py']);
    const read = await readModel(files[0]);
    expect(read.card).toMatchObject({ classes: card.classes, preprocessing: card.preprocessing });
    const pictures = somePictures(2, size);
    const again = ours(buildNetwork(read.card.network, read.card.outputs), read.weights, pictures, size);
    const { logits, pixels } = compare(ours(graph, weights, pictures, size), again, graph.outputs);
    expect(pixels).toBe(0);
    expect(logits).toBeLessThan(1e-4);
    const example = readFileSync(files[2], 'utf8');
    expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(23);
    for (const part of ['WIDTH, HEIGHT = 128, 64', '[:, :, ::-1]', '[110, 108, 105]', `"${id}.tflite"`])
      expect(example).toContain(part);
  },
  120_000,
);
