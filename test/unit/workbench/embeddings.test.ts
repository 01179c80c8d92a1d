import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { projectionResources } from '../../../src-main/contract/embedding.ts';
import { CAMVID_CLASSES } from '../../../src-main/datasets/classes/camvid.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { writeModel } from '../../../src-main/weights/model-file.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { fakeApp, importData, makeCamvid, newWorkbench, ownFolder, request, token, until } from './helpers.ts';
import { fetchPlanes, paint } from './painting.ts';

const ITEMS = 24;
let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let dataset: number;
let model: number;

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench(fakeApp(own.folder));
  await host.openProject(path.join(own.folder, 'project'), { create: true });
  const folder = makeCamvid(path.join(own.folder, 'streets'), { train: ITEMS - 4, val: 4 });
  dataset = (await importData(host, folder)).id;
  model = await addModel();
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

async function addModel(): Promise<number> {
  const network = { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } };
  const file = path.join(own.folder, 'teacher.safetensors');
  const card = {
    name: 'Teacher',
    network,
    classes: [...CAMVID_CLASSES],
    outputs: 11,
    preprocessing: STUDENT_PREPROCESSING,
    licence: '',
    source: '',
    sha256: '0',
  };
  writeModel(file, card, initialWeights(buildNetwork(network, 11), 1));
  return (await request(host, 'models.import', { file: await token(host, 'model', file) })).id;
}

const jobOf = async (id: number) => (await request(host, 'jobs.list', {})).find((one) => one.id === id)!;
const ended = (id: number) =>
  until(async () => {
    const job = await jobOf(id);
    return job.status !== 'running' && job;
  });

async function computed(): Promise<number> {
  const { job } = await request(host, 'embeddings.start', { model, dataset });
  expect(await ended(job)).toMatchObject({ kind: 'embed', status: 'done', done: ITEMS, message: null });
  return (await request(host, 'embeddings.list', { dataset }))[0].id;
}

async function arrayAt(address: string): Promise<ArrayBuffer | null> {
  const response = await host.resource(new Request(`app://stillroom${address}`));
  return response.ok ? response.arrayBuffer() : null;
}

test('features by the usual tap, a map of them, its points and their colours', async () => {
  const embedding = await computed();
  const [summary] = await request(host, 'embeddings.list', { dataset });
  expect(summary).toMatchObject({ model, modelName: 'Teacher', tap: 'level3', items: ITEMS, engine: 'fake' });
  expect(await arrayAt(projectionResources.points(embedding, 'umap'))).toBeNull();
  for (const method of ['umap', 'tsne'] as const) {
    const { job } = await request(host, 'embeddings.project', { embedding, method });
    expect(await ended(job)).toMatchObject({ kind: 'project', status: 'done', message: null });
    const bytes = (await arrayAt(projectionResources.points(embedding, method)))!;
    expect(bytes.byteLength).toBe(12 * ITEMS);
    const ids = await request(host, 'items.ids', { dataset });
    expect(new Set(new Int32Array(bytes, 0, ITEMS))).toEqual(new Set(ids));
    expect(new Float32Array(bytes, 4 * ITEMS).every(Number.isFinite)).toBe(true);
  }
  const colours = (await arrayAt(projectionResources.colours(embedding, 'umap', { kind: 'split' })))!;
  const values = [...new Float32Array(colours)];
  expect([0, 1].map((split) => values.filter((value) => value === split).length)).toEqual([ITEMS - 4, 4]);
  expect(await arrayAt(`/data/projections/${embedding}/umap?kind=nonsense`)).toBeNull();
});

test('near-duplicates and unusual labels are answered of what is there', async () => {
  const embedding = await computed();
  const { groups, total, images } = await request(host, 'embeddings.duplicates', { embedding, similarity: 0.94 });
  // Items a third of a radian apart on the circle: each is near to the next.
  expect(total).toBeGreaterThan(0);
  expect(images).toBe(ITEMS);
  expect(groups[0].items.every(({ similarity }) => similarity >= 0.94)).toBe(true);
  expect((await request(host, 'embeddings.outliers', { embedding })).total).toBeGreaterThanOrEqual(0);
  await expect(request(host, 'embeddings.duplicates', { embedding, similarity: 1 })).rejects.toThrow(/not well formed/);
  await expect(request(host, 'embeddings.outliers', { embedding: 99 })).rejects.toThrow(/There are no features 99/);
});

test('a stopped job keeps what it has, and the next one does the rest', async () => {
  const first = (await request(host, 'embeddings.start', { model, dataset })).job;
  await expect(request(host, 'embeddings.start', { model, dataset })).rejects.toThrow(/goes on already/);
  await until(async () => (await jobOf(first)).done >= 3);
  await request(host, 'jobs.cancel', { job: first });
  expect((await ended(first)).message).toMatch(/was stopped.*go on from there/);
  const [{ items }] = await request(host, 'embeddings.list', { dataset });
  expect(items).toBeGreaterThanOrEqual(3);
  expect(items).toBeLessThan(ITEMS);
  const second = (await request(host, 'embeddings.start', { model, dataset })).job;
  expect((await ended(second)).total).toBe(ITEMS - items);
  expect((await request(host, 'embeddings.list', { dataset }))[0].items).toBe(ITEMS);
  const third = (await request(host, 'embeddings.start', { model, dataset })).job;
  expect(await ended(third)).toMatchObject({ status: 'done', total: 0 });
});

test('an image whose labels were edited keeps its place on the map, and its classes are computed again', async () => {
  const embedding = await computed();
  const [item] = await request(host, 'items.ids', { dataset });
  const { sequence } = await request(host, 'annotations.open', { item });
  const painted = paint(await fetchPlanes(host, item), 1);
  await request(host, 'annotations.save', { item, sequence, edit: painted });
  await until(async () => (await request(host, 'embeddings.list', { dataset }))[0].items === ITEMS - 1);
  const { images } = await request(host, 'embeddings.duplicates', { embedding, similarity: 0.94 });
  expect(images).toBe(ITEMS);
  const { job } = await request(host, 'embeddings.start', { model, dataset });
  expect((await ended(job)).total).toBe(1);
  expect((await request(host, 'embeddings.list', { dataset }))[0].items).toBe(ITEMS);
});

test('a tap that the network does not have is refused before anything is begun', async () => {
  const wrong = request(host, 'embeddings.start', { model, dataset, tap: 'level9' });
  await expect(wrong).rejects.toThrow('The network of Teacher has no node “level9”.');
  expect(await request(host, 'embeddings.list', { dataset })).toEqual([]);
});

test('features are removed with their maps, but not while they are worked on', async () => {
  const embedding = await computed();
  const { job } = await request(host, 'embeddings.project', { embedding, method: 'umap' });
  await expect(request(host, 'embeddings.remove', { embedding })).rejects.toThrow(/still being worked on/);
  await ended(job);
  await until(async () => {
    return request(host, 'embeddings.remove', { embedding }).then(
      () => true,
      () => false,
    );
  });
  expect(await request(host, 'embeddings.list', { dataset })).toEqual([]);
});

test('a map that is stopped leaves nothing behind', async () => {
  const embedding = await computed();
  const { job } = await request(host, 'embeddings.project', { embedding, method: 'tsne' });
  await request(host, 'jobs.cancel', { job });
  expect((await ended(job)).message).toMatch(/was stopped/);
  expect((await request(host, 'embeddings.list', { dataset }))[0].projections).toEqual([]);
});
