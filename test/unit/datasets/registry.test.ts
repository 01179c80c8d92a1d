import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { Problem } from '../../../src-main/contract/problem.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import { fileInDataset, OUTSIDE } from '../../../src-main/datasets/layout.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset, ruleOf } from '../../../src-main/datasets/registry.ts';
import { CAMVID, folderOf } from './files.ts';

const picture = encodeImage({ width: 4, height: 3, data: new Uint8Array(36).fill(100) });
const labels = (...values: number[]) =>
  encodeLabels({ width: 4, height: 3, data: Uint8Array.from({ length: 12 }, (_, i) => values[i % values.length]) });

const folders: string[] = [];
function made(files: Record<string, Uint8Array | string>): string {
  const folder = folderOf(files);
  folders.push(folder);
  return folder;
}
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function problemOf(folder: string): Problem {
  try {
    openDataset(folder);
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    expect((error as Problem).next).toBeTruthy();
    return error as Problem;
  }
  throw new Error('no Problem was thrown');
}

describe('CamVid', () => {
  test('all splits in order, lists and litter ignored, items without a label map unlabelled', () => {
    const root = made({
      'val/b.png': picture,
      'valannot/b.png': labels(1),
      'val/a.PNG': picture,
      'train/z.jpg': picture,
      'trainannot/z.png': labels(0),
      'test/t.png': picture,
      'train.txt': '/SegNet/CamVid/train/z.png /SegNet/CamVid/trainannot/z.png\n',
      'train/.DS_Store': 'x',
      'train/Thumbs.db': 'x',
    });
    const found = openDataset(root);
    expect(found).toMatchObject({ layout: 'camvid', root, name: path.basename(root), problems: [] });
    expect(found.classes.map((one) => one.name).slice(0, 2)).toEqual(['Sky', 'Building']);
    expect(found.items).toEqual([
      { key: 'train/z', split: 'train', image: 'train/z.jpg', labels: 'trainannot/z.png' },
      { key: 'val/a', split: 'val', image: 'val/a.PNG', labels: null },
      { key: 'val/b', split: 'val', image: 'val/b.png', labels: 'valannot/b.png' },
      { key: 'test/t', split: 'test', image: 'test/t.png', labels: null },
    ]);
  });

  test.each(['train', 'val', 'test'])('%s alone is accepted', (split) => {
    const found = openDataset(made({ [`${split}/a.png`]: picture, [`${split}annot/a.png`]: labels(1) }));
    expect(found.items.map((item) => item.key)).toEqual([`${split}/a`]);
  });

  test('what does not belong is told and does not stop the rest', () => {
    const found = openDataset(
      made({
        'val/a.png': picture,
        'val/a.jpg': picture,
        'val/notes.txt': 'x',
        'val/more/b.png': picture,
        'valannot/a.png': labels(1),
        'valannot/lost.png': labels(1),
        'valannot/a.json': '{}',
      }),
    );
    expect(found.items).toHaveLength(1);
    expect(found.problems.map((problem) => problem.path).sort()).toEqual([
      'val/a.png',
      'val/more',
      'val/notes.txt',
      'valannot/a.json',
      'valannot/lost.png',
    ]);
    for (const problem of found.problems) expect(problem.message).toContain(problem.path);
  });

  test('a linked split is followed', () => {
    const real = made({ 'x/a.png': picture });
    const root = made({ 'valannot/a.png': labels(1) });
    symlinkSync(path.join(real, 'x'), path.join(root, 'val'), 'dir');
    expect(openDataset(root).items.map((item) => item.key)).toEqual(['val/a']);
  });

  test('the label table: eleven classes, 11 is void, the rest has no meaning', () => {
    const table = openDataset(made({ 'val/a.png': picture, 'valannot/a.png': labels(1) })).table;
    expect([...table.slice(0, 13)]).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, IGNORE, OUTSIDE]);
    expect(table[255]).toBe(OUTSIDE);
  });

  test.skipIf(!existsSync(CAMVID))('the real one (skipped where ../shared is missing)', () => {
    const before = readdirSync(CAMVID).map((name) => [name, statSync(path.join(CAMVID, name)).mtimeMs]);
    const found = openDataset(CAMVID);
    expect([found.layout, found.items.length, found.problems]).toEqual(['camvid', 468, []]);
    expect(found.items.filter((item) => item.labels).length).toBe(468);
    expect(found.items.some((item) => item.key === 'val/0016E5_07959')).toBe(true);
    const item = found.items.find((one) => one.key === 'val/0016E5_07959')!;
    const { image, labels: map } = readItem(CAMVID, item, found.table);
    expect([image.width, image.height, map?.length]).toEqual([480, 360, 480 * 360]);
    expect(new Set(map)).toContain(IGNORE);
    expect(readdirSync(CAMVID).map((name) => [name, statSync(path.join(CAMVID, name)).mtimeMs])).toEqual(before);
  });
});

