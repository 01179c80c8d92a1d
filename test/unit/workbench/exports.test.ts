import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FORMATS } from '../../../src-main/annotation/registry.ts';
import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import { CITYSCAPES_CLASSES } from '../../../src-main/datasets/classes/cityscapes.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { Stroke } from '../../../src-main/labels/stroke.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { importData, makeCamvid, newWorkbench, ownFolder, request, token, until, writeItem } from './helpers.ts';
import { edit, fetchPlanes } from './painting.ts';

let own: ReturnType<typeof ownFolder>;
let host: Workbench;
const at = (...parts: string[]) => path.join(own.folder, ...parts);

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench();
  await host.openProject(at('project'), { create: true });
});

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
});

async function exported(dataset: number, format: string, folder: string, images = false) {
  const file = await token(host, 'export', folder);
  const { job } = await request(host, 'exports.start', { dataset, format, file, images });
  return until(async () =>
    (await request(host, 'jobs.list', {})).find((one) => one.id === job && one.status !== 'running'),
  );
}

test('every format: notes first, then a whole folder, images where asked for', async () => {
  const streets = makeCamvid(at('streets'), { train: 3, val: 2 });
  // Classes that every format can hold.
  mkdirSync(at('city'));
  for (const kind of ['images', 'labels']) mkdirSync(at('city', kind, 'val'), { recursive: true });
  const [image, labels] = ['val', 'valannot'].map((folder) => readFileSync(path.join(streets, folder, 'img1.png')));
  writeFileSync(at('city', 'images', 'val', 'a.png'), image);
  writeFileSync(at('city', 'labels', 'val', 'a.png'), labels);
  const file = { format: 'stillroom-dataset', version: 1, name: 'City', classes: CITYSCAPES_CLASSES };
  writeFileSync(at('city', 'dataset.json'), JSON.stringify(file));
  const { id } = await importData(host, at('city'));
  expect(await request(host, 'exports.formats', {})).toEqual(FORMATS.map(({ name, title }) => ({ name, title })));
  for (const { name } of FORMATS) {
    expect((await request(host, 'exports.check', { dataset: id, format: name })).images).toBe(1);
    expect(await exported(id, name, at('out', name), true)).toMatchObject({ status: 'done', message: null });
    const files = readdirSync(at('out', name), { recursive: true, encoding: 'utf8' });
    const copied = files.filter((one) => /(^|[/_])(a|leftImg8bit)\.png$/.test(one));
    expect(
      copied.some((one) => readFileSync(at('out', name, one)).equals(image)),
      `${name}: ${files}`,
    ).toBe(true);
    if (name === 'cityscapes') {
      const [before, after] = [openDataset(at('city')), openDataset(at('out', name))];
      const read = (root: string, of: typeof before) => readItem(root, of.items[0], of.table).labels;
      expect(after.classes.map((one) => one.name)).toEqual(before.classes.map((one) => one.name));
      expect(read(at('out', name), after)).toEqual(read(at('city'), before));
    }
  }
  expect(readdirSync(at('out')).sort()).toEqual(FORMATS.map((one) => one.name).sort());
});

test.each(['png', 'labelme', 'voc', 'coco', 'coco-polygons', 'cvat'])(
  '%s: our own reader gives the label maps back',
  async (format) => {
    const folder = makeCamvid(at('streets'), { train: 3, val: 2 });
    // Void above, classes below.
    writeItem(folder, 'val', 'void', 11);
    const { id } = await importData(host, folder);
    mkdirSync(at('out'));
    expect(await exported(id, format, at('out'), true)).toMatchObject({ status: 'done' });
    const [before, after] = [openDataset(folder), openDataset(at('out'))];
    expect(after.items).toHaveLength(6);
    for (const item of before.items) {
      const name = path.basename(item.image);
      const back = after.items.find((one) => one.image.endsWith(`${item.split}/${name}`))!;
      const wanted = readItem(folder, item, before.table).labels!;
      const found = readItem(at('out'), back, after.table).labels!;
      // Where there are only objects, what lies between them is background.
      const rest = ['png', 'voc', 'labelme'].includes(format) ? 'void' : 'background';
      const named = (map: Uint8Array, of: typeof before) => [...map].map((label) => of.classes[label]?.name ?? rest);
      expect(named(found, after)).toEqual(named(wanted, before));
    }
  },
);

