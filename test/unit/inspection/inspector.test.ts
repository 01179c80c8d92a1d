import { mkdtempSync, readFileSync, rmSync, utimesSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { FromWorker, InspectRequest, Prediction, SimilarityMaps } from '../../../src-main/contract/job.ts';
import type { ModelCard } from '../../../src-main/contract/model.ts';
import { decodeImage } from '../../../src-main/datasets/codec.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { denseCrf } from '../../../src-main/evaluation/crf/dense-crf.ts';
import { predictClasses } from '../../../src-main/evaluation/evaluate.ts';
import { probabilitiesOf, wholeImage } from '../../../src-main/evaluation/whole-image.ts';
import { Inspector } from '../../../src-main/inspection/inspector.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { openModel } from '../../../src-main/training/model.ts';
import { pictureTensor, STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import { tinyData } from '../training/tiny.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-inspect-'));
const image = path.join(root, 'data', '0.png');
const student = path.join(root, 'student.safetensors');
const teacher = path.join(root, 'teacher.safetensors');

function write(file: string, id: string, outputs: number, seed: number): void {
  const network = { id, options: { p: 1, q: 1, width: 0.5 } };
  const preprocessing = STUDENT_PREPROCESSING;
  const card: ModelCard = {
    name: id,
    network,
    classes: [],
    outputs,
    preprocessing,
    licence: '',
    source: '',
    sha256: '',
  };
  writeModel(file, card, initialWeights(buildNetwork(network, outputs), seed));
}

let said: FromWorker[] = [];
let inspector: Inspector;
let lastId = 0;

