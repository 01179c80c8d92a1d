/** ADE20K in full, ScanNet, COCO-Stuff and PASCAL-Context: what their files say, and what is told where they are wrong. */
import { describe, expect, test } from 'vitest';
import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { indexItem } from '../../../src-main/datasets/index-items.ts';
import { readItem } from '../../../src-main/datasets/read-item.ts';
import { openDataset } from '../../../src-main/datasets/registry.ts';
import { folderMaker, pngOf } from './files.ts';

const picture = encodeImage({ width: 4, height: 1, data: new Uint8Array(12) });
const made = folderMaker();
const grey = (...values: number[]) => pngOf({ width: 4, height: 1, depth: 8, colour: 0, values });
const wide = (...values: number[]) => pngOf({ width: 4, height: 1, depth: 16, colour: 0, values });
/** Pixels of which only blue matters. */
const blue = (...values: number[]) =>
  encodeImage({ width: 4, height: 1, data: Uint8Array.from(values.flatMap((value) => [10, 7, value])) });

/** The classes of an item's pixels by name. */
function named(root: string, key: string, layout?: string): (string | undefined)[] {
  const found = openDataset(root, layout ? { layout } : null);
  const item = found.items.find((one) => one.key === key)!;
  return Array.from(readItem(root, item, found.table).labels!, (label) =>
    label === IGNORE ? 'ignored' : found.classes[label].name,
  );
}

describe('ADE20K in full', () => {
  const street = 'images/training/s/street/ADE_train_00000001';

  test('instances are the blue values in rising order, 0 or not; parts are left alone, and told', () => {
    const root = made({
      [`${street}.jpg`]: picture,
      [`${street}_seg.png`]: blue(0, 200, 3, 90),
      [`${street}_parts_1.png`]: blue(1, 2, 3, 4),
      [`${street}_atr.txt`]:
        '001 # 0 # 0 # car, auto # car # ""\r\n002 # 0 # 1 # sky # sky # ""\r\n003 # 0 # 0 # car, auto # cab # ""\r\n001 # 1 # 0 # wheel # wheel # ""\r\n',
      'images/validation/outliers/h/hall/b.jpg': picture,
      'images/validation/outliers/h/hall/b_seg.png': blue(3, 3, 200, 200),
      'images/validation/outliers/h/hall/b_atr.txt': '001 # 0 # 0 # sky # sky # ""\n002 # 0 # 0 # floor # floor # ""\n',
    });
    const found = openDataset(root);
    expect(found.layout).toBe('ade20k-full');
    const message = '1 file of parts (images/training/s/street/ADE_train_00000001_parts_1.png) is not read';
    expect(found.problems).toEqual([{ path: 'images', message: expect.stringContaining(message) }]);
    // Those of most images come first.
    expect(found.classes.map((one) => one.name)).toEqual(['sky', 'car, auto', 'floor']);
    expect(found.items.map((item) => item.key)).toEqual(['train/s/street/ADE_train_00000001', 'val/outliers/h/hall/b']);
    expect(named(root, found.items[0].key)).toEqual(['ignored', 'car, auto', 'car, auto', 'sky']);
    expect(named(root, found.items[1].key)).toEqual(['sky', 'sky', 'floor', 'floor']);
  });

  test('an instance without a name, lines that name none, and a missing list are told', () => {
    const root = made({
      [`${street}.jpg`]: picture,
      [`${street}_seg.png`]: blue(5, 6, 7, 0),
      [`${street}_atr.txt`]: '001 # 0 # 0 # sky # sky # ""\nnonsense\n003 # 0\n',
      'images/training/s/street/x.jpg': picture,
      'images/training/s/street/x_seg.png': blue(1, 1, 1, 1),
      'images/training/s/street/y.jpg': picture,
    });
    const found = openDataset(root);
    expect(found.items.map((item) => item.labels !== null)).toEqual([true, false, false]);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('line 2'),
      expect.stringContaining('line 3'),
      expect.stringContaining('x_atr.txt'),
    ]);
    const { pixels, problems } = indexItem(root, found.items[0], found.table, found.classes.length);
    expect([pixels, problems.map((problem) => problem.message)]).toEqual([
      [1],
      [expect.stringContaining('instances 2, 3, which the annotations do not name')],
    ]);
  });

  test('more names than a label map holds: the rarest are ignored, and told', () => {
    const line = (n: number) => `${n + 1} # 0 # 0 # thing ${String(n).padStart(3, '0')} # x # ""\n`;
    const root = made({
      [`${street}.jpg`]: picture,
      [`${street}_seg.png`]: blue(1, 2, 3, 4),
      [`${street}_atr.txt`]: Array.from({ length: 260 }, (_, n) => line(n)).join(''),
    });
    const found = openDataset(root);
    expect(found.classes).toHaveLength(255);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('the 5 rarest of 260 names, from “thing 255” on'),
    ]);
  });
});

