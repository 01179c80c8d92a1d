/** Known weights against the frameworks that they come from (test/oracles/known_weights.py). */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

import { beforeAll, describe, expect, test } from 'vitest';
import { decodeImage } from '../../../src-main/datasets/codec.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { frozenModel } from '../../../src-main/training/model.ts';
import { normalise } from '../../../src-main/training/normalise.ts';
import { readKnownWeights } from '../../../src-main/weights/known-model.ts';
import { fetchedWeights, knownWeights } from '../../../src-main/weights/known-weights.ts';

const SHARED = path.resolve(import.meta.dirname, '../../../../shared/data');
const golden = JSON.parse(readFileSync(path.join(import.meta.dirname, 'golden/known-weights.json'), 'utf8')) as Golden;

interface Golden {
  /** Of each model and picture: the five likeliest classes with their logits. */
  top5: Record<string, Record<string, [number, number][]>>;
  /** Of each picture: deflated bytes in base 64, the class of each of 257 × 257 pixels. */
  voc: Record<string, string>;
}

/** A picture brought to a square as the oracle does. */
function sampled(name: string, size: number): Tensor4D {
  const file = path.join(SHARED, name);
  const { width, height, data } = decodeImage(readFileSync(file), file);
  const result = new Float32Array(size * size * 3);
  const place = (i: number, whole: number) => Math.floor(((2 * i + 1) * whole) / (2 * size));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const at = (place(y, height) * width + place(x, width)) * 3;
      result.set(data.subarray(at, at + 3), (y * size + x) * 3);
    }
  }
  return tf.tensor4d(result, [1, size, size, 3]);
}

/** Logits of a model on a picture, [height, width, outputs]. */
async function logitsOf(id: string, name: string, size: number): Promise<{ values: Float32Array; outputs: number }> {
  const { card, weights } = await readKnownWeights(id);
  const { executable } = frozenModel(card, weights);
  const picture = sampled(name, size);
  const input = normalise(picture, card.preprocessing);
  const { logits } = executable.forward(input);
  const values = logits.dataSync<'float32'>().slice();
  tf.dispose([picture, input, logits]);
  executable.dispose();
  return { values, outputs: card.outputs };
}

/** A classifier's logits: the mean of those of all places. */
function meanLogits({ values, outputs }: { values: Float32Array; outputs: number }): Float32Array {
  const mean = new Float32Array(outputs);
  for (const [i, value] of values.entries()) mean[i % outputs] += (value * outputs) / values.length;
  return mean;
}

const fetched = (id: string) => knownWeights().some((one) => one.id === id && one.ready);
const cases = Object.entries(golden.top5).flatMap(([id, pictures]) =>
  Object.keys(pictures).map((name) => ({ id, name })),
);

describe.skipIf(!existsSync(SHARED))('known weights (skipped where ../shared/data is missing)', () => {
  beforeAll(() => startEngine('cpu'));

  for (const { id, name } of cases) {
    test.skipIf(!fetched(id))(
      `${id} sees in ${name} what its own framework does (skipped before “npx stillroom fetch-weights ${id}”)`,
      async () => {
        const logits = meanLogits(await logitsOf(id, name, 224));
        const best = [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, 5);
        expect(best).toEqual(golden.top5[id][name].map(([index]) => index));
        // Decoders of JPEG differ by a level here and there
        const digits = name.endsWith('.png') ? 3 : 1;
        for (const [index, value] of golden.top5[id][name]) expect(logits[index]).toBeCloseTo(value, digits);
      },
      60_000,
    );
  }
});

test('what is asked for and not known is said', () => {
  expect(() => fetchedWeights('resnet9000')).toThrow('There are no known weights called “resnet9000”.');
});