/** Asks and waits for the answer. */
async function ask<T = Prediction & SimilarityMaps>(request: InspectRequest): Promise<T> {
  const id = ++lastId;
  inspector.ask(id, request);
  for (;;) {
    const answer = said.find((message) => 'id' in message && message.id === id);
    if (answer?.type === 'inspected') return answer.result as T;
    if (answer?.type === 'refused') throw Object.assign(new Error(answer.message), { where: answer.where });
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

beforeAll(async () => {
  await startEngine('wasm');
  tinyData(path.join(root, 'data'), 1);
  write(student, 'espnet-c', 3, 1);
  write(teacher, 'espnet', 4, 2);
  inspector = new Inspector((message) => said.push(message));
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

test('gives the three likeliest outputs of each pixel, best first, with their probabilities', async () => {
  const { height, width, classes, probabilities } = await ask<Prediction>({ kind: 'predict', model: teacher, image });
  expect([height, width]).toEqual([48, 64]);
  const pixels = height * width;
  expect([classes.length, probabilities.length]).toEqual([3 * pixels, 3 * pixels]);
  const model = await openModel(teacher);
  const decoded = decodeImage(readFileSync(image), image);
  expect([...classes.subarray(0, pixels)]).toEqual([...predictClasses(model, decoded).predicted]);
  const picture = pictureTensor(decoded.data, [1, height, width, 3]);
  const soft = (await tf.softmax(wholeImage(model, picture).logits).array()) as number[][][][];
  for (let p = 0; p < pixels; p += 97) {
    const values = soft[0][Math.floor(p / width)][p % width];
    const ranked = values.map((value, c) => [value, c]).sort((a, b) => b[0] - a[0]);
    for (let place = 0; place < 3; place++) {
      expect(classes[place * pixels + p]).toBe(ranked[place][1]);
      expect(probabilities[place * pixels + p]).toBe(Math.round(ranked[place][0] * 65535));
    }
  }
  model.executable.dispose();
});

test('maps: unit-length attention and residuals by the same names, matrices of cosines, the terms’ values', async () => {
  const maps = await ask<SimilarityMaps>({ kind: 'maps', teacher, student, image, terms: [] });
  const names = ['level1', 'level2', 'level3', 'level1 → level2', 'level1 → level3', 'level2 → level3'];
  for (const side of [maps.teacher, maps.student]) {
    expect(side.map(({ name }) => name)).toEqual(names);
    for (const { data, height, width } of side) {
      expect([height, width, data.length]).toEqual([6, 8, 48]);
      expect(Math.hypot(...data)).toBeCloseTo(1, 4);
    }
    const [first, second, , residual] = side;
    const difference = [...second.data].map((value, i) => value - first.data[i]);
    const length = Math.hypot(...difference);
    difference.forEach((value, i) => {
      expect(residual.data[i]).toBeCloseTo(value / length, 4);
    });
  }
  const { classes, ...matrices } = maps.matrices!;
  expect(classes).toBe(3);
  for (const matrix of [matrices.teacher, matrices.student]) {
    expect(matrix.length).toBe(9);
    for (let i = 0; i < 3; i++) expect(matrix[i * 4]).toBeCloseTo(1, 4);
  }
  const psd = names.slice(3).map((_, k) => {
    const [t, s] = [maps.teacher[3 + k].data, maps.student[3 + k].data];
    return s.reduce((sum, value, i) => sum + (value - t[i]) ** 2, 0);
  });
  const csd = [...matrices.student].reduce((sum, value, i) => sum + (value - matrices.teacher[i]) ** 2, 0) / 9;
  expect(maps.values.map(({ method }) => method)).toEqual(['dsd.psd', 'dsd.csd']);
  expect(maps.values[0].value).toBeCloseTo((psd[0] + psd[1] + psd[2]) / 3, 4);
  expect(maps.values[1].value).toBeCloseTo(csd, 5);
});

test('the terms of a run decide taps and options, also at nodes that folding would swallow', async () => {
  const taps = { student: ['level1.conv', 'level2'], teacher: ['level1.conv', 'level2'] };
  const terms = [{ method: 'dsd.psd', weight: 1, params: { pairs: 'adjacent' }, taps, schedule: null }];
  const maps = await ask<SimilarityMaps>({ kind: 'maps', teacher, student, image, terms });
  expect(maps.student.map(({ name }) => name)).toEqual(['level1.conv', 'level2', 'level1.conv → level2']);
  expect(maps.student[0].height).toBe(12);
});

test('a model that has changed on disk is read again; one that has not stays loaded', async () => {
  const before = await ask<Prediction>({ kind: 'predict', model: student, image });
  const tensors = tf.memory().numTensors;
  expect(await ask<Prediction>({ kind: 'predict', model: student, image })).toEqual(before);
  expect(tf.memory().numTensors).toBe(tensors);
  write(student, 'espnet-c', 3, 7);
  utimesSync(student, new Date(), new Date(Date.now() + 5000));
  expect(await ask<Prediction>({ kind: 'predict', model: student, image })).not.toEqual(before);
  expect(tf.memory().numTensors).toBe(tensors);
});

test('no more than three models stay in memory', async () => {
  said = [];
  const counts: number[] = [];
  for (let k = 0; k < 6; k++) {
    const file = path.join(root, `m${k}.safetensors`);
    write(file, 'espnet-c', 3, 20 + k);
    await ask({ kind: 'predict', model: file, image });
    counts.push(tf.memory().numTensors);
  }
  expect(counts[5]).toBe(counts[3]);
});

test('what cannot be shown is refused with its file or node, and the next question is answered', async () => {
  const missing = path.join(root, 'absent.safetensors');
  await expect(ask({ kind: 'predict', model: missing, image })).rejects.toMatchObject({ where: missing });
  const taps = { student: ['level9', 'level2'], teacher: ['level1', 'level2'] };
  const terms = [{ method: 'dsd.psd', weight: 1, params: {}, taps, schedule: null }];
  await expect(ask({ kind: 'maps', teacher, student, image, terms })).rejects.toThrow(/level9/);
  await expect(ask({ kind: 'predict', model: student, image })).resolves.toBeDefined();
});

test('a model is asked with the dense CRF after it', async () => {
  const { classes } = await ask<Prediction>({ kind: 'predict', model: teacher, image, crf: true });
  const decoded = decodeImage(readFileSync(image), image);
  const refined = denseCrf(probabilitiesOf(await openModel(teacher), decoded).probabilities, decoded);
  const likeliest = Array.from({ length: 48 * 64 }, (_, i) => {
    const values = [...refined.subarray(i * 4, i * 4 + 4)];
    return values.indexOf(Math.max(...values));
  });
  expect([...classes.subarray(0, 48 * 64)]).toEqual(likeliest);
});

test('a model is asked with another preprocessing than its card’s, which stays', async () => {
  const own = await ask({ kind: 'predict', model: student, image });
  const preprocessing = { ...STUDENT_PREPROCESSING, channels: 'bgr' as const };
  const other = await ask({ kind: 'predict', model: student, image, preprocessing });
  expect(other.probabilities).not.toEqual(own.probabilities);
  const again = await ask({ kind: 'predict', model: student, image });
  expect(again.probabilities).toEqual(own.probabilities);
});