describe('ScanNetV2', () => {
  const ids =
    'id\traw_category\tcategory\tcount\tnyu40id\n1\twall\twall\t8277\t1\n1357\tshelf end\tshelf\t1\t15\n56\tcan\tcan\t9\t39\n9\tx\tx\t1\t\n';

  test('label maps of NYU’s ids: the 20 of the benchmark, all others ignored, unknown ones told', () => {
    const root = made({
      'scans/scene0002_01/color/0.jpg': picture,
      'scans/scene0002_01/label/0.png': grey(1, 39, 40, 41),
      'scans_test/scene0707_00/color/0.jpg': picture,
      'Tasks/Benchmark/scannetv2_val.txt': 'scene0002_01\n',
    });
    const found = openDataset(root);
    expect([found.layout, found.items.map((item) => item.key), found.problems]).toEqual([
      'scannet',
      ['val/scene0002_01/0', 'test/scene0707_00/0'],
      [],
    ]);
    expect(named(root, 'val/scene0002_01/0')).toEqual(['wall', 'other furniture', 'ignored', 'ignored']);
    const { problems } = indexItem(root, found.items[0], found.table, 20);
    expect(problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('the label value 41 (1 pixel)'),
    ]);
  });

  test('16-bit label maps of its own ids, by its table', () => {
    const files = {
      'scene0000_00/color/0.jpg': picture,
      'scene0000_00/label-filt/0.png': wide(1, 1357, 56, 0),
      'scene0000_00/label-filt/9.png': wide(1, 1, 1, 1),
      'scene0003_00/label-filt/0.png': wide(1, 1, 1, 1),
    };
    const root = made({ ...files, 'scannetv2-labels.combined.tsv': ids });
    const found = openDataset(root);
    expect(found.table).toHaveLength(1358);
    expect(named(root, 'train/scene0000_00/0')).toEqual(['wall', 'ignored', 'other furniture', 'ignored']);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('1 files, the first of them 9.png'),
      expect.stringContaining('scene0003_00 has no images in color'),
    ]);
    // Without the table they mean nothing.
    const others: Record<string, string>[] = [{}, { 'scannetv2-labels.combined.tsv': 'id\tname\n' }];
    for (const other of others) {
      const bare = openDataset(made({ ...files, ...other }));
      expect(bare.items.map((item) => item.labels)).toEqual([null]);
      expect(bare.problems[0].path).toBe('scannetv2-labels.combined.tsv');
    }
  });
});

describe('CamVid as it was published', () => {
  const colours = (...pixels: number[][]) => encodeImage({ width: 4, height: 1, data: Uint8Array.from(pixels.flat()) });

  test('one folder, its own list of colours, void ignored, other colours told', () => {
    const root = made({
      '701_StillsRaw_full/a.png': picture,
      '701_StillsRaw_full/b.png': picture,
      'LabeledApproved_full/a_L.png': colours([64, 128, 64], [0, 0, 0], [1, 1, 1], [64, 192, 0]),
      'LabeledApproved_full/lost_L.png': colours([0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]),
      'label_colors.txt': '64 128 64\tAnimal\n0 0 0\t\tVoid\n64 192 0\tWall\n64 192 0\tTwice\nnonsense\n',
    });
    const found = openDataset(root);
    expect([found.layout, found.classes]).toEqual([
      'camvid-colours',
      [
        { name: 'Animal', color: [64, 128, 64] },
        { name: 'Wall', color: [64, 192, 0] },
      ],
    ]);
    expect(found.items.map((item) => [item.key, item.labels !== null])).toEqual([
      ['train/a', true],
      ['train/b', false],
    ]);
    expect(named(root, 'train/a')).toEqual(['Animal', 'ignored', 'ignored', 'Wall']);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('line 4'),
      expect.stringContaining('line 5'),
      expect.stringContaining('lost_L.png is a label map without an image'),
    ]);
    const { problems } = indexItem(root, found.items[0], found.table, 2);
    expect(problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('the colour (1, 1, 1) (1 pixels)'),
    ]);
  });

  test('in splits, with a list of names, or with none', () => {
    const files = {
      'test/a.png': picture,
      'test_labels/a_L.png': colours([192, 128, 192], [128, 64, 128], [0, 0, 0], [128, 64, 128]),
    };
    expect(named(made(files), 'test/a')).toEqual(['Truck_Bus', 'Road', 'ignored', 'Road']);
    const list = 'name,r,g,b\nBus,192,128,192\nRoad,128,64,128\n';
    expect(named(made({ ...files, 'class_dict.csv': list }), 'test/a')).toEqual(['Bus', 'Road', 'ignored', 'Road']);
  });
});

