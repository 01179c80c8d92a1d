import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { samFiles } from '../../../src-main/assist/sam-weights.ts';
import type { AssistArea, PixelBox } from '../../../src-main/contract/assist.ts';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { overlap, scene } from '../assist/scene.ts';
import { importData, newWorkbench, ownFolder, ROOT, request, until } from './helpers.ts';

const { image, disc, square } = scene(180, 100);
/** The networks of click to segment are fetched with the user's consent only: where they are not, this is not tried. */
const hasSam = samFiles() !== null;
let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let item: number;

beforeAll(async () => {
  own = ownFolder();
  // A worker that runs from the sources.
  const root = path.join(own.folder, 'app');
  mkdirSync(path.join(root, 'dist', 'main'), { recursive: true });
  const worker = pathToFileURL(path.join(ROOT, 'src-main/worker/main.ts'));
  writeFileSync(path.join(root, 'dist', 'main', 'worker.js'), `import '${worker}';\n`);
  host = newWorkbench(root);
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

test('where the networks of click to segment are not in the cache, it says what would be fetched, and asks for it', async () => {
  vi.stubEnv('STILLROOM_CACHE', path.join(own.folder, 'empty'));
  const status = await request(host, 'assist.status', {});
  expect(status).toMatchObject({ ready: false, megabytes: 184 });
  expect(status.licence).toContain('Apache-2.0');
  await expect(request(host, 'assist.prepare', { item })).rejects.toThrow('is not there yet');
  const points = [{ x: 50, y: 50, inside: true }];
  await expect(request(host, 'assist.segment', { item, points })).rejects.toThrow('is not there yet');
  vi.unstubAllEnvs();
});

test('a fetch that fails says so as a job and leaves nothing behind', async () => {
  vi.stubEnv('STILLROOM_CACHE', path.join(own.folder, 'failed'));
  vi.stubEnv('npm_config_registry', 'http://127.0.0.1:9');
  vi.stubEnv('npm_config_fetch_retries', '0');
  const { job } = await request(host, 'assist.fetch', {});
  const ended = await until(async () =>
    (await request(host, 'jobs.list', {})).find((one) => one.id === job && one.status !== 'running'),
  );
  expect(ended).toMatchObject({ kind: 'fetch', status: 'failed' });
  expect(ended.message).toContain('SAM 2 (Hiera tiny) cannot be fetched: npm could not fetch');
  expect(readdirSync(path.join(own.folder, 'failed', 'assist'))).toEqual([]);
  vi.unstubAllEnvs();
});

test('without a point inside or a box there is nothing to segment', async () => {
  const points = [{ x: 50, y: 50, inside: false }];
  await expect(request(host, 'assist.segment', { item, points })).rejects.toThrow('a point inside or a box is needed');
});

if (!hasSam) console.warn('Click to segment is not tried: its networks are not in the cache.');
test.skipIf(!hasSam)(
  'the thing at a point, in a box, or at several points is found, and points take away',
  async () => {
    await request(host, 'assist.prepare', { item });
    const at = (x: number, inside = true) => ({ x, y: 50, inside });
    const found = async (points: { x: number; y: number; inside: boolean }[], box: PixelBox | null = null) =>
      area(await request(host, 'assist.segment', { item, points, box }));
    const one = await found([at(50)]);
    expect(overlap(180, one, disc)).toBeGreaterThan(0.98);
    expect((one as unknown as { score: number }).score).toBeGreaterThan(0.9);
    expect(overlap(180, await found([at(130)]), square)).toBeGreaterThan(0.98);
    expect(overlap(180, await found([], { x: 23, y: 23, width: 54, height: 54 }), disc)).toBeGreaterThan(0.98);
    const both = Uint8Array.from(disc, (inside, i) => inside | square[i]);
    expect(overlap(180, await found([at(50), at(130)]), both)).toBeGreaterThan(0.95);
    expect(overlap(180, await found([at(50), at(130, false)]), disc)).toBeGreaterThan(0.98);
  },
  120_000,
);
