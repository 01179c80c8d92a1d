/** The teacher cache on disk: what is kept, what is made again, what has to go. */
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import { type TeacherCacheOptions, teacherCache } from '../../../src-main/contract/recipe.ts';
import { bindTerm } from '../../../src-main/distillation/total.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { Loader } from '../../../src-main/training/loader.ts';
import { frozenModel, type OpenModel } from '../../../src-main/training/model.ts';
import { bytesNeeded, fillTeacherCache, teacherMaps } from '../../../src-main/training/teacher-cache.ts';
import { croppedSize, decodeMaps } from '../../../src-main/training/teacher-maps.ts';
import { tinyCard, tinyData } from './tiny.ts';

vi.setConfig({ testTimeout: 180_000, hookTimeout: 180_000 });

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-teacher-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const data = tinyData(path.join(root, 'data'));
const folder = path.join(root, 'cache');
let teacher: OpenModel;

const network = { id: 'espnet', options: { p: 1, q: 1, width: 0.5 } };
const student = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } }, 3);

function modelOf(seed: number): OpenModel {
  const graph = buildNetwork(network, 3);
  const weights = initialWeights(graph, seed);
  const sha256 = createHash('sha256').update(String(seed)).digest('hex');
  return frozenModel({ ...tinyCard(data, network), sha256 }, weights);
}

function specsOf(...methods: string[]) {
  const taps = { student: [...student.defaultTaps], teacher: [...teacher.graph.defaultTaps] };
  const terms = methods.map((method) => bindTerm({ method, weight: 1, params: {}, taps: null, schedule: null }, taps));
  return teacherMaps(terms, student, teacher.graph);
}

const options = (change: Partial<TeacherCacheOptions> = {}) => ({
  ...teacherCache.parse({ mode: 'whole-image' }),
  ...change,
});

/** @returns what was answered, and how many images the teacher was asked about */
async function fill(model = teacher, change: Partial<TeacherCacheOptions> = {}) {
  const before = new Map(filesIn().map((file) => [file, statSync(file).ino]));
  const asking = { models: [model], maps: [specsOf('dsd.psd', 'dsd.csd')] };
  const made = await fillTeacherCache(asking, data, folder, options(change), async () => true);
  const files = made!.files.flat();
  const asked = files.filter((file) => before.get(file) !== statSync(file).ino).length;
  return { files, asked };
}

function filesIn(): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => path.join(folder, name))
    .filter((file) => statSync(file).isFile());
}
const bytesIn = () => filesIn().reduce((sum, file) => sum + statSync(file).size, 0);

beforeAll(async () => {
  await startEngine();
  teacher = modelOf(1);
});

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
});

test('only what the methods read is kept: √(mean square) for PSD, logits at the student’s stride or at 4', () => {
  expect(specsOf('dsd.psd', 'dsd.csd')).toEqual([
    { form: 'logits', node: 'logits', channels: 3, stride: 8 },
    { form: 'energy', node: 'level1', channels: 1, stride: 2 },
    { form: 'energy', node: 'level2', channels: 1, stride: 4 },
    { form: 'energy', node: 'level3', channels: 1, stride: 8 },
  ]);
  expect(specsOf('kd')).toEqual([{ form: 'logits', node: 'logits', channels: 3, stride: 4 }]);
});

test('each image is asked about once, whatever its file’s name, until teacher, form or image change', async () => {
  expect((await fill()).asked).toBe(6);
  expect((await fill()).asked).toBe(0);
  expect((await fill(modelOf(2))).asked).toBe(6);
  const tensors = tf.memory().numTensors;
  expect((await fill(teacher, { format: 'uint8' })).asked).toBe(6);
  expect(tf.memory().numTensors).toBe(tensors);
  expect((await fill()).asked).toBe(0);
});

test('what a killed process half wrote, and what is damaged, is made again, to the same bits', async () => {
  const { files } = await fill();
  const whole = files.map((file) => readFileSync(file));
  // As a kill -9 leaves it: the temporary file of an atomic write, and (from a disk that lies) a file cut off.
  writeFileSync(path.join(path.dirname(files[0]), '.half.maps.1-x-0.tmp'), whole[0].subarray(0, 500));
  writeFileSync(files[1], whole[1].subarray(0, whole[1].length - 40));
  const bad = Buffer.from(whole[2]);
  bad[900] ^= 1;
  writeFileSync(files[2], bad);
  await fill();
  expect(filesIn().sort()).toEqual([...files].sort());
  expect(files.map((file) => readFileSync(file))).toEqual(whole);
});

test('it stays within its bound: what other runs used longest ago goes first, and a bound too small is refused', async () => {
  const { files } = await fill();
  const each = statSync(files[0]).size;
  const old = new Date(2020, 0, 1);
  for (const file of files.slice(0, 3)) utimesSync(file, old, old);
  const bound = 8 * each + bytesNeeded(specsOf('dsd.psd', 'dsd.csd'), [48, 64], 'float16');
  await fill(modelOf(2), { maxBytes: bound });
  expect(bytesIn()).toBeLessThanOrEqual(bound);
  const left = filesIn();
  expect(left).toHaveLength(9);
  expect(files.map((file) => left.includes(file))).toEqual([false, false, false, true, true, true]);

  const error = await fill(modelOf(3), { maxBytes: 4 * each }).catch((thrown) => thrown);
  expect(error).toBeInstanceOf(Problem);
  expect(error.where).toBe('teacher.cache.maxBytes');
  expect(bytesIn()).toBeLessThanOrEqual(4 * each);
});

test('a filling that is ended is taken up where it was', async () => {
  let asked = 0;
  const asking = { models: [teacher], maps: [specsOf('dsd.psd', 'dsd.csd')] };
  const ended = await fillTeacherCache(asking, data, folder, options(), async () => asked++ < 2);
  expect(ended).toBeNull();
  expect(filesIn()).toHaveLength(2);
  expect((await fill()).asked).toBe(4);
});

test('an uncut, unscaled crop brings along what the live teacher gives on it', async () => {
  const { files } = await fill();
  const specs = specsOf('dsd.psd', 'dsd.csd');
  const crop: [number, number] = [48, 64];
  const settings = {
    seed: 1,
    batch: 6,
    crop,
    augmentation: { scale: [1, 1] as [number, number], flip: 0 },
    schedule: { steps: 1 },
  };
  const loader = new Loader(data, settings, { specs, files: files.map((file) => [file]) });
  const batch = await loader.batch(0);
  // The same images in the same order, for each is cut once: found by their bytes.
  const maps = files.map((file) => decodeMaps(readFileSync(file))!);
  for (const [i, spec] of specs.entries()) {
    const [height, width] = croppedSize(spec, crop);
    const size = height * width * spec.channels;
    const cut = Array.from({ length: 6 }, (_, n) => batch.taught![i].slice(n * size, (n + 1) * size));
    for (const whole of maps) {
      const values = Float32Array.from(whole[i].values);
      expect(cut.some((one) => Buffer.from(one.buffer).equals(Buffer.from(values.buffer)))).toBe(true);
    }
  }
  await loader.close();
});
