import { beforeAll, describe, expect, test } from 'vitest';
import type { Problem } from '../../../../src-main/contract/problem.ts';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import type { GraphBuilder } from '../../../../src-main/networks/graph.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { decodeOnnx, encodeOnnx, type OnnxModel } from '../../../../src-main/weights/onnx/proto.ts';
import { readGraph } from '../../../../src-main/weights/onnx/read.ts';
import { writeOnnx } from '../../../../src-main/weights/onnx/write.ts';
import { everyPart } from '../../networks/some-networks.ts';
import { scratch } from '../make.ts';
import { KINDS, SIZE, trial } from './kinds.ts';
import { cardOf, compare, ours, somePictures, someWeights } from './run.ts';

beforeAll(() => startEngine('cpu'));

/** Attentions, whose weights are never all there at once. */
const BOUNDED = new Set([
  'attention',
  'groupAttention',
  'channelAttention',
  'regionMeans',
  'crissCross',
  'pointAttention',
]);

describe('a kind of node that was written as ONNX is read back from its operators', () => {
  test.each(KINDS)('%s', (_, kind, attrs, inputs = () => ['input']) => {
    const graph = trial((b) => b.add('tried', kind, inputs(b), attrs));
    const weights = someWeights(graph);
    const read = readGraph(decodeOnnx(writeOnnx(graph, weights, cardOf(graph), SIZE), 'it'), 'it');
    const again = buildNetwork({ id: 'onnx', options: {}, graph: read.graph }, read.outputs);
    const pictures = somePictures(2, SIZE);
    const { logits } = compare(
      ours(graph, weights, pictures, SIZE),
      ours(again, read.weights, pictures, SIZE),
      graph.outputs,
    );
    expect(logits).toBeLessThan(1e-5);
    // As plain operators these would need memory that grows with the square of the pixels
    if (BOUNDED.has(kind)) expect(read.graph.nodes.map((node) => node.kind)).toContain(kind);
  });
});

test('operators that look like a kind, with other constants, are not taken for it', () => {
  const wide = (b: GraphBuilder, name: string) => b.add(name, 'conv', ['input'], { filters: 8, kernel: 1 });
  const graph = trial((b) =>
    b.add(
      'tried',
      'crissCross',
      ['a', 'b', 'c'].map((name) => wide(b, name)),
    ),
  );
  const model = decodeOnnx(writeOnnx(graph, someWeights(graph), cardOf(graph), SIZE), 'it');
  const mask = model.graph.initializer.find(({ name }) => name?.endsWith('/itself'))!;
  mask.rawData = new Uint8Array(mask.rawData!.length);
  expect(() => readGraph(model, 'it')).toThrow(/looks like crissCross, but its constants are others/);
});

const PARTS = everyPart();

describe('a network that was written as ONNX is read back without its card', () => {
  test.each(PARTS.filter(({ id }) => id.endsWith('-r18')))('$id', ({ id, options }) => {
    const graph = buildNetwork({ id, options }, 5);
    const size: [number, number] = [64, 96];
    const weights = someWeights(graph);
    const read = readGraph(decodeOnnx(writeOnnx(graph, weights, cardOf(graph), size), 'it'), 'it');
    const again = buildNetwork({ id: 'onnx', options: {}, graph: read.graph }, read.outputs);
    const pictures = somePictures(1, size);
    const [mine, theirs] = [ours(graph, weights, pictures, size), ours(again, read.weights, pictures, size)];
    const largest = mine[0].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    expect(compare(mine, theirs, graph.outputs).logits / largest).toBeLessThan(1e-4);
  });
});

