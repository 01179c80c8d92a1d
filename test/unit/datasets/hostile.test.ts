/** Files that were made to do harm: a sentence for each, soon, and nothing is read from outside of the data set. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deflateSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { draw } from '../../../src-main/datasets/draw.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { chunk, folderMaker } from './files.ts';

const made = folderMaker();
const picture = encodeImage({ width: 4, height: 3, data: new Uint8Array(36) });

/** All that is told of a folder: by its reader, then of each item. CPU time is bounded, so a busy machine does no harm. */
function told(root: string): string[] {
  const before = process.cpuUsage();
  const found = openDataset(root);
  const problems = [
    ...found.problems,
    ...found.items.flatMap((item) => indexItem(root, item, found.table, found.classes.length).problems),
  ];
  const { user, system } = process.cpuUsage(before);
  expect((user + system) / 1e6).toBeLessThan(2);
  for (const { message } of problems) expect(message).toMatch(/^\S.{10,}[.”]$/su);
  return problems.map((problem) => problem.message);
}

/** A PNG whose header says what its data does not hold, or do. */
function bomb(width: number, height: number, colour: 0 | 2, data: Uint8Array): Uint8Array {
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, colour, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk('IHDR', header),
    chunk('IDAT', Buffer.from(data)),
    chunk('IEND', Buffer.alloc(0)),
  ]);
}

describe('PNG', () => {
  const zeros = deflateSync(Buffer.alloc(30_000_000), { level: 9 });

  test.each([
    ['60,000² as it is announced', 60_000, 60_000],
    ['as wide as PNG allows', 0x7fffffff, 1],
  ])('%s is refused by its header, as image and as label map', (_, width, height) => {
    const root = made({
      'val/a.png': bomb(width, height, 2, zeros),
      'valannot/a.png': bomb(width, height, 0, zeros),
      'val/b.png': picture,
      'valannot/b.png': bomb(width, height, 0, zeros),
    });
    const messages = told(root);
    // The image a, and the label map of b: without an image there is nothing to label.
    expect(messages).toHaveLength(2);
    for (const message of messages) expect(message).toContain(`${width}×${height} pixels`);
  });

  test('more data than announced, and less', () => {
    const root = made({
      'val/a.png': picture,
      'valannot/a.png': bomb(4, 3, 0, zeros),
      'val/b.png': picture,
      'valannot/b.png': bomb(9_000, 9_000, 0, deflateSync(Buffer.alloc(10))),
    });
    expect(told(root)).toEqual([
      expect.stringContaining('more data than its size says'),
      expect.stringContaining('less data than its size says'),
    ]);
  });

  test('a bomb in a mask of labelme', () => {
    const mask = Buffer.from(bomb(10_000, 10_000, 0, zeros)).toString('base64');
    const shape = {
      label: 'cat',
      shape_type: 'mask',
      points: [
        [0, 0],
        [3, 2],
      ],
      mask,
    };
    const root = made({
      'a.png': picture,
      'a.json': JSON.stringify({ shapes: Array(200).fill(shape), imagePath: 'a.png', imageWidth: 4, imageHeight: 3 }),
    });
    expect(told(root).at(-1)).toContain('180 more shapes were left out');
  });

  test('a pipe in the place of an image is no image', () => {
    const root = made({ 'val/a.png': picture, 'valannot/a.png': picture });
    execFileSync('mkfifo', [path.join(root, 'val', 'pipe.png')]);
    expect(told(root).join()).toContain('it is a pipe or a device');
  });
});

describe('paths', () => {
  test.each([
    '../secret.png',
    '..\\secret.png',
    '/etc/passwd',
    'C:\\secret.png',
    'a/../../secret.png',
    'x\0.png',
    '..',
  ])('%s in labelme leads nowhere', (imagePath) => {
    const root = path.join(made({ 'data/a.png': picture, 'secret.png': picture }), 'data');
    writeFileSync(path.join(root, 'b.json'), JSON.stringify({ shapes: [], imagePath }));
    expect(told(root)).toEqual([expect.stringContaining('which is not there')]);
    expect(openDataset(root).items.map((item) => item.image)).toEqual(['a.png']);
  });

  test.each([
    [
      'coco',
      'annotations/instances_val.json',
      { images: [{ id: 1, file_name: '../secret.png', width: 4, height: 3 }], annotations: [], categories: [] },
    ],
    [
      'datumaro',
      'annotations/val.json',
      { categories: {}, items: [{ id: '../../secret', image: { path: '../../secret.png' }, annotations: [] }] },
    ],
  ])('nor in %s', (_, file, content) => {
    const root = path.join(made({ 'data/val/a.png': picture, 'secret.png': picture }), 'data');
    mkdirSync(path.join(root, 'annotations'));
    writeFileSync(path.join(root, file), JSON.stringify(content));
    expect(() => openDataset(root)).toThrow(/holds no image.*there is no such image/s);
  });

  test('names that mean something to the language are names', () => {
    const found = openDataset(
      made({
        'images/constructor/toString.png': picture,
        'images/__proto__/valueOf.png': picture,
        'labels/constructor/toString.png': picture,
        'classes.txt': '__proto__\nconstructor\nhasOwnProperty\n',
      }),
    );
    expect(found.items.map((item) => [item.split, item.key])).toEqual([
      ['__proto__', '__proto__/valueOf'],
      ['constructor', 'constructor/toString'],
    ]);
    expect(found.classes.map((one) => one.name)).toEqual(['__proto__', 'constructor', 'hasOwnProperty']);
  });
});

