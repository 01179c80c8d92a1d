import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../src-main/engine/choose.ts';
import { tf } from '../../src-main/engine/tf.ts';
import { checkOp, faults, opCases } from './ops/check.ts';
import type { OpAnswer, OpRun } from './ops/op-case.ts';
import { runs } from './ops/registry.ts';

const one = opCases.find(({ op }) => op === 'resizeBilinear')!;

/** The resize with something done to its answer. */
function broken(change: (answer: OpAnswer) => OpAnswer): OpRun {
  return { run: (inputs, attrs, dy) => tf.tidy(() => change(runs.resizeBilinear.run(inputs, attrs, dy)) as never) };
}

beforeAll(async () => {
  await startEngine('wasm');
});

test.each<[string, string[], (answer: OpAnswer) => OpAnswer]>([
  ['a wrong output', ['forward'], ({ outputs: [y], gradients }) => ({ outputs: [y.add(tf.scalar(1e-4))], gradients })],
  [
    'a gradient of the wrong size',
    ['gradient', 'finite'],
    ({ outputs, gradients: [g] }) => ({ outputs, gradients: [g.mul(1.01)] }),
  ],
  [
    'a gradient in the wrong place',
    ['gradient', 'finite'],
    ({ outputs, gradients: [g] }) => ({ outputs, gradients: [g.reverse(1)] }),
  ],
  [
    'NaN',
    ['forward', 'gradient', 'finite'],
    ({ outputs: [y], gradients: [g] }) => ({ outputs: [y.mul(Number.NaN)], gradients: [g.mul(Number.NaN)] }),
  ],
])('%s is a fault', async (_, expected, change) => {
  const found = faults(await checkOp(one, broken(change)));
  expect(found.map((fault) => fault.split(' ')[0])).toEqual(expected);
});

test('another shape than the golden one is refused', async () => {
  const flat = broken(({ outputs: [y], gradients }) => ({ outputs: [y.reshape([-1])], gradients }));
  await expect(checkOp(one, flat)).rejects.toThrow('The shape is 224 and not 2×7×8×2.');
});