describe('written, read and written again a model gives the same bytes', () => {
  test.each(PARTS)('$id', async ({ id, options }) => {
    const graph = buildNetwork({ id, options }, 7);
    const size: [number, number] = [graph.stride, 2 * graph.stride].map((n) => Math.max(n, 32)) as [number, number];
    const bytes = writeOnnx(graph, someWeights(graph), cardOf(graph), size);
    const { card, weights, notes } = await readModel(scratch(`${id}.onnx`, bytes));
    expect([card, notes]).toEqual([cardOf(graph), []]);
    expect(Buffer.compare(writeOnnx(buildNetwork(card.network, card.outputs), weights, card, size), bytes)).toBe(0);
  });

  test('one that came from elsewhere too', async () => {
    const { model } = simple();
    model.metadataProps = [];
    const first = await readModel(scratch('other.onnx', encodeOnnx(model)));
    expect(first.card).toMatchObject({ name: 'other', network: { id: 'onnx' }, outputs: 5, licence: 'unknown' });
    expect(first.card.guessed).toEqual(['classes', 'preprocessing']);
    expect(first.notes.join()).toMatch(/assumed that its 5 outputs are classes without names.*RGB/);
    const bytes = writeOnnx(buildNetwork(first.card.network, 5), first.weights, first.card, [32, 48]);
    const second = await readModel(scratch('again.onnx', bytes));
    expect(second).toEqual({ ...first, notes: [] });
    expect(
      Buffer.compare(writeOnnx(buildNetwork(second.card.network, 5), second.weights, second.card, [32, 48]), bytes),
    ).toBe(0);
  });
});

/** A small file of ours, as its messages. */
function simple(): { model: OnnxModel } {
  const graph = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1 } }, 5);
  return { model: decodeOnnx(writeOnnx(graph, someWeights(graph), cardOf(graph), [32, 48]), 'it') };
}

describe('what has no place in our graphs is named with its node and operator', () => {
  const complaint = (spoil: (model: OnnxModel) => void) => {
    const { model } = simple();
    spoil(model);
    try {
      readGraph(model, 'it.onnx');
    } catch (error) {
      return (error as Problem).message;
    }
    return 'nothing';
  };
  const node = (model: OnnxModel, opType: string) => model.graph.node.find((one) => one.opType === opType)!;

  test.each<[string, (model: OnnxModel) => void, RegExp]>([
    [
      'an unknown operator',
      (model) => {
        node(model, 'Concat').opType = 'Einsum';
      },
      /no place for .+ \(Einsum\)\.$/,
    ],
    [
      'an operator of somebody else',
      (model) => {
        node(model, 'Concat').domain = 'com.them';
      },
      /\(Concat\)/,
    ],
    [
      'a way of resizing',
      (model) => {
        const mode = node(model, 'Resize').attribute.find(({ name }) => name === 'mode')!;
        mode.s = Buffer.from('cubic');
      },
      /of node logits \(Resize\), it resizes by cubic/,
    ],
    [
      'no opset',
      (model) => {
        model.opsetImport[0].version = 3;
      },
      /is of opset 3/,
    ],
    [
      'two inputs',
      (model) => {
        model.graph.input.push({ ...model.graph.input[0], name: 'b' });
      },
      /has 2 inputs/,
    ],
    [
      'pictures of one channel',
      (model) => {
        model.graph.input[0].type.tensorType.shape!.dim[1].dimValue = 1;
      },
      /of 1 channels/,
    ],
    [
      'a filter of another shape',
      (model) => {
        const filter = model.graph.initializer.find(({ name }) => name === 'level1.conv.weight')!;
        filter.dims = [3, 16, 3, 3];
      },
      /\(Conv\), its filter is for 16 channels, not 3/,
    ],
  ])('%s', (_, spoil, expected) => {
    expect(complaint(spoil)).toMatch(expected);
  });
});

test('a file of ours that was changed is read by its operators, with our card’s classes and preprocessing', async () => {
  const { model } = simple();
  model.graph.node.find(({ opType }) => opType === 'PRelu')!.name = 'renamed';
  const { card } = await readModel(scratch('changed.onnx', encodeOnnx(model)));
  expect(card.network.id).toBe('onnx');
  expect(card.network.graph?.nodes.some(({ name }) => name === 'renamed')).toBe(true);
  expect(card.preprocessing.channels).toBe('bgr');
});