describe('COCO-Stuff', () => {
  test('values are ids less one; ids that were never used are told; void is ignored', () => {
    const root = made({
      'train2017/000000000009.jpg': picture,
      'annotations/train2017/000000000009.png': grey(0, 181, 255, 11),
      'annotations/val2017/000000000010.png': grey(0, 0, 0, 0),
    });
    const found = openDataset(root);
    expect([found.layout, found.classes.length]).toEqual(['coco-stuff', 171]);
    expect(named(root, 'train/000000000009')).toEqual(['person', 'wood', 'ignored', 'ignored']);
    expect(found.problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('no folder images/val2017 or val2017'),
    ]);
    const { problems } = indexItem(root, found.items[0], found.table, 171);
    expect(problems.map((problem) => problem.message)).toEqual([
      expect.stringContaining('the label value 11 (1 pixel)'),
    ]);
  });
});

describe('VOC and what was made of it', () => {
  test('with SBD’s list its images are training images, with the original label maps where there are any', () => {
    const root = made({
      'JPEGImages/2007_000001.jpg': picture,
      'JPEGImages/2008_000002.jpg': picture,
      'JPEGImages/2010_000003.jpg': picture,
      'SegmentationClass/2007_000001.png': grey(1, 1, 1, 255),
      'SegmentationClassAug/2007_000001.png': grey(2, 2, 2, 2),
      'SegmentationClassAug/2008_000002.png': grey(3, 3, 3, 3),
      'SegmentationClassAug/2010_000003.png': grey(4, 4, 4, 4),
      'ImageSets/Segmentation/train.txt': '2007_000001\n',
      'ImageSets/Segmentation/train_aug.txt':
        '/JPEGImages/2007_000001.jpg /SegmentationClassAug/2007_000001.png\nJPEGImages/2008_000002.jpg SegmentationClassAug/2008_000002.png\n',
      'ImageSets/Segmentation/trainvalaug.txt': '2007_000001\n2008_000002\n2010_000003\n',
      'ImageSets/Segmentation/val.txt': '2010_000003\n',
    });
    const found = openDataset(root);
    expect([found.layout, found.problems]).toEqual(['voc', []]);
    expect(found.items.map((item) => item.key)).toEqual(['train/2007_000001', 'train/2008_000002', 'val/2010_000003']);
    expect(named(root, 'train/2007_000001')).toEqual(['aeroplane', 'aeroplane', 'aeroplane', 'ignored']);
    expect(named(root, 'train/2008_000002')[0]).toBe('bird');
  });

  test('PASCAL-Context with its background as a class, or without', () => {
    const root = made({
      'JPEGImages/a.jpg': picture,
      'SegmentationClass/a.png': grey(1, 1, 1, 1),
      'SegmentationClassContext/a.png': grey(0, 1, 59, 60),
      'ImageSets/SegmentationContext/train.txt': 'a\nlost\n',
    });
    expect(named(root, 'train/a')).toEqual(['background', 'aeroplane', 'wood', 'ignored']);
    expect(named(root, 'train/a', 'pascal-context-59')).toEqual(['ignored', 'aeroplane', 'wood', 'ignored']);
    expect(named(root, 'train/a', 'voc')).toEqual(Array(4).fill('aeroplane'));
    expect(openDataset(root).problems.map((problem) => problem.message)).toEqual([expect.stringContaining('lost')]);
  });
});
