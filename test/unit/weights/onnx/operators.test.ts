/** Each operator that the reader knows, in the words of several opsets, against ONNX Runtime (test/oracles/onnx_operators.py). */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { tf } from '../../../../src-main/engine/tf.ts';
import { Executable } from '../../../../src-main/networks/execute.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { decodeOnnx } from '../../../../src-main/weights/onnx/proto.ts';
import { knownOperators, readGraph } from '../../../../src-main/weights/onnx/read.ts';
import { swap } from './run.ts';

interface Case {
  kind: 'computed' | 'known';
  operator: string;
  what: string;
  opset: number;
  /** The file, in hexadecimal digits. */
  model: string;
  /** Of its output, NCHW. */
  shape: [number, number, number, number];
  /** Some of the output's values, evenly apart: float32. */
  y: string;
}

const golden: { size: [number, number]; x: number[]; cases: Case[] } = JSON.parse(
  gunzipSync(readFileSync(new URL('./golden/operators.json.gz', import.meta.url))).toString(),
);

beforeAll(() => startEngine('cpu'));

/** What our graph of a file makes of the picture, NCHW. */
function ours(model: string): { shape: number[]; values: Float32Array } {
  const [height, width] = golden.size;
  const { graph, weights, outputs } = readGraph(decodeOnnx(Buffer.from(model, 'hex'), 'it'), 'it');
  // What a graph of uneven strides ends in, so that its logits are as large as its picture, is not the file's
  const last = graph.nodes.find(({ name }) => name === graph.output)!;
  const end = last.name === 'whole' ? last.inputs[0] : last.name;
  const executable = new Executable(buildNetwork({ id: 'onnx', options: {}, graph }, outputs), weights);
  const picture = tf.tensor4d(swap(Float32Array.from(golden.x), 3, height * width), [1, height, width, 3]);
  const { logits, taps } = executable.forward(picture, { training: false, taps: [end] });
  const answer = taps.get(end)!;
  const [, h, w, channels] = answer.shape;
  const values = swap(answer.dataSync<'float32'>(), h * w, channels);
  tf.dispose([picture, logits, answer]);
  executable.dispose();
  return { shape: [1, channels, h, w], values };
}

describe('an operator computes what ONNX Runtime computes', () => {
  const named = golden.cases.map(
    (one) => [`${one.operator}, ${one.kind}, ${one.what}, opset ${one.opset}`, one] as const,
  );
  test.each(named)('%s', (_, { model, shape, y }) => {
    const answer = ours(model);
    expect(answer.shape).toEqual(shape);
    const expected = new Float32Array(new Uint8Array(Buffer.from(y, 'base64')).buffer);
    const kept = expected.map((_value, i) => answer.values[Math.floor((i * answer.values.length) / expected.length)]);
    const apart = kept.map((value, i) => Math.abs(value - expected[i]));
    expect(Math.max(...apart)).toBeLessThan(1e-4);
  });
});

test('each operator that the reader knows has a case, computed and known', () => {
  const { computed, known } = knownOperators();
  const tried = (kind: Case['kind']) =>
    new Set(golden.cases.filter((one) => one.kind === kind).map((one) => one.operator));
  expect(computed.filter((operator) => !tried('computed').has(operator))).toEqual([]);
  expect(known.filter((operator) => !tried('known').has(operator))).toEqual([]);
});
