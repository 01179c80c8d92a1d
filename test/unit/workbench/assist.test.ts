import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AssistArea } from '../../../src-main/contract/assist.ts';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { overlap, scene } from '../assist/scene.ts';
import { importData, newWorkbench, ownFolder, request } from './helpers.ts';

const { image, disc } = scene(180, 100);
let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let item: number;

beforeAll(async () => {
  own = ownFolder();
  host = newWorkbench();
  const data = path.join(own.folder, 'scenes');
  for (const folder of ['train', 'trainannot']) mkdirSync(path.join(data, folder), { recursive: true });
  writeFileSync(path.join(data, 'train', 'one.png'), encodeImage(image));
  writeFileSync(path.join(data, 'trainannot', 'one.png'), encodeLabels({ ...image, data: disc }));
  await host.openProject(path.join(own.folder, 'project'), { create: true });
  const { id } = await importData(host, data);
  [item] = (await request(host, 'items.query', itemQuery.parse({ dataset: id }))).items.map((one) => one.id);
}, 60_000);

afterAll(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

const bytes = async (key: string) => {
  const answer = await host.resource(new Request(`http://host${resources.assist(key)}`));
  expect(answer.status).toBe(200);
  return new Uint8Array(await answer.arrayBuffer());
};
const area = async (found: AssistArea | null) => found && { ...found, mask: await bytes(found.key) };

test('superpixels of an item come by a key, the same while they are kept, and keep to its edges', async () => {
  const found = await request(host, 'assist.superpixels', { item, size: 10 });
  expect(found).toMatchObject({ width: 180, height: 100 });
  const labels = new Uint32Array((await bytes(found.key)).buffer);
  expect(new Set(labels).size).toBe(found.count);
  const inside = Array.from({ length: found.count }, () => [0, 0]);
  for (const [at, label] of labels.entries()) inside[label][disc[at]]++;
  expect(inside.filter((counts) => Math.min(...counts) > 8)).toEqual([]);
  expect(await request(host, 'assist.superpixels', { item, size: 10 })).toEqual(found);
  expect((await request(host, 'assist.superpixels', { item, size: 20 })).count).toBeLessThan(found.count);
});

test('what stands out in a box of an item comes by a key', async () => {
  const found = await request(host, 'assist.grabcut', { item, box: { x: 15, y: 15, width: 70, height: 70 } });
  expect(overlap(180, await area(found), disc)).toBeGreaterThan(0.985);
});

test('an image that is not there, and a key that never was, are told', async () => {
  await expect(request(host, 'assist.superpixels', { item: 999, size: 10 })).rejects.toThrow('There is no image 999');
  expect((await host.resource(new Request(`http://host${resources.assist('abc')}`))).status).toBe(404);
});
