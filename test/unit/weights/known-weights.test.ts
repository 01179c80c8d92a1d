/** Known weights against the frameworks that they come from (test/oracles/known_weights.py). */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inflateSync } from 'node:zlib';

import { loadLayersModel } from '@tensorflow/tfjs-layers';
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

/** The likeliest class of each pixel, at the picture's size. */
function classesOf({ values, outputs }: { values: Float32Array; outputs: number }): Uint8Array {
  return Uint8Array.from({ length: values.length / outputs }, (_, i) => {
    const pixel = values.subarray(i * outputs, (i + 1) * outputs);
    return pixel.indexOf(Math.max(...pixel));
  });
}

/** What the layers model of ResNet-50 gives in TensorFlow.js: probabilities. */
async function byTfjs(name: string): Promise<Float32Array> {
  const { files } = fetchedWeights('resnet50');
  const { modelTopology, weightsManifest } = JSON.parse(readFileSync(files[0], 'utf8'));
  const weightData = new Uint8Array(Buffer.concat(files.slice(1).map((file) => readFileSync(file)))).buffer;
  const load = async () => ({ modelTopology, weightSpecs: weightsManifest[0].weights, weightData });
  const model = await loadLayersModel({ load });
  const picture = sampled(name, 224);
  const mean = tf.tensor1d([103.939, 116.779, 123.68]);
  return (model.predict(tf.reverse(picture, 3).sub(mean)) as Tensor4D).dataSync<'float32'>();
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

  for (const name of Object.keys(golden.voc)) {
    test.skipIf(!fetched('resnet50'))(
      `resnet50 sees in ${name} what TensorFlow.js does (skipped before “npx stillroom fetch-weights resnet50”)`,
      async () => {
        const logits = meanLogits(await logitsOf('resnet50', name, 224));
        const theirs = await byTfjs(name);
        const best = (values: Float32Array) => [...values.keys()].sort((a, b) => values[b] - values[a]).slice(0, 5);
        expect(best(logits)).toEqual(best(theirs));
        // Its end is a softmax
        const sum = logits.reduce((all, value) => all + Math.exp(value), 0);
        for (const index of best(theirs)) expect(Math.exp(logits[index]) / sum).toBeCloseTo(theirs[index], 3);
      },
      120_000,
    );
  }

  for (const [name, text] of Object.entries(golden.voc)) {
    test.skipIf(!fetched('deeplabv3-voc'))(
      `the VOC teacher sees in ${name} what TensorFlow Lite does (skipped before “npx stillroom fetch-weights deeplabv3-voc”)`,
      async () => {
        const theirs = inflateSync(Buffer.from(text, 'base64'));
        const ours = classesOf(await logitsOf('deeplabv3-voc', name, 257));
        expect(ours.length).toBe(theirs.length);
        const alike = ours.filter((value, i) => value === theirs[i]).length / theirs.length;
        expect(alike).toBeGreaterThanOrEqual(0.99);
      },
      60_000,
    );
  }
});

test('what is asked for and not known is said', () => {
  expect(() => fetchedWeights('resnet9000')).toThrow('There are no known weights called “resnet9000”.');
});
