import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { fuseNodes } from '../../../src-main/networks/fuse.ts';
import { GraphBuilder } from '../../../src-main/networks/graph.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';

beforeAll(async () => {
  await startEngine('wasm');
});

/** A residual block with a shortcut that has a batch norm of its own, and a branch that ends in one. */
function block() {
  const b = new GraphBuilder(3);
  const conv = (name: string, input: string) => b.add(name, 'conv', [input], { filters: 4, kernel: 1 });
  const norm = (name: string, input: string) => b.add(name, 'batchNorm', [input], { epsilon: 1e-3 });
  const main = norm('main.norm', conv('main', 'input'));
  const shortcut = norm('shortcut.norm', conv('shortcut', 'input'));
  const sum = b.add('sum', 'add', [main, shortcut]);
  const joined = b.add('joined', 'relu', [sum]);
  const active = b.add('active', 'prelu', [norm('active.norm', conv('next', joined))]);
  const output = norm('logits', conv('last', active));
  return b.build({ id: 'block', options: {}, output, stride: 1, logitsStride: 1, defaultTaps: ['joined'] });
}

test('batch norms take in the sums and activations that only they lead to', () => {
  const graph = block();
  const kinds = fuseNodes(graph).map(({ name, kind, inputs }) => `${name}: ${kind}(${inputs})`);
  expect(kinds).toEqual([
    'input: input()',
    'main: conv(input)',
    'main.norm: normAct(main)',
    'shortcut: conv(input)',
    'joined: normAddAct(shortcut,main.norm)',
    'next: conv(joined)',
    'active: normAct(next)',
    'last: conv(active)',
    'logits: normAct(last)',
  ]);
  const names = fuseNodes(graph, ['active.norm', 'sum']).map((node) => node.name);
  expect(names).toContain('active.norm');
  expect(names).toContain('sum');
});

test('fused or apart, outputs, gradients and running statistics are the same', () => {
  const graph = block();
  const inner = graph.nodes.map((node) => node.name).filter((name) => name !== 'input');
  const run = (taps: string[]) => {
    const executable = new Executable(graph, initialWeights(graph, 1));
    const x = tf.tidy(() => tf.sin(tf.range(0, 2 * 4 * 5 * 3)).reshape<Tensor4D>([2, 4, 5, 3]));
    const { logits, taps: tapped, saved } = executable.forward(x, { training: true, taps });
    const dy = tf.tidy(() => tf.cos(logits.mul(3)) as Tensor4D);
    const gradients = executable.inOrder(executable.backward(saved!, new Map([['logits', dy]])));
    const values = [logits, ...gradients].map((tensor) => [...tensor.dataSync()]);
    const all = [...values, ...[...executable.weights().values()].map((array) => [...array])];
    tf.dispose([x, logits, ...tapped.values(), dy, ...gradients]);
    executable.dispose();
    return all;
  };
  const before = tf.memory().numTensors;
  const [fused, apart] = [run([]), run(inner)];
  expect(tf.memory().numTensors).toBe(before);
  fused.forEach((values, i) => {
    values.forEach((value, j) => {
      expect(value).toBeCloseTo(apart[i][j], 5);
    });
  });
});
