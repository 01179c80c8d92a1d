import { afterEach, beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { countNetwork, type Graph, GraphBuilder } from '../../../src-main/networks/graph.ts';
import { decodeOnnx } from '../../../src-main/weights/onnx/proto.ts';
import { writeOnnx } from '../../../src-main/weights/onnx/write.ts';
import { cardOf, compare, ours, somePictures, someWeights, theirs } from '../weights/onnx/run.ts';

const SIZE: [number, number] = [6, 8];

beforeAll(async () => {
  await startEngine('cpu');
});
afterEach(() => expect(tf.memory().numTensors).toBe(0));

/** A convolution, its own batch norm, and both once more, the convolution with the same weights or with its own. */
function twice(repeated: boolean): Graph {
  const b = new GraphBuilder(3);
  const attrs = { filters: 3, kernel: 3, padding: 1 };
  b.add('first', 'conv', ['input'], attrs);
  b.add('between', 'relu', [b.add('norm1', 'batchNorm', ['first'], { epsilon: 1e-5 })]);
  if (repeated) b.repeat('second', 'first', ['between']);
  else b.add('second', 'conv', ['between'], attrs);
  const output = b.add('norm2', 'batchNorm', ['second'], { epsilon: 1e-5 });
  return b.build({ id: 'trial', options: {}, output, stride: 1, logitsStride: 1, defaultTaps: [] });
}

const graph = twice(true);
const weights = someWeights(graph);

test('a node that repeats another has its weights, which are there once', () => {
  expect(graph.params.filter(({ name }) => name.startsWith('first') || name.startsWith('second'))).toHaveLength(1);
  const [once, apart] = [graph, twice(false)].map((one) => countNetwork(one, SIZE));
  expect(apart.parameters - once.parameters).toBe(81);
  expect(apart.macs).toBe(once.macs);
});

test('its gradient is the sum of what both would have', () => {
  const apart = twice(false);
  const same = new Map(weights).set('second.filter', weights.get('first.filter')!);
  const gradients = [
    { graph, weights },
    { graph: apart, weights: same },
  ].map(({ graph, weights }) => {
    const executable = new Executable(graph, weights);
    const x = tf.randomNormal([2, ...SIZE, 3], 0, 1, 'float32', 7) as Tensor4D;
    const { logits, saved } = executable.forward(x, { training: true });
    const dy = tf.randomNormal(logits.shape, 0, 1, 'float32', 8) as Tensor4D;
    const found = executable.backward(saved!, new Map([[graph.output, dy]]));
    const values = new Map([...found].map(([name, one]) => [name, [...one.dataSync<'float32'>()]]));
    tf.dispose([x, logits, dy, ...found.values()]);
    executable.dispose();
    return values;
  });
  const [once, both] = gradients;
  const sum = both.get('first.filter')!.map((value, i) => value + both.get('second.filter')![i]);
  const shared = once.get('first.filter')!;
  for (const [i, value] of sum.entries()) expect(shared[i]).toBeCloseTo(value, 3);
  expect(once.size).toBe(both.size - 1);
});

test('no norm goes into its weights when the network is folded', () => {
  const executable = new Executable(graph, weights);
  const folded = executable.fold();
  const x = tf.randomNormal([1, ...SIZE, 3], 0, 1, 'float32', 7) as Tensor4D;
  const [plain, frozen] = [executable, folded].map((one) => one.forward(x).logits);
  expect(tf.tidy(() => plain.sub(frozen).abs().max().dataSync()[0])).toBeLessThan(1e-5);
  tf.dispose([x, plain, frozen]);
  executable.dispose();
  folded.dispose();
});

test('in an ONNX file its weights are one initializer', async () => {
  const file = writeOnnx(graph, weights, cardOf(graph), SIZE);
  const names = decodeOnnx(file, 'it').graph.initializer.map(({ name }) => name);
  expect(names.filter((name) => /^(first|second)/.test(name!))).toEqual(['first.weight']);
  const pictures = somePictures(2, SIZE);
  const { logits } = compare(ours(graph, weights, pictures, SIZE), await theirs(file, pictures, SIZE), graph.outputs);
  expect(logits).toBeLessThan(1e-5);
});

test('a node with running statistics cannot be repeated', () => {
  const b = new GraphBuilder(3);
  b.add('norm', 'batchNorm', ['input'], { epsilon: 1e-5 });
  expect(() => b.repeat('again', 'norm', ['norm'])).toThrow('running statistics');
});
