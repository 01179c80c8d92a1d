/** Every format: label map → files → label map, read back by what the format's description says. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { ExportDataset, ExportFormat, LabelledItem } from '../../../src-main/annotation/format.ts';
import { FORMATS, formatOf } from '../../../src-main/annotation/registry.ts';
import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { Problem } from '../../../src-main/contract/problem.ts';
import { decodeLabels } from '../../../src-main/datasets/codec.ts';
import { pngHeader } from '../../../src-main/datasets/png.ts';
import { labelMap } from './maps.ts';
import { readBack } from './read-back.ts';

const CLASSES = ['road', 'sky', 'car', 'traffic light'].map((name, i) => ({
  name,
  color: [10 * i + 1, 20, 30] as [number, number, number],
}));
const UNICODE = ['Straße', '空', 'a "b" <c> & d', 'naïve 🚲'].map((name, i) => ({ ...CLASSES[i], name }));

const NAMES = ['a', 'day/one', 'day/two words', 'ünï/空', 'b.c', 'aachen_000001_000019'];

const items = fc
  .array(fc.tuple(fc.constantFrom('train', 'val'), fc.constantFrom(...NAMES), labelMap(4, 16)), {
    minLength: 1,
    maxLength: 5,
  })
  .map((list) => {
    const found = new Map(list.map(([split, name, map]) => [split + name, { split, name, extension: '.png', ...map }]));
    return [...found.values()].sort((a, b) => (a.split < b.split ? -1 : a.split > b.split ? 1 : 0));
  });

function datasetOf(items: LabelledItem[], classes = CLASSES): ExportDataset {
  const ignoring = items.filter((item) => item.labels.includes(IGNORE)).length;
  return { name: 'Streets & "more"', classes, items, ignoring, shaped: false };
}

function written(format: ExportFormat, items: LabelledItem[], classes = CLASSES): Map<string, Uint8Array | string> {
  const dataset = datasetOf(items, classes);
  format.notes(dataset);
  const writer = format.writer(dataset);
  const files = [...items.flatMap((item) => writer.item(item)), ...writer.end()];
  const byPath = new Map(files.map((file) => [file.path, file.data]));
  expect(byPath.size, 'no path comes twice').toBe(files.length);
  return byPath;
}

const item = (rows: string[], more: Partial<LabelledItem> = {}): LabelledItem => ({
  split: 'train',
  name: 'a',
  extension: '.png',
  width: rows[0].length,
  height: rows.length,
  labels: Uint8Array.from(rows.join(''), (letter) => (letter === '.' ? IGNORE : letter.charCodeAt(0) - 97)),
  ...more,
});

describe.each(FORMATS.map((format) => [format.name, format] as const))('%s', (name, format) => {
  const classes = name === 'cityscapes' ? CLASSES : UNICODE;

  test('gives the label maps back', () => {
    fc.assert(
      fc.property(items, (list) => {
        const files = written(format, list, classes);
        for (const one of list) {
          const back = readBack(name, files, one, format.image(one, datasetOf(list, classes)), classes);
          expect(back, `${one.split}/${one.name}`).toEqual(one.labels);
        }
      }),
      { numRuns: 60 },
    );
  });

  test('says what it cannot hold, in sentences', () => {
    const plain = item(['ab', 'ba']);
    for (const note of format.notes(datasetOf([plain, item(['a.'], { name: 'd/e' })], classes)))
      expect(note).toMatch(/^\S.*\.$/);
    const ignored = (list: LabelledItem[]) =>
      format.notes(datasetOf(list, classes)).some((note) => /gnored pixels/.test(note));
    expect(ignored([plain])).toBe(false);
    expect(ignored([item(['a.'])])).toBe(!['png', 'voc', 'coco-panoptic', 'labelme'].includes(name));
  });
});

describe('instances', () => {
  /** Two cars side by side, the left one cut in two by a pole. */
  const cars = item(['cccc', 'ddcc', 'cccc'], {
    instances: Uint16Array.from([7, 7, 9, 9, 0, 0, 9, 9, 7, 7, 9, 9]),
  });
  const annotations = (format: string) => {
    const files = written(formatOf(format), [cars]);
    return JSON.parse(String(files.get('annotations/instances_train.json'))).annotations as {
      category_id: number;
      area: number;
      bbox: number[];
      segmentation: number[][];
    }[];
  };

  test('are one object each, in one part or several', () => {
    const found = annotations('coco').map(({ category_id, area, bbox }) => ({ category_id, area, bbox }));
    expect(found).toEqual([
      { category_id: 3, area: 4, bbox: [0, 0, 2, 3] },
      { category_id: 3, area: 6, bbox: [2, 0, 2, 3] },
      { category_id: 4, area: 2, bbox: [0, 1, 2, 1] },
    ]);
    expect(annotations('coco-polygons').map(({ segmentation }) => segmentation.length)).toEqual([2, 1, 1]);
    expect(JSON.parse(String(written(formatOf('labelme'), [cars]).get('train/a.json'))).shapes).toHaveLength(3);
    const objects = written(formatOf('voc'), [cars]).get('SegmentationObject/a.png') as Uint8Array;
    expect([...decodeLabels(objects, 'a').data]).toEqual([1, 1, 2, 2, 3, 3, 2, 2, 1, 1, 2, 2]);
    const place = 'gtFine/train/train/a_gtFine_instanceIds.png';
    const ids = decodeLabels(written(formatOf('cityscapes'), [cars]).get(place) as Uint8Array, 'a');
    expect(new Set(ids.data).size).toBe(3);
    expect([ids.data[0], ids.data[8]]).toEqual([ids.data[1], ids.data[0]]);
    expect(ids.data[0]).not.toBe(ids.data[2]);
  });
});