test('what stands in the way is said, and nothing is left', async () => {
  const folder = makeCamvid(at('streets'), { train: 2 });
  const { id } = await importData(host, folder);
  mkdirSync(at('full'));
  writeFileSync(at('full', 'mine.txt'), 'x');
  const message = async (format: string, to: string) => (await exported(id, format, to)).message;
  expect(await message('png', at('full'))).toMatch(/full is not empty\. Choose an empty or a new folder\./);
  expect(await message('png', path.join(folder, 'export'))).toMatch(/lies in the data set itself/);
  await expect(request(host, 'exports.check', { dataset: id, format: 'cityscapes' })).rejects.toThrow(
    /are none of them/,
  );
  await expect(request(host, 'exports.check', { dataset: id, format: 'yolo' })).rejects.toThrow(/no format “yolo”/);
  rmSync(path.join(folder, 'trainannot', 'img1.png'));
  expect(await message('png', at('out'))).toMatch(/img1\.png.*not there/);
  expect(readdirSync(own.folder).filter((name) => /out|tmp/.test(name))).toEqual([]);
  expect(existsSync(path.join(folder, 'export'))).toBe(false);
});

test('shapes that touch stay objects of their own, from one format to another', async () => {
  mkdirSync(at('shapes'));
  const size = { width: 8, height: 4 };
  writeFileSync(at('shapes', 'a.png'), encodeImage({ ...size, data: new Uint8Array(3 * 8 * 4) }));
  const car = (x: number) => ({
    label: 'car',
    points: [
      [x, 0],
      [x + 4, 4],
    ],
    shape_type: 'rectangle',
    flags: {},
    group_id: null,
  });
  const file = {
    version: '5.4.1',
    flags: {},
    shapes: [car(0), car(4)],
    imagePath: 'a.png',
    imageData: null,
    imageHeight: 4,
    imageWidth: 8,
  };
  writeFileSync(at('shapes', 'a.json'), JSON.stringify(file));
  const { id } = await importData(host, at('shapes'));
  const areas = async (to: string): Promise<number[]> => {
    expect(await exported(id, 'coco', at(to))).toMatchObject({ status: 'done' });
    const [name] = readdirSync(at(to, 'annotations'));
    const { annotations } = JSON.parse(readFileSync(at(to, 'annotations', name), 'utf8'));
    return annotations.map(({ area }: { area: number }) => area);
  };
  expect(await areas('out')).toEqual([16, 16]);
  const [{ id: item }] = (await request(host, 'items.query', itemQuery.parse({ dataset: id }))).items;
  const stroke = new Stroke(await fetchPlanes(host, item));
  stroke.span(0, 0, 1, IGNORE);
  await request(host, 'annotations.save', { item, sequence: 0, edit: edit(stroke) });
  expect(await areas('edited')).toEqual([15, 16]);
});

test('corners are kept from import to export, until pixels are painted over; and that is said before', async () => {
  const size = { width: 8, height: 4 };
  mkdirSync(at('streets', 'annotations'), { recursive: true });
  writeFileSync(at('streets', 'a.png'), encodeImage({ ...size, data: new Uint8Array(3 * 8 * 4) }));
  const segmentations = [[[0.5, 0, 5.25, 0.1, 5, 4, 0, 4]], [[4, 1, 8, 1, 6, 3.75]]];
  const file = {
    images: [{ id: 7, file_name: 'a.png', ...size }],
    categories: [{ id: 3, name: 'car' }],
    annotations: segmentations.map((segmentation, id) => ({
      id,
      image_id: 7,
      category_id: 3,
      segmentation,
      iscrowd: 0,
    })),
  };
  writeFileSync(at('streets', 'annotations', 'instances_train.json'), JSON.stringify(file));
  const { id } = await importData(host, at('streets'));
  const { notes } = await request(host, 'exports.check', { dataset: id, format: 'coco' });
  expect(notes[0]).toMatch(/^Shapes keep their corners where/);
  expect((await request(host, 'exports.check', { dataset: id, format: 'png' })).notes[0]).toMatch(
    /without the corners/,
  );
  const written = async (to: string): Promise<unknown[]> => {
    expect(await exported(id, 'coco', at(to))).toMatchObject({ status: 'done' });
    const { annotations } = JSON.parse(readFileSync(at(to, 'annotations', 'instances_train.json'), 'utf8'));
    return annotations.map(({ segmentation }: { segmentation: unknown }) => segmentation);
  };
  expect(await written('out')).toEqual(segmentations);
  const [{ id: item }] = (await request(host, 'items.query', itemQuery.parse({ dataset: id }))).items;
  const stroke = new Stroke(await fetchPlanes(host, item));
  stroke.span(0, 2, 3, 0);
  await request(host, 'annotations.save', { item, sequence: 0, edit: edit(stroke) });
  const [first, second] = await written('edited');
  expect(first).toHaveProperty('counts');
  expect(second).toEqual(segmentations[1]);
});
