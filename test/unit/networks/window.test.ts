import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { countNetwork, GraphBuilder, nodeSizes, sizeOf } from '../../../src-main/networks/graph.ts';

beforeAll(async () => {
  await startEngine('wasm');
});

test.each<[string, string, Record<string, number>, [number, number, number], number]>([
  ['5×1', 'conv', { filters: 3, kernelHeight: 5, kernelWidth: 1, paddingHeight: 2 }, [7, 9, 3], 7 * 9 * 5 * 4 * 3],
  ['two groups', 'conv', { filters: 6, kernel: 3, padding: 1, groups: 2 }, [7, 9, 6], 7 * 9 * 9 * 2 * 6],
  [
    'stride and padding by side',
    'conv',
    { filters: 2, kernel: 3, strideWidth: 2, paddingTop: 1, paddingRight: 1 },
    [6, 4, 2],
    6 * 4 * 9 * 4 * 2,
  ],
  ['stride and dilation', 'conv', { filters: 2, kernel: 3, stride: 2, dilation: 2 }, [2, 3, 2], 2 * 3 * 9 * 4 * 2],
  ['transposed, stride as the kernel', 'convTranspose', { filters: 2, kernel: 2 }, [14, 18, 2], 7 * 9 * 4 * 4 * 2],
  [
    'transposed, output padding',
    'convTranspose',
    { filters: 2, kernel: 3, stride: 2, padding: 1, outputPadding: 1 },
    [14, 18, 2],
    7 * 9 * 9 * 4 * 2,
  ],
])('%s: the size that is counted is the size that comes out, and trains', (_, kind, attrs, size, macs) => {
  const before = tf.memory().numTensors;
  const b = new GraphBuilder(4);
  const output = b.add('out', kind, ['input'], { ...attrs, bias: 1 });
  const graph = b.build({ id: 'one', options: {}, output, stride: 1, logitsStride: 1, defaultTaps: [] });
  expect(nodeSizes(graph, [7, 9]).get(output)).toEqual(size);
  expect(countNetwork(graph, [7, 9]).macs).toBe(macs);
  const weights = new Map(graph.params.map(({ name, shape }) => [name, new Float32Array(sizeOf(shape)).fill(0.1)]));
  const executable = new Executable(graph, weights);
  const x = tf.ones([2, 7, 9, 4]) as Tensor4D;
  const { logits, saved } = executable.forward(x, { training: true, taps: [] });
  expect(logits.shape).toEqual([2, ...size]);
  const dy = tf.onesLike(logits);
  const gradients = executable.backward(saved!, new Map([[output, dy]]));
  for (const { name, shape } of graph.params) expect(gradients.get(name)!.shape).toEqual(shape);
  tf.dispose([x, dy, logits, ...gradients.values()]);
  executable.dispose();
  expect(tf.memory().numTensors).toBe(before);
});