test('a format that is not there is refused with the list', () => {
  expect(() => formatOf('yolo')).toThrow(Problem);
  expect(() => formatOf('yolo')).toThrow(/yolo/);
});

describe('Pascal VOC', () => {
  const voc = formatOf('voc');
  const png = (files: Map<string, Uint8Array | string>, path: string) =>
    decodeLabels(files.get(path) as Uint8Array, path);

  test('a palette, background at 0, void at 255, objects numbered', () => {
    const files = written(voc, [item(['aab', '.ba', 'aab'])]);
    expect(pngHeader(files.get('SegmentationClass/a.png') as Uint8Array)).toMatchObject({
      colour: 'palette',
      depth: 8,
    });
    expect([...png(files, 'SegmentationClass/a.png').data]).toEqual([1, 1, 2, 255, 2, 1, 1, 1, 2]);
    expect([...png(files, 'SegmentationObject/a.png').data]).toEqual([1, 1, 2, 255, 3, 4, 5, 5, 6]);
    expect(files.get('ImageSets/Segmentation/train.txt')).toBe('a\n');
    expect(files.get('labelmap.txt')).toContain('\nbackground:0,0,0::\nroad:1,20,30::\n');
    expect(files.get('labelmap.txt')).toMatch(/\nignored:224,224,192::\n$/);
    expect(written(voc, [item(['ab'])]).get('labelmap.txt')).not.toContain('ignored');
  });

  test('a class of the name background is VOC’s', () => {
    const classes = [CLASSES[0], { name: 'Background', color: [9, 9, 9] as [number, number, number] }];
    const files = written(voc, [item(['ab'])], classes);
    expect([...png(files, 'SegmentationClass/a.png').data]).toEqual([1, 0]);
    expect([...png(files, 'SegmentationObject/a.png').data]).toEqual([1, 0]);
    expect(files.get('labelmap.txt')).toContain('\nBackground:0,0,0::\nroad:');
    expect(voc.notes(datasetOf([item(['a'])], classes)).join()).not.toContain('one higher');
  });

  test('classes of one colour get others, and it is said', () => {
    const classes = CLASSES.map((one) => ({ ...one, color: [1, 1, 1] as [number, number, number] }));
    expect(voc.notes(datasetOf([item(['a'])], classes)).join()).toContain('Some classes have one colour');
    expect(written(voc, [item(['a'])], classes).get('labelmap.txt')).toContain('road:128,0,0::\nsky:0,128,0::\n');
  });

  test('more than 254 objects are not counted', () => {
    const stripes = item([Array.from({ length: 300 }, (_, i) => 'ab'[i % 2]).join('')]);
    const files = written(voc, [stripes]);
    expect([...files.keys()].filter((path) => path.startsWith('SegmentationObject'))).toEqual([]);
    expect(png(files, 'SegmentationClass/a.png').width).toBe(300);
  });

  test('255 classes and wrong names are refused', () => {
    const many = Array.from({ length: 255 }, (_, i) => ({ ...CLASSES[0], name: `c${i}` }));
    expect(() => voc.notes(datasetOf([item(['a'])], many))).toThrow(/holds 255 classes.*has 256/);
    expect(() => voc.notes(datasetOf([item(['a'])], [{ ...CLASSES[0], name: 'a:b' }]))).toThrow(/“a:b”/);
  });
});

