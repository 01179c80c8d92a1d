import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { term } from '../../src-main/contract/recipe.ts';
import { auxiliaryTerms } from '../../src-main/distillation/auxiliary.ts';
import { bindTerm, lossAndGradients } from '../../src-main/distillation/total.ts';
import { startEngine } from '../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../src-main/engine/tf.ts';
import type { Auxiliary } from '../../src-main/networks/auxiliary.ts';
import { noise } from './noise.ts';

interface Golden {
  classes: number;
  size: [number, number];
  /** Of the cross-entropy in the recipe. */
  weight: number;
  classWeights: number[] | null;
  /** The logits, then the auxiliary outputs; gradients of the total as norm and product with noise. */
  outputs: { name: string; size: [number, number]; weight: number; value: number; gradient: [number, number] }[];
  total: number;
}

const golden: Golden[] = JSON.parse(readFileSync(new URL('./golden/auxiliary.json', import.meta.url), 'utf8'));

afterEach(() => expect(tf.memory().numTensors).toBe(0));

describe.each(['cpu', 'wasm'] as const)('%s', (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });

  test.each(golden)('auxiliary outputs learn as in PyTorch, class weights $classWeights', (one) => {
    const { classes, size, weight, classWeights, outputs, total } = one;
    const main = bindTerm(term.parse({ method: 'ce', weight, params: { classWeights } }), { student: [], teacher: [] });
    const auxiliaries = outputs.slice(1).map(({ name, weight }): Auxiliary => {
      return { name, node: name, weight, ...(name === 'classes' && { loss: 'presence' }) };
    });
    const made = outputs.map(({ size: [h, w] }, i) => {
      const values = noise(2 * h * w * classes, i).map((value) => value * 3);
      return tf.tensor4d(values, [2, h, w, classes]) as Tensor4D;
    });
    const draws = [...noise(2 * size[0] * size[1], 3)].map((value) => Math.floor(((value + 1) / 2) * (classes + 1)));
    const labels = tf.tensor3d(
      // The last class is in no picture.
      draws.map((label) => (label === classes ? 255 : label % (classes - 1))),
      [2, ...size],
      'int32',
    );
    const [logits, ...taps] = made;
    const student = { logits, taps: new Map(auxiliaries.map(({ node }, i) => [node, taps[i]])) };
    const found = lossAndGradients([main, ...auxiliaryTerms([main], auxiliaries)], student, undefined, labels);

    expect(found.total / total).toBeCloseTo(1, 5);
    expect(found.terms.map(({ id }) => id)).toEqual(['ce', ...auxiliaries.map(({ name }) => name)]);
    const gradients = [found.gradients.logits, ...found.gradients.taps.values()];
    for (const [i, { value, weight: own, gradient }] of outputs.entries()) {
      expect(found.terms[i].value / value).toBeCloseTo(1, 5);
      expect(found.terms[i].weighted / (weight * own * value)).toBeCloseTo(1, 5);
      const ours = gradients[i].dataSync<'float32'>();
      const probe = noise(ours.length, 9);
      const norm = Math.sqrt(ours.reduce((sum, g) => sum + g * g, 0));
      const product = ours.reduce((sum, g, k) => sum + g * probe[k], 0);
      expect(Math.abs(norm - gradient[0]) / gradient[0]).toBeLessThan(1e-4);
      expect(Math.abs(product - gradient[1]) / gradient[0]).toBeLessThan(1e-4);
    }
    tf.dispose([...made, labels, ...gradients]);
  });
});

test('without a cross-entropy in the recipe there is nothing that they could learn by', () => {
  const kd = bindTerm(term.parse({ method: 'kd', weight: 1 }), { student: [], teacher: [] });
  expect(auxiliaryTerms([kd], [{ name: 'auxiliary', node: 'auxiliary', weight: 0.4 }])).toEqual([]);
});
