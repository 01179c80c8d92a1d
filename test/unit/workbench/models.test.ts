/** Models that lie in several files, taken into a project and written from it. */
import { mkdirSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { newWorkbench, ownFolder, request, token } from './helpers.ts';

const SAVED = path.resolve(import.meta.dirname, '../weights/tensorflow/saved-models');
let own: ReturnType<typeof ownFolder>;
let host: Workbench;

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench();
  await host.openProject(path.join(own.folder, 'project'), { create: true });
});

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
});

const imported = async (file: string) => request(host, 'models.import', { file: await token(host, 'model', file) });

test('the folder of a SavedModel, or the file in it, is one model and kept as one file of ours', async () => {
  const model = await imported(path.join(SAVED, 'first'));
  expect(model.card).toMatchObject({ name: 'first', outputs: 5, network: { id: 'tensorflow' } });
  expect((await imported(path.join(SAVED, 'first', 'saved_model.pb'))).id).toBe(model.id);
  const kept = readdirSync(path.join(own.folder, 'project', 'models'));
  expect(kept.map((name) => path.extname(name))).toEqual(['.safetensors']);
  await expect(imported(own.folder)).rejects.toThrow('is a folder without a model');
}, 60_000);

test('each form for other programs gets the ending that its programs know', async () => {
  const model = await imported(path.join(SAVED, 'first'));
  const out = path.join(own.folder, 'out');
  mkdirSync(out);
  const file = await token(host, 'export', out);
  const size: [number, number] = [24, 32];
  for (const format of ['tfjs', 'tflite'] as const) {
    const { files } = await request(host, 'models.export', { model: model.id, format, file, size });
    expect(files[0]).toBe(format === 'tfjs' ? 'first.json' : 'first.tflite');
    for (const name of files) expect(readdirSync(out)).toContain(name);
  }
}, 60_000);