test('COCO: polygons where there is no hole, run lengths where there is one', () => {
  const files = written(formatOf('coco-polygons'), [item(['aaa', 'aba', 'aaa'])]);
  const { annotations } = JSON.parse(files.get('annotations/instances_train.json') as string);
  expect(annotations.map((one: { segmentation: unknown }) => Array.isArray(one.segmentation))).toEqual([false, true]);
  expect(annotations[1]).toMatchObject({
    segmentation: [[1, 1, 2, 1, 2, 2, 1, 2]],
    bbox: [1, 1, 1, 1],
    area: 1,
    category_id: 2,
  });
});

test('Cityscapes: its own names, its own classes only', () => {
  const cityscapes = formatOf('cityscapes');
  const own = item(['ab'], { name: 'aachen/aachen_000001_000019_leftImg8bit' });
  expect([...written(cityscapes, [own]).keys()]).toContain(
    'gtFine/train/aachen/aachen_000001_000019_gtFine_labelIds.png',
  );
  expect(cityscapes.image(own, datasetOf([own]))).toBe('leftImg8bit/train/aachen/aachen_000001_000019_leftImg8bit.png');
  expect([...written(cityscapes, [item(['ab'], { name: 'x/y' })]).keys()]).toContain(
    'gtFine/train/train/x_y_gtFine_polygons.json',
  );
  expect(() => cityscapes.notes(datasetOf([own], UNICODE))).toThrow(/“Straße”, “空”.*are none of them/);
});

test('Cityscapes: people and vehicles are counted in instanceIds, in the order of the polygons', () => {
  const ids = (one: LabelledItem) => {
    const files = written(formatOf('cityscapes'), [one]);
    const file = 'gtFine/train/train/a_gtFine_instanceIds.png';
    expect(pngHeader(files.get(file) as Uint8Array)).toMatchObject({ colour: 'grey', depth: 16 });
    return [...decodeLabels(files.get(file) as Uint8Array, file).data];
  };
  // Roads and the sky are not counted, cars are; what is ignored is 0.
  expect(ids(item(['aca', '.bc']))).toEqual([7, 26_000, 7, 0, 23, 26_001]);
  // A group has no number: so does what no number is left for.
  const many = ids(item([Array.from({ length: 2010 }, (_, i) => 'ac'[i % 2]).join('')]));
  expect(many.slice(-22)).toEqual([
    7,
    26_999 - 5,
    7,
    26_995,
    7,
    26_996,
    7,
    26_997,
    7,
    26_998,
    7,
    26_999,
    ...Array(5).fill([7, 26]).flat(),
  ]);
});

test('COCO panoptic: segments with area and box, void 0', () => {
  const files = written(formatOf('coco-panoptic'), [item(['ab', '.b'], { name: 'd/e' })]);
  const { annotations, categories } = JSON.parse(files.get('annotations/panoptic_train.json') as string);
  expect(annotations).toEqual([
    {
      image_id: 1,
      file_name: 'd/e.png',
      segments_info: [
        { id: 1, category_id: 1, area: 1, bbox: [0, 0, 1, 1], iscrowd: 0 },
        { id: 2, category_id: 2, area: 2, bbox: [1, 0, 1, 2], iscrowd: 0 },
      ],
    },
  ]);
  expect(categories[0]).toEqual({ id: 1, name: 'road', supercategory: '', isthing: 0, color: [1, 20, 30] });
});

test('CVAT: text that XML cannot hold is refused', () => {
  const classes = [{ ...CLASSES[0], name: 'a\u0001' }];
  expect(() => formatOf('cvat').notes(datasetOf([item(['a'])], classes))).toThrow(/control character/);
});
