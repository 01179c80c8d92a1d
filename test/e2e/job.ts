/** What the main job is done with: CamVid and its published teacher where they are at hand, otherwise the sample. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { decode } from 'fast-png';
import { expect } from 'vitest';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import { CAMVID_CLASSES } from '../../src-main/datasets/classes/camvid.ts';
import { makeSample, SAMPLE_CLASSES } from '../../src-main/datasets/sample.ts';
import { ROOT, type Scratch, stillroom } from './app.ts';

/** A pixel and what must be said of it: the truth and the teacher's likeliest output, with its probability where known. */
export interface Point {
  x: number;
  y: number;
  truth: number;
  /** Whether the pixels around it are of the same class, so that its colour can be read off a scaled picture. */
  inside: boolean;
  class: number;
  probability?: number;
}

export interface MainJob {
  dataset: string;
  items: number;
  teacher: string;
  teacherName: string;
  classes: readonly ClassInfo[];
  /** An item of `val` and some of its pixels. */
  item: string;
  size: { width: number; height: number };
  points: Point[];
}

/** The teacher of drawn street scenes that comes with the application. */
export const SAMPLE_TEACHER = path.join(ROOT, 'resources', 'sample-teacher.safetensors');

/** Makes a project by training a little student of the sample's teacher on a data set, for so many steps. */
export async function trainLittle(scratch: Scratch, dataset: string, project: string, steps: number): Promise<void> {
  const recipe = {
    ...{ version: 1, name: 'Little', data: {}, methods: ['ce', 'kd'].map((method) => ({ method, weight: 1 })) },
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } } },
    ...{ schedule: { steps }, batch: 2, crop: [64, 96] },
  };
  const file = scratch.path('recipe.json');
  writeFileSync(file, JSON.stringify(recipe));
  const bound = ['--data', dataset, '--teacher', SAMPLE_TEACHER, '--project', project];
  const ended = await stillroom(scratch, 'run', file, ...bound);
  expect(ended.code, ended.stderr).toBe(0);
}

const SHARED = path.resolve(ROOT, '..', 'shared', 'data');

export async function mainJob(scratch: Scratch): Promise<MainJob> {
  return existsSync(path.join(SHARED, 'camvid')) ? camvid() : sample(scratch);
}

/** The pixels come from PyTorch: see test/oracles/pixels.py. */
function camvid(): MainJob {
  const golden = JSON.parse(readFileSync(path.join(ROOT, 'test/e2e/golden/pixels.json'), 'utf8'));
  return {
    dataset: path.join(SHARED, 'camvid'),
    items: 468,
    teacher: path.join(SHARED, 'espnet', 'espnet_p_2_q_8_camvid.pth'),
    teacherName: 'espnet_p_2_q_8_camvid',
    classes: CAMVID_CLASSES,
    item: golden.item,
    size: { width: 480, height: 360 },
    points: golden.points,
  };
}

/** The pixels come from the label map itself and from the command line's prediction. */
async function sample(scratch: Scratch): Promise<MainJob> {
  const dataset = await makeSample(scratch.path('sample'), { train: 12, val: 4 });
  const teacher = SAMPLE_TEACHER;
  const item = 'val/street-0001';
  const out = scratch.path('predicted.png');
  const image = path.join(dataset, 'images', `${item}.png`);
  const ended = await stillroom(scratch, 'predict', '--model', teacher, '--image', image, '--out', out);
  if (ended.code !== 0) throw new Error(ended.stderr);
  const truth = decode(readFileSync(path.join(dataset, 'labels', `${item}.png`)));
  const predicted = decode(readFileSync(out));
  const points: Point[] = [];
  for (let y = 10; y < truth.height; y += 30) {
    for (let x = 10; x < truth.width; x += 30) {
      const at = y * truth.width + x;
      const around = [-3, 3].flatMap((d) => [at + d, at + d * truth.width]);
      const inside = around.every((other) => truth.data[other] === truth.data[at]);
      points.push({ x, y, truth: truth.data[at], inside, class: predicted.data[at] });
    }
  }
  const size = { width: truth.width, height: truth.height };
  return { dataset, items: 16, teacher, teacherName: 'Sample teacher', classes: SAMPLE_CLASSES, item, size, points };
}
