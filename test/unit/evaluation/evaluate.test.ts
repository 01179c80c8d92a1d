import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { JobData } from '../../../src-main/contract/job.ts';
import type { ModelCard } from '../../../src-main/contract/model.ts';
import { CAMVID_CLASSES } from '../../../src-main/datasets/classes/camvid.ts';
import { CITYSCAPES_CLASSES } from '../../../src-main/datasets/classes/cityscapes.ts';
import { classMapping } from '../../../src-main/datasets/classes/mapping.ts';
import { decodeImage, decodeLabels, encodeImage } from '../../../src-main/datasets/codec.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { denseCrf } from '../../../src-main/evaluation/crf/dense-crf.ts';
import { disagreement } from '../../../src-main/evaluation/disagreement.ts';
import { evaluateModel, evaluateWithCrf, predictClasses } from '../../../src-main/evaluation/evaluate.ts';
import { predictFile } from '../../../src-main/evaluation/predict.ts';
import { prelabel } from '../../../src-main/evaluation/prelabel.ts';
import { uncertainty } from '../../../src-main/evaluation/uncertainty.ts';
import { probabilitiesOf, wholeImage } from '../../../src-main/evaluation/whole-image.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { frozenModel, type OpenModel } from '../../../src-main/training/model.ts';
import { pictureTensor } from '../../../src-main/training/normalise.ts';
import { tinyCard, tinyData } from '../training/tiny.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-evaluate-'));
let data: JobData;
let model: OpenModel;

const card = (outputs: number): ModelCard =>
  tinyCard(data, { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } }, outputs);

function modelWith(outputs: number): OpenModel {
  const c = card(outputs);
  return frozenModel(c, initialWeights(buildNetwork(c.network, outputs), 4));
}

beforeAll(async () => {
  await startEngine('wasm');
  data = tinyData(path.join(root, 'data'), 4);
  model = modelWith(5);
});
afterAll(() => {
  model.executable.dispose();
  rmSync(root, { recursive: true, force: true });
});

/** Truth and prediction of every item, read again by other means. */
function pixels() {
  return data.items.map((item) => {
    const [image, labels] = [item.image, item.labels!].map((name) => path.join(data.root, name));
    const { predicted } = predictClasses(model, decodeImage(readFileSync(image), image));
    const truth = [...decodeLabels(readFileSync(labels), labels).data].map((value) => (value < 3 ? value : 255));
    return truth.map((t, i) => ({ t, p: predicted[i] })).filter(({ t }) => t !== 255);
  });
}

function iou(all: { t: number; p: number }[], c: number): number | null {
  const union = all.filter(({ t, p }) => t === c || p === c).length;
  return union === 0 ? null : all.filter(({ t, p }) => t === c && p === c).length / union;
}

test('the metrics are those of the pixels, whole and image by image; extra outputs are wrong', async () => {
  const progress: number[] = [];
  const result = await evaluateModel(model, data, (done) => void progress.push(done));
  const images = pixels();
  const all = images.flat();
  expect(result.ious).toEqual([0, 1, 2].map((c) => iou(all, c)));
  expect(result.pixelAccuracy).toBeCloseTo(all.filter(({ t, p }) => t === p).length / all.length, 12);
  expect(result.items.map(({ item }) => item)).toEqual(data.items.map(({ id }) => id));
  expect(result.items.map(({ ious }) => ious)).toEqual(images.map((image) => [0, 1, 2].map((c) => iou(image, c))));
  expect(result.confusion.reduce((sum, n) => sum + n, 0)).toBe(all.length);
  expect(result).toMatchObject({ outputs: 5, images: 4, inputSize: [48, 64] });
  expect(result.msPerImage).toBeGreaterThan(0);
  expect(progress).toEqual([1, 2, 3, 4]);
});

test('with the dense CRF the result without it comes along', async () => {
  const one = { ...data, items: data.items.slice(0, 1) };
  const [before, after] = await evaluateWithCrf(model, one);
  const { confusion, ious } = await evaluateModel(model, one);
  expect([before.confusion, before.ious]).toEqual([confusion, ious]);
  const [image, labels] = [data.items[0].image, data.items[0].labels!].map((name) => path.join(data.root, name));
  const decoded = decodeImage(readFileSync(image), image);
  const refined = denseCrf(probabilitiesOf(model, decoded).probabilities, decoded);
  const truth = decodeLabels(readFileSync(labels), labels).data;
  const pairs = [...truth].flatMap((t, i) => {
    const values = [...refined.subarray(i * 5, i * 5 + 5)];
    return t < 3 ? [{ t, p: values.indexOf(Math.max(...values)) }] : [];
  });
  expect(after.ious).toEqual([0, 1, 2].map((c) => iou(pairs, c)));
  expect(after.confusion).not.toEqual(before.confusion);
  expect(after.msPerImage).toBeGreaterThan(before.msPerImage);
});

