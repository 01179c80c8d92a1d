import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type EngineWish, startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { checkOp, faults, opCases } from './check.ts';
import { runs } from './registry.ts';

/** Every op on one engine against PyTorch and against finite differences. */
export function describeOps(engine: EngineWish): void {
  let tensors = 0;

  beforeAll(async () => {
    await startEngine(engine);
  });
  beforeEach(() => {
    tensors = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

  test('every op has cases', () => {
    expect(new Set(opCases.map(({ op }) => op))).toEqual(new Set(Object.keys(runs)));
  });

  describe.each(Object.keys(runs))(`%s on ${engine}`, (op) => {
    test.each(opCases.filter((one) => one.op === op))('$name', async (one) => {
      expect(faults(await checkOp(one))).toEqual([]);
    });
  });
}
