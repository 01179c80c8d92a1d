/** The teacher's network as a recipe asks it. */
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { averagePool } from '../../../src-main/engine/ops/spatial.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { countNetwork, GraphBuilder, nodeSizes } from '../../../src-main/networks/graph.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { graphMemory } from '../../../src-main/networks/memory.ts';
import { poolLogits } from '../../../src-main/networks/pool-logits.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { teacherGraph } from '../../../src-main/training/teacher-graph.ts';

const small = { p: 1, q: 1, width: 0.5 };
const espnet = buildNetwork({ id: 'espnet', options: small }, 6);
const student = buildNetwork({ id: 'espnet-c', options: small }, 5);

let before = 0;
beforeAll(async () => {
  await startEngine('cpu');
  before = tf.memory().numTensors;
});
afterEach(() => expect(tf.memory().numTensors).toBe(before));
afterAll(() => tf.disposeVariables());

test('pooling before the last transposed convolution gives what pooling after it gives', () => {
  const pooled = poolLogits(espnet, 8);
  expect(pooled.logitsStride).toBe(8);
  expect(pooled.params).toEqual(espnet.params);
  const weights = initialWeights(espnet, 3);
  const x = tf.randomUniform([2, 32, 40, 3], -1, 1, 'float32', 5) as Tensor4D;
  const [whole, less] = [espnet, pooled].map((graph) => {
    const executable = new Executable(graph, weights);
    const { logits } = executable.forward(x);
    executable.dispose();
    return logits;
  });
  const wanted = averagePool(whole, 8);
  expect(less.shape).toEqual([2, ...nodeSizes(pooled, [32, 40]).get('logits')!]);
  expect(tf.tidy(() => wanted.sub(less).abs().max().div(wanted.abs().max()).dataSync()[0])).toBeLessThan(1e-5);
  tf.dispose([x, whole, less, wanted]);

  expect(countNetwork(pooled, [32, 40]).macs).toBeLessThan(countNetwork(espnet, [32, 40]).macs);
  const kept = (graph: typeof espnet) => graphMemory(graph, [1, 32, 40], { training: false }).kept;
  expect(kept(pooled)).toBe(kept(espnet) / 64);
});

test('a network is left as it is where pooling spares nothing', () => {
  expect(poolLogits(espnet, 1)).toBe(espnet);
  // A window that may lie over the border.
  expect(poolLogits(espnet, 16)).toBe(espnet);
  expect(poolLogits(student, 16)).toBe(student);
  const withLast = (attrs: object) => {
    const b = new GraphBuilder(3);
    const output = b.add('logits', 'convTranspose', ['input'], { filters: 2, kernel: 2, ...attrs }, 'logits');
    return b.build({ id: 'one', options: {}, output, stride: 8, logitsStride: 1, defaultTaps: [] });
  };
  expect(poolLogits(withLast({}), 4).nodes).toHaveLength(3);
  for (const attrs of [{ stride: 1 }, { padding: 1 }, { dilation: 2 }, { kernel: 3 }, { kernelWidth: 4 }]) {
    const graph = withLast(attrs);
    expect(poolLogits(graph, 4)).toBe(graph);
  }
});

test('a teacher gives pooled logits where no term reads others', () => {
  const term = (method: string, weight = 1, teacher?: string[]) => ({
    ...{ method, weight, params: {}, schedule: null },
    taps: teacher ? { student: teacher, teacher } : null,
  });
  const graph = (...methods: ReturnType<typeof term>[]) => teacherGraph({ methods }, espnet, student);
  expect(graph(term('ce'), term('dsd.psd'), term('dsd.csd')).logitsStride).toBe(8);
  expect(graph(term('dsd.csd'), term('kd', 0)).logitsStride).toBe(8);
  expect(graph(term('dsd.csd'), term('kd'))).toBe(espnet);
  expect(graph(term('dsd.psd', 1, ['level1', 'logits']))).toBe(espnet);
});