describe('JSON', () => {
  const nested = (levels: number, open: string, close: string) => `${open.repeat(levels)}1${close.repeat(levels)}`;
  const labelme = (shapes: string) => made({ 'a.png': picture, 'a.json': `{"imagePath":"a.png","shapes":${shapes}}` });

  test.each([200, 100_000])('%i levels deep', (levels) => {
    const deep = [nested(levels, '[', ']'), nested(levels, '{"a":', '}')];
    for (const value of deep) {
      expect(told(labelme(`[${value}]`))).toHaveLength(1);
      expect(told(labelme(`[{"label":"x","points":${value}}]`))).toHaveLength(1);
      const coco = `{"images":[{"id":1,"file_name":"a.png","width":4,"height":3}],"categories":[{"id":1,"name":"x"}],"annotations":[{"image_id":1,"category_id":1,"segmentation":${value}}]}`;
      expect(told(made({ 'annotations/instances_val.json': coco, 'val/a.png': picture }))).toHaveLength(1);
    }
  });

  test('prototypes are left as they are', () => {
    const root = labelme(
      '[{"__proto__":{"label":"x"},"points":[]},{"label":"__proto__","points":[[0,0],[3,0],[3,2]]},{"label":"x","shape_type":"constructor","points":[]},{"label":"x","shape_type":"__proto__","points":[]}]',
    );
    expect(told(root)).toEqual([
      expect.stringContaining('shape 1 was left out: at label'),
      expect.stringContaining('“constructor” are not known'),
      expect.stringContaining('“__proto__” are not known'),
    ]);
    expect(openDataset(root).classes.map((one) => one.name)).toEqual(['_background_', '__proto__']);
    expect({}).not.toHaveProperty('label');
  });

  test('points that are no numbers, or larger than any image', () => {
    const points = (text: string) => `{"label":"x","points":[[0,0],[3,0],${text}]}`;
    const messages = told(labelme(`[${['[1,null]', '["1",2]', '[1e999,2]', '[1]', '{}'].map(points)}]`));
    expect(messages).toHaveLength(5);
    const good = { 'b.png': picture, 'b.json': '{"imagePath":"b.png","shapes":[]}' };
    const bad = made({ ...good, 'a.png': picture, 'a.json': `{"imagePath":"a.png","shapes":[${points('[NaN,1]')}]}` });
    expect(told(bad)).toEqual([expect.stringContaining('is not readable JSON')]);
    expect(told(labelme(`[${['[1e300,-1e300]', '[-1e15,1e15]', '[9007199254740993,0]'].map(points)}]`))).toEqual([]);
    const circle = '[{"label":"x","shape_type":"circle","points":[[0,0],[1e300,1e300]]}]';
    expect(told(labelme(circle))).toEqual([]);
  });

  test('shapes on an image of any size are not drawn before the image’s own is known', () => {
    const size = { imageWidth: 10_000, imageHeight: 10_000 };
    const shapes = Array(500).fill({
      label: 'x',
      points: [
        [0, 0],
        [9e9, 0],
        [9e9, 9e9],
        [0, 9e9],
      ],
    });
    const root = made({ 'a.png': picture, 'a.json': JSON.stringify({ imagePath: 'a.png', shapes, ...size }) });
    expect(told(root)).toEqual([expect.stringContaining('10000×10000 pixels, but its image a.png has 4×3')]);
  });

  test.each(['area', 'touched'] as const)('no end of shapes is stopped soon (%s)', (rule) => {
    const [width, height] = [4000, 4000];
    const edges = Array.from({ length: 400 }, (_, i) => [(i * 7919) % width, i % 2 ? height : 0]).flat();
    const whole = [0, 0, width, 0, width, height, 0, height];
    for (const polygon of [edges, whole, Array(50_000).fill([5, 0, 5.5, height, 6, 0]).flat()]) {
      const before = process.cpuUsage();
      const shapes = Array(5000).fill({ value: 1, polygon });
      expect(() => draw({ width, height, rule, rest: 0, shapes }, 'a.json')).toThrow('too many shapes');
      const { user, system } = process.cpuUsage(before);
      expect((user + system) / 1e6).toBeLessThan(2);
    }
  });

  test('a million bad records are told in a few sentences', () => {
    const messages = told(labelme(`[${'0,'.repeat(300_000)}0]`));
    expect(messages).toHaveLength(201);
    expect(messages.at(-1)).toBe('a.json has 299801 more problems like these.');
  });

  test('to recognise labelme, long files are not read, and not many of them', () => {
    const long = `{"version":"5","flags":{},"shapes":[],"imagePath":"a.png","imageData":"${'A'.repeat(2_000_000)}"}`;
    expect(openDataset(made({ 'a.png': picture, 'a.json': long })).layout).toBe('labelme');
    const other = JSON.stringify({ other: 'A'.repeat(2_000_000) });
    const folders = Array.from({ length: 60 }, (_, i) => [`f${i}/x.json`, other]);
    const before = process.cpuUsage();
    expect(() => openDataset(made(Object.fromEntries(folders)))).toThrow(/no data set/);
    const { user, system } = process.cpuUsage(before);
    expect((user + system) / 1e6).toBeLessThan(2);
  });
});

