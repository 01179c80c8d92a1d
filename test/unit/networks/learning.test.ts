import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { crossEntropy } from '../../../src-main/engine/ops/cross-entropy.ts';
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork, networkInfos } from '../../../src-main/networks/registry.ts';

const STEPS = 30;
const CLASSES = 3;

beforeAll(async () => {
  await startEngine('cpu');
});
afterEach(() => expect(tf.memory().numTensors).toBe(0));

/** Every network of one piece, every head on one backbone and every backbone under one head, as small as they get. */
const SMALLEST = networkInfos()
  .filter(({ id }) => !/-(r|rx|hrnet|mobilenetv[23]|efficientnet|vgg16|pgt)/.test(id) || /^fcn-|-r18$/.test(id))
  .filter(({ id }) => !/efficientnet-(b[1-4]|lite[1-4])|r101|rx101|r34|hrnet-w(18|48)$/.test(id));

describe('thirty steps on two pictures lower the loss', () => {
  test.each(SMALLEST)('of $id', ({ id, options }) => {
    const shrinks = ['width', 'channels', 'inner', 'growth', 'p', 'q', 'fine', 'codes', 'bases'];
    const small = options.filter(({ name }) => shrinks.includes(name)).map(({ name, min }) => [name, min]);
    const graph = buildNetwork({ id, options: Object.fromEntries(small) }, CLASSES);
    const executable = new Executable(graph, initialWeights(graph, 1));
    const size = Math.max(32, graph.stride);
    const x = tf.randomUniform([2, size, size, 3], -1, 1, 'float32', 7) as Tensor4D;
    const side = size / graph.logitsStride;
    // What there is to learn: which of three bands a pixel lies in.
    const labels = tf.tidy(() => {
      const rows = tf.range(0, side).mul(CLASSES / side);
      return rows.floor().reshape([1, side, 1]).tile([2, 1, side]).flatten().cast('int32') as Tensor1D;
    });
    const losses: number[] = [];
    let moments: Tensor[] = [];
    for (let step = 0; step < STEPS; step++) {
      const { logits, saved } = executable.forward(x, { training: true });
      const flat = logits.reshape([-1, CLASSES]) as Tensor2D;
      const { value, gradient } = crossEntropy.form(flat, labels, null);
      losses.push(value.dataSync()[0]);
      const arriving = gradient.reshape(logits.shape) as Tensor4D;
      const gradients = executable.inOrder(executable.backward(saved!, new Map([[graph.output, arriving]])));
      tf.dispose([logits, flat, value, gradient, arriving]);
      // Steps by the gradient's sign with momentum need no learning rate of the network's own.
      const next = gradients.map((one, i) =>
        tf.tidy(() => tf.keep(moments[i] ? moments[i].mul(0.8).add(one) : one.clone())),
      );
      executable.changeParameters((parameters) => {
        const moved = parameters.map((one, i) => tf.tidy(() => one.sub(next[i].sign().mul(1e-3))));
        tf.dispose(parameters);
        return moved;
      });
      tf.dispose([...gradients, ...moments]);
      moments = next;
    }
    tf.dispose([x, labels, ...moments]);
    executable.dispose();
    const mean = (from: number) => losses.slice(from, from + 5).reduce((sum, one) => sum + one, 0) / 5;
    expect(mean(STEPS - 5)).toBeLessThan(0.995 * mean(0));
  });
});
