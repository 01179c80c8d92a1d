/** SavedModels and frozen graphs against what TensorFlow computes by them (test/oracles/saved_models.py). */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { ours } from '../onnx/run.ts';

const GOLDEN = path.join(import.meta.dirname, 'saved-models');
beforeAll(() => startEngine('cpu'), 60_000);

interface Expected {
  size: [number, number];
  outputs: number;
  picture: string;
  /** Logits by the folder. */
  keras: string;
  module: string;
  first: string;
}

const expected = JSON.parse(readFileSync(path.join(GOLDEN, 'expected.json'), 'utf8')) as Expected;
const floats = (text: string) => new Float32Array(new Uint8Array(Buffer.from(text, 'base64')).buffer);

function difference(a: Float32Array, b: Float32Array): number {
  expect(a.length).toBe(b.length);
  const largest = b.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / largest;
}

describe('TensorFlow’s logits are given by', () => {
  test.each([
    ['the folder that Keras exports', 'keras', 'keras'],
    ['its saved_model.pb', 'keras/saved_model.pb', 'keras'],
    ['a module of nested functions', 'module', 'module'],
    ['a graph of TensorFlow 1 with variables', 'first', 'first'],
    ['the same with its variables made constants', 'frozen', 'first'],
    ['the graph of that alone', 'frozen.pb', 'first'],
  ] as const)('%s', async (_, name, kind) => {
    const { card, weights } = await readModel(path.join(GOLDEN, name));
    expect(card.outputs).toBe(expected.outputs);
    expect(card.name).toBe(name.split(/[./]/)[0]);
    const graph = buildNetwork(card.network, card.outputs);
    const [logits] = ours(graph, weights, [floats(expected.picture)], expected.size);
    expect(difference(logits, floats(expected[kind]))).toBeLessThan(1e-5);
  });
});