test('evaluating leaves no tensor behind', async () => {
  const before = tf.memory().numTensors;
  await evaluateModel(model, { ...data, items: data.items.slice(0, 1) });
  const first = tf.memory().numTensors;
  await evaluateModel(model, data);
  expect(tf.memory().numTensors).toBe(first);
  expect(before).toBeGreaterThan(0);
});

test('an image of any size gets logits of its own size', () => {
  const image = (height: number, width: number) =>
    pictureTensor(
      Uint8Array.from({ length: height * width * 3 }, (_, i) => (i * 37) % 251),
      [1, height, width, 3],
    );
  const odd = image(45, 61);
  const { logits } = wholeImage(model, odd);
  expect(logits.shape).toEqual([1, 45, 61, 5]);
  tf.dispose([odd, logits]);
});

test('writes its prediction as raw indices at the size of the image', () => {
  const image = path.join(root, 'odd.png');
  const out = path.join(root, 'out.png');
  const source = decodeImage(readFileSync(path.join(data.root, '0.png')), '0.png');
  const width = 61;
  const height = 45;
  const rows = Array.from({ length: height }, (_, y) => source.data.subarray(y * 64 * 3, (y * 64 + width) * 3));
  writeFileSync(image, encodeImage({ width, height, data: Buffer.concat(rows) }));
  predictFile(model, image, out);
  const written = decodeLabels(readFileSync(out), out);
  expect([written.width, written.height]).toEqual([width, height]);
  expect([...written.data]).toEqual([...predictClasses(model, decodeImage(readFileSync(image), image)).predicted]);
});

test('a split without labels is refused', async () => {
  const items = data.items.map((item) => ({ ...item, labels: null }));
  await expect(evaluateModel(model, { ...data, items })).rejects.toThrow(/no labelled image/);
});

test('a model of other classes, or of the same in another order, is refused', async () => {
  const [first, second, third] = data.classes;
  const swapped = { ...model, card: { ...model.card, classes: [second, first, third] } };
  await expect(evaluateModel(swapped, data)).rejects.toThrow(/class 1 is “Red” there and “Ground” here/);
  const fewer = { ...model, card: { ...model.card, classes: [first] } };
  await expect(evaluateModel(fewer, data)).rejects.toThrow(/class 2 is none there/);
});

/** Pixels of each class in a whole data set, and by ENet's formula how much each counts: the third is seen nowhere. */
const PIXELS = [9000, 1000, 0];
const WEIGHTS = [0.9, 0.1, 0].map((share) => Math.log(1.02) / Math.log(1.02 + share));
const weightOf = (output: number) => WEIGHTS[output] ?? 0;

test('the disagreement of two models is the share of pixels that each calls something else', async () => {
  const other = frozenModel(model.card, initialWeights(buildNetwork(model.card.network, 5), 9));
  // One of them has no label map: it is compared all the same.
  const items = data.items.map((item, i) => (i === 1 ? { ...item, labels: null } : item));
  const progress: number[] = [];
  const measures = await disagreement([model, other], { ...data, items }, PIXELS, (done) => void progress.push(done));
  const wanted = items.map(({ id, image }) => {
    const decoded = decodeImage(readFileSync(path.join(data.root, image)), image);
    const [ours, theirs] = [model, other].map((one) => predictClasses(one, decoded).predicted);
    const pairs = [...ours].map((output, i) => [output, theirs[i]]).filter(([a, b]) => a !== b);
    const rare = pairs.reduce((sum, [a, b]) => sum + Math.max(weightOf(a), weightOf(b)), 0);
    return { item: id, value: pairs.length / ours.length, rare: rare / ours.length };
  });
  expect(measures.map(({ kind, rare }) => ({ kind, rare }))).toEqual([
    { kind: 'disagreement', rare: false },
    { kind: 'disagreement', rare: true },
  ]);
  expect(measures[0].values).toEqual(wanted.map(({ item, value }) => ({ item, value })));
  for (const [i, { value }] of measures[1].values.entries()) expect(value).toBeCloseTo(wanted[i].rare, 12);
  expect(wanted.some(({ value }) => value > 0.05)).toBe(true);
  expect(progress).toEqual([1, 2, 3, 4]);
  const [same] = await disagreement([model, model], data, PIXELS);
  expect(same.values.map(({ value }) => value)).toEqual([0, 0, 0, 0]);
  other.executable.dispose();
});