describe('run lengths', () => {
  const coco = (segmentation: unknown) =>
    made({
      'annotations/instances_val.json': JSON.stringify({
        images: [{ id: 1, file_name: 'a.png', width: 4, height: 3 }],
        categories: [{ id: 1, name: 'x' }],
        annotations: [{ image_id: 1, category_id: 1, segmentation }],
      }),
      'val/a.png': picture,
    });
  const size = [3, 4];
  test.each([
    ['too short', { counts: [0, 5], size }, 'are of 5 pixels, not of 12'],
    ['too long', { counts: [0, 500], size }, 'are of 500 pixels, not of 12'],
    ['as text, too short', { counts: '05', size }, 'pixels, not of 12'],
    ['as text, cut off', { counts: '0oo', size }, 'are damaged'],
    ['of another size', { counts: [0, 12], size: [4, 3] }, 'another size than its image'],
    ['negative', { counts: [0, -12], size }, 'another form'],
    ['no numbers', { counts: [0, '12'], size }, 'another form'],
  ])('%s', (_, segmentation, words) => {
    expect(told(coco(segmentation))).toEqual([expect.stringContaining(words)]);
  });

  test('a box larger than the world in CVAT', () => {
    const mask = (width: number, height: number) =>
      `<mask label="x" rle="0, ${width * height}" left="0" top="0" width="${width}" height="${height}"/>`;
    const xml = `<annotations><image name="a.png" width="4" height="3">${mask(1e9, 1e9)}${mask(1, 9e7).repeat(50)}</image></annotations>`;
    expect(told(made({ 'annotations.xml': xml, 'a.png': picture })).join()).toContain('too many shapes');
  });
});

describe('XML', () => {
  const image = '<image name="a.png" width="4" height="3"><box label="&x;" xtl="0" ytl="0" xbr="1" ybr="1"/></image>';
  test.each([
    ['entities that grow', '<!DOCTYPE a [<!ENTITY y "lol"><!ENTITY x "&y;&y;&y;&y;&y;&y;&y;&y;">]>', image],
    ['an entity from a file', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>', image],
    ['an entity that is not declared', '', image],
    ['elements within each other', '', '<a>'.repeat(200)],
    ['an end without a beginning', '', '</b></b>'],
  ])('%s', (_, head, content) => {
    const xml = `<?xml version="1.0"?>${head}<annotations><image name="a.png" width="4" height="3"></image>${content}</annotations>`;
    const root = made({ 'annotations.xml': xml, 'a.png': picture, 'images/b.png': picture });
    let messages: string[];
    try {
      messages = told(root);
    } catch (error) {
      // Where the file breaks before its first image, there is nothing.
      messages = [(error as Error).message];
    }
    expect(messages.join()).toContain('is not readable to its end');
    expect(messages.join()).not.toContain('root:');
  });
});