describe('our own layout', () => {
  const file = (extra: object = {}) =>
    JSON.stringify({
      format: 'stillroom-dataset',
      version: 1,
      name: 'Two things',
      classes: [
        { name: 'one', color: [1, 2, 3] },
        { name: 'two', color: [4, 5, 6] },
      ],
      ...extra,
    });

  test('splits are the folders in images, 255 is ignore', () => {
    const root = made({
      'dataset.json': file(),
      'images/val/a.png': picture,
      'labels/val/a.png': labels(0, 1, 255),
      'images/night/b.png': picture,
      'images/stray.png': picture,
    });
    const found = openDataset(root);
    expect(found).toMatchObject({ layout: 'stillroom', name: 'Two things' });
    expect(found.items.map((item) => [item.key, item.labels])).toEqual([
      ['val/a', 'labels/val/a.png'],
      ['night/b', null],
    ]);
    expect(found.problems.map((problem) => problem.path)).toEqual(['images/stray.png']);
    const map = readItem(root, found.items[0], found.table).labels;
    expect([...map!.slice(0, 4)]).toEqual([0, 1, IGNORE, 0]);
  });

  test.each([
    ['no JSON', 'hello', 'is not readable JSON'],
    ['another format', file({ format: 'else' }), 'at format'],
    ['a newer version', file({ version: 2 }), 'at version'],
    ['one class', file({ classes: [{ name: 'one', color: [1, 2, 3] }] }), 'at classes'],
    [
      'two classes of one name',
      file({ classes: Array(2).fill({ name: 'x', color: [1, 2, 3] }) }),
      'two classes have one name',
    ],
    ['an unknown field', file({ extra: 1 }), 'extra'],
    ['a prototype', file().replace('"version"', '"__proto__":{"x":1},"version"'), '__proto__'],
    ['a flood', `[${'['.repeat(190_000)}`, 'dataset.json'],
    ['no images', file(), 'no folder images'],
  ])('%s is refused in words', (_, content, words) => {
    const root = made({ 'dataset.json': content });
    const { line } = problemOf(root);
    expect(line).toContain(words);
    expect(line).toContain(root);
  });
});

describe('folders that are no data set', () => {
  test('an empty one', () => {
    const { message } = problemOf(made({}));
    expect(message).toContain('is empty');
    expect(message).toContain('trainannot');
  });

  test('an unknown one: what is there and what was looked for', () => {
    const { message } = problemOf(made({ 'pictures/a.png': picture, 'readme.txt': 'x' }));
    expect(message).toContain('pictures/, readme.txt');
    expect(message).toContain('CamVid');
    expect(message).toContain('dataset.json');
  });

  test('one too deep or not deep enough: the right one is named', () => {
    const root = made({ 'CamVid/val/a.png': picture, 'CamVid/valannot/a.png': labels(1) });
    expect(problemOf(root).next).toContain(path.join(root, 'CamVid'));
    expect(problemOf(path.join(root, 'CamVid', 'val')).next).toContain(path.join(root, 'CamVid'));
  });

  test('a known layout without an image', () => {
    const root = made({ 'valannot/a.png': labels(1) });
    mkdirSync(path.join(root, 'val'));
    expect(problemOf(root).message).toContain('holds no image');
  });

  test('a file, and nothing', () => {
    const root = made({ 'a.png': picture });
    expect(problemOf(path.join(root, 'a.png')).message).toContain('is a file');
    expect(problemOf(path.join(root, 'gone')).message).toContain('it is not there');
  });
});

describe('reading an item', () => {
  test('a label map of another size is a Problem with both sizes', () => {
    const root = made({
      'val/a.png': picture,
      'valannot/a.png': encodeLabels({ width: 3, height: 4, data: new Uint8Array(12) }),
    });
    const found = openDataset(root);
    const read = () => readItem(root, found.items[0], found.table);
    expect(read).toThrow(Problem);
    expect(read).toThrow(/3×4 pixels, but its image a\.png has 4×3/);
  });

  test('values without a meaning are ignored', () => {
    const root = made({ 'val/a.png': picture, 'valannot/a.png': labels(0, 10, 11, 12, 200, 255) });
    const found = openDataset(root);
    expect([...readItem(root, found.items[0], found.table).labels!.slice(0, 6)]).toEqual([0, 10, 255, 255, 255, 255]);
  });

  test('a file that went away is a Problem', () => {
    const root = made({ 'val/a.png': picture, 'valannot/a.png': labels(1) });
    const found = openDataset(root);
    rmSync(path.join(root, 'val/a.png'));
    expect(() => readItem(root, found.items[0], found.table)).toThrow(/cannot read .*a\.png: it is not there/);
  });

  test('no path leads out of the folder', () => {
    const root = made({ 'a/x.png': picture });
    for (const bad of ['../x.png', 'a/../../x.png', '/etc/passwd', '..', '']) {
      expect(() => fileInDataset(path.join(root, 'a'), bad)).toThrow(Problem);
    }
    expect(fileInDataset(root, 'a/..x.png')).toBe(path.join(root, 'a', '..x.png'));
  });
});

test('opening writes nothing', () => {
  const root = made({ 'val/a.png': picture, 'valannot/a.png': labels(1) });
  const list = () =>
    readdirSync(root, { recursive: true }).map((name) => [name, statSync(path.join(root, String(name))).mtimeMs]);
  const before = list();
  openDataset(root);
  expect(list()).toEqual(before);
  expect(readFileSync(path.join(root, 'val/a.png'))).toEqual(Buffer.from(picture));
  writeFileSync(path.join(root, 'proof'), '');
  expect(list()).not.toEqual(before);
});

test('shapes are drawn by the rule of the layout’s own program', () => {
  expect(['labelme', 'cityscapes', 'coco-instances', 'cvat', 'camvid', 'nothing'].map(ruleOf)).toEqual([
    ...['touched', 'touched', 'area', 'area', 'area', 'area'],
  ]);
});