/** Probabilities of each pixel of an item's image, by other means than the code under test. */
function probabilities(image: string): number[][] {
  const { data: rgb, height, width } = decodeImage(readFileSync(path.join(data.root, image)), image);
  const { logits } = wholeImage(model, pictureTensor(rgb, [1, height, width, 3]));
  const values = [...logits.dataSync()];
  return Array.from({ length: height * width }, (_, i) => {
    const exps = values.slice(5 * i, 5 * i + 5).map(Math.exp);
    const sum = exps.reduce((a, b) => a + b);
    return exps.map((e) => e / sum);
  });
}

test('how unsure a model is: mean entropy and margin of its pixels, those of rare classes more', async () => {
  const measures = await uncertainty(model, data, PIXELS);
  expect(measures.map(({ kind, rare }) => [kind, rare])).toEqual([
    ['entropy', false],
    ['margin', false],
    ['entropy', true],
    ['margin', true],
  ]);
  data.items.forEach(({ id, image }, n) => {
    const wanted = [0, 0, 0, 0];
    const pixels = probabilities(image);
    for (const p of pixels) {
      const [first, second] = [...p].sort((a, b) => b - a);
      const entropy = -p.reduce((sum, q) => sum + q * Math.log(q), 0) / Math.log(5);
      const weight = weightOf(p.indexOf(first));
      [entropy, 1 - (first - second)].forEach((value, k) => {
        wanted[k] += value / pixels.length;
        wanted[2 + k] += (value * weight) / pixels.length;
      });
    }
    measures.forEach(({ values }, k) => {
      expect(values[n].item).toBe(id);
      expect(values[n].value).toBeCloseTo(wanted[k], 4);
    });
  });
});

test('pre-labels are the classes that the model is sure of, and nothing where it is not', async () => {
  const all = data.items.map(({ image }) => probabilities(image));
  const best = (p: number[]) => Math.max(...p);
  const sorted = all
    .flat()
    .map(best)
    .sort((a, b) => a - b);
  const confidence = sorted[sorted.length >> 1];
  const given = new Map<number, Uint8Array>();
  await prelabel(model, data, confidence, (item, classes) => given.set(item, classes));
  const wanted = all.map((pixels) =>
    // Outputs past the data set's three classes are none of them.
    pixels.map((p) => (best(p) >= confidence && p.indexOf(best(p)) < 3 ? p.indexOf(best(p)) : 255)),
  );
  expect(new Set(wanted.flat()).size).toBeGreaterThan(1);
  for (const [i, { id }] of data.items.entries()) {
    // The pixel of that very probability may fall on either side.
    expect(wanted[i].filter((label, at) => label !== given.get(id)![at]).length).toBeLessThan(3);
  }
});

test('a model of Cityscapes is judged on CamVid’s classes, its twentieth output wrong', async () => {
  const city = { ...card(20), classes: [...CITYSCAPES_CLASSES] };
  const own = frozenModel(city, initialWeights(buildNetwork(city.network, 20), 4));
  const result = await evaluateModel(own, { ...data, classes: [...CAMVID_CLASSES] });
  const { classes } = classMapping(CITYSCAPES_CLASSES, CAMVID_CLASSES)!;
  const right = data.items.flatMap((item) => {
    const [image, labels] = [item.image, item.labels!].map((name) => path.join(data.root, name));
    const { predicted } = predictClasses(own, decodeImage(readFileSync(image), image));
    const truth = decodeLabels(readFileSync(labels), labels).data;
    return [...truth].map((t, i) => (t < 3 ? Number((classes[predicted[i]] ?? -1) === t) : -1)).filter((r) => r >= 0);
  });
  own.executable.dispose();
  expect(result.pixelAccuracy).toBeCloseTo(right.reduce((a, b) => a + b, 0) / right.length, 12);
  expect(result).toMatchObject({ outputs: 12, images: 4 });
  expect(result.ious).toHaveLength(11);
  const other = { ...data, classes: CAMVID_CLASSES.slice(1) };
  await expect(evaluateModel(own, other)).rejects.toThrow('has other classes than the data set');
});
