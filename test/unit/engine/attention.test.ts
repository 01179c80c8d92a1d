import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { attention, attentionGradients } from '../../../src-main/engine/ops/attention.ts';
import { type Tensor, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { kindOf } from '../../../src-main/networks/kinds.ts';
import type { Size2, Size3 } from '../../../src-main/networks/node-kind.ts';

afterEach(() => expect(tf.memory().numTensors).toBe(0));

function random(shape: [number, number, number, number], seed: number): Tensor4D {
  return tf.randomNormal(shape, 0, 1, 'float32', seed) as Tensor4D;
}

describe.each(['cpu', 'wasm'] as const)('%s', (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });

  test.each([
    { heads: 1, most: 5 * 24 },
    { heads: 2, most: 3 * 48 },
    { heads: 1, most: 1 },
    { heads: 2, scale: 1, most: 7 * 48 },
  ])('gives the same in blocks of queries as at once: %j', async ({ most, ...options }) => {
    const inputs = [random([2, 5, 7, 4], 1), random([2, 6, 4, 4], 2), random([2, 6, 4, 6], 3)];
    const dy = random([2, 5, 7, 6], 4);
    const run = (given: Parameters<typeof attention>[3]) => {
      const [query, key, value] = inputs;
      return [attention(query, key, value, given), ...attentionGradients(dy, inputs, given)];
    };
    const [whole, blocked] = [run(options), run({ ...options, most })];
    for (const [i, tensor] of whole.entries()) {
      const [expected, values] = await Promise.all([tensor, blocked[i]].map((one: Tensor) => one.data()));
      const largest = Math.max(...expected.map(Math.abs));
      expect(Math.max(...values.map((value, j) => Math.abs(value - expected[j]))) / largest).toBeLessThan(1e-6);
    }
    tf.dispose([...inputs, dy, ...whole, ...blocked]);
  });
});

/** Bytes that are alive at once beside those before, at most. */
function peakOf(run: () => Tensor[]): number {
  const engine = tf.engine() as unknown as { trackTensor?(...args: unknown[]): void };
  const original = engine.trackTensor!;
  const before = tf.memory().numBytes;
  let most = 0;
  engine.trackTensor = (...args) => {
    original.apply(engine, args);
    most = Math.max(most, tf.memory().numBytes);
  };
  tf.dispose(run());
  // The class has it still.
  delete engine.trackTensor;
  return most - before;
}

describe('holds no more at once than is told', () => {
  beforeAll(async () => {
    await startEngine('cpu');
  });

  // Each attention, with [height, width, channels] of its inputs and the shape of its parameter.
  const wide = [96, 96, 8] as const;
  test.each([
    { kind: 'attention', inputs: [wide, wide, wide] },
    { kind: 'attention', attrs: { heads: 2 }, inputs: [wide, wide, wide] },
    { kind: 'channelAttention', inputs: [[12, 16, 256] as const] },
    { kind: 'crissCross', inputs: [[48, 64, 4] as const, [48, 64, 4] as const, [48, 64, 8] as const] },
    ...[0, 1].map((distribute) => ({
      kind: 'pointAttention',
      attrs: { side: 33, distribute },
      inputs: [[48, 64, 8] as const, [48, 64, 8] as const],
      param: [1, 1, 8, 33 ** 2],
    })),
    { kind: 'regionMeans', attrs: { regions: 20 }, inputs: [[48, 64, 8] as const, [48, 64, 20] as const] },
  ] as { kind: string; attrs?: Record<string, number>; inputs: Size3[]; param?: number[] }[])(
    '$kind $attrs',
    ({ kind: id, attrs = {}, inputs: sizes, param }) => {
      const kind = kindOf(id);
      const inputs = sizes.map((size, i) => random([1, ...size], i));
      const params = param ? [tf.randomNormal(param)] : [];
      const channels = kind.channels(
        attrs,
        sizes.map((size) => size[2]),
      );
      const output: Size3 = [
        ...kind.size(
          attrs,
          sizes.map(([h, w]): Size2 => [h, w]),
        ),
        channels,
      ];
      const gradient = random([1, ...output], 9);
      const call = { attrs, inputs, params };
      const forward = peakOf(() => [kind.forward({ ...call, training: true }).output]);
      const inputShapes = inputs.map(({ shape }) => shape);
      const wanted = inputs.map(() => true);
      const backward = peakOf(() => {
        const answer = kind.backward({ ...call, gradient, output: null, inputShapes, saved: [], wanted });
        return [...answer.inputs.map((one) => one!), ...answer.params];
      });
      const told = kind.scratch!(attrs, sizes, output);
      const bytes = (tensors: Tensor[]) => 4 * tensors.reduce((sum, { size }) => sum + size, 0);
      for (const [measured, expected] of [
        [forward, 4 * told.forward + bytes([...inputs, gradient])],
        [backward, 4 * told.backward + bytes([...inputs, ...params])],
      ]) {
        // TensorFlow.js counts a tensor that is seen in another shape as another: the inputs are.
        expect(measured).toBeLessThan(1.2 * expected);
        expect(measured).toBeGreaterThan(0.6 * expected);
      }
      tf.dispose([...inputs, ...params, gradient]);
    },
  );

  test('and far less than all weights of an attention', () => {
    const inputs = [1, 2, 3].map((seed) => random([1, ...wide], seed));
    const [query, key, value] = inputs;
    const all = 4 * (wide[0] * wide[1]) ** 2;
    expect(peakOf(() => [attention(query, key, value, { heads: 1 })])).toBeLessThan(all / 5);
    expect(peakOf(() => attentionGradients(value, inputs, { heads: 1 }))).toBeLessThan(all / 5);
    tf.dispose(inputs);
  });
});
