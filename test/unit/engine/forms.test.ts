import fs from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasEngine } from '../../../src-main/engine/acquire.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { CPU } from '../../../src-main/engine/native-engines.ts';
import { Op, recordForms, tryForms, wave } from '../../../src-main/engine/ops/forms.ts';
import { normAct } from '../../../src-main/engine/ops/norm-act.ts';
import { ops } from '../../../src-main/engine/ops/registry.ts';
import { type Tensor, tf } from '../../../src-main/engine/tf.ts';

const OPS = path.resolve(import.meta.dirname, '../../../src-main/engine/ops');

test('every op with forms is tried at the start', async () => {
  const files = fs.readdirSync(OPS).filter((file) => file.endsWith('.ts'));
  const modules = await Promise.all(files.map((file) => import(path.join(OPS, file))));
  const defined = modules.flatMap((module) => Object.values(module)).filter((value) => value instanceof Op);
  expect(new Set(ops)).toEqual(new Set(defined));
  expect(new Set(ops.map(({ name }) => name)).size).toBe(ops.length);
});

describe.skipIf(!hasEngine(CPU))('on the CPU engine', () => {
  let tensors = 0;
  beforeEach(async () => {
    await startEngine('cpu');
    tensors = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

  const double = (tensorflow: (x: Tensor) => Tensor) =>
    new Op('double', { plain: (x: Tensor) => x.mul(2), tensorflow }, (form) => [form(wave([2, 3]))]);
  const result = (op: Op<(x: Tensor) => Tensor>) =>
    recordForms(() =>
      tf.tidy(() => {
        const y = op.form(tf.scalar(3));
        return y.dataSync()[0];
      }),
    );

  test('a fast form that gives the plain numbers is taken', async () => {
    const op = double((x) => x.add(x));
    expect(await tryForms([op])).toBeUndefined();
    expect(result(op)).toEqual({ value: 6, forms: new Map([['double', 'tensorflow']]) });
  });

  test.each<[string, (x: Tensor) => Tensor]>([
    ['is a little off', (x) => x.mul(2.001)],
    ['gives NaN', (x) => x.mul(Number.NaN)],
    ['gives another shape', (x) => x.mul(2).reshape([-1])],
    [
      'throws',
      () => {
        throw new Error('not on this machine');
      },
    ],
  ])('a fast form that %s is switched off and named, and the plain one stands in', async (_, form) => {
    const op = double(form);
    const note = await tryForms([op, ...ops]);
    expect(note).toBe(
      "Slower forms stand in for what fails or computes wrong numbers on this machine: double (TensorFlow's kernel).",
    );
    expect(result(op)).toEqual({ value: 6, forms: new Map([['double', 'plain']]) });
  });

  test('the trial of batch norm with activation goes beyond both ends of ReLU6', () => {
    const seen: number[] = [];
    const { plain } = Reflect.get(normAct, 'forms') as { plain: typeof normAct.form };
    const trial = Reflect.get(normAct, 'trial') as (form: typeof normAct.form) => Tensor[];
    const answer = tf.tidy(() =>
      trial({
        forward: (input) => {
          const acted = plain.forward(input);
          if (input.act === 'relu6') seen.push(...acted.y.dataSync());
          return acted;
        },
        gradient: plain.gradient,
      }),
    );
    tf.dispose(answer);
    expect([Math.min(...seen), Math.max(...seen)]).toEqual([0, 6]);
  });

  test('a form that nobody has tried is not taken', () => {
    expect(result(double((x) => x.add(x))).forms).toEqual(new Map([['double', 'plain']]));
  });
});
