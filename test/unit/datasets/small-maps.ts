/** Small data sets of the layouts whose label maps are PNG files. */
import { colours, HEIGHT, json, map, matlab, named, picture, type SmallDataset, WIDTH } from './small-parts.ts';

const [W, H] = [WIDTH, HEIGHT];

const ROAD = named('road', 128, 64, 128);
const SKY = named('sky', 70, 130, 180);
const VOC = { aeroplane: named('aeroplane', 128, 0, 0), bicycle: named('bicycle', 0, 128, 0) };

const CONTEXT = {
  'JPEGImages/2008_000001.png': picture(0),
  'JPEGImages/2008_000002.png': picture(1),
  'SegmentationClassContext/2008_000001.png': map(1, 59),
  'ImageSets/SegmentationContext/train.txt': '2008_000001\n',
  'ImageSets/SegmentationContext/val.txt': '2008_000002\n',
};

/** Halves of Cityscapes. */
const POLYGONS = json({
  imgWidth: W,
  imgHeight: H,
  objects: [false, true].map((right) => {
    const [from, to] = right ? [W / 2, W - 1] : [0, W / 2 - 1];
    const polygon = [
      [from, 0],
      [from, H - 1],
      [to, H - 1],
      [to, 0],
    ];
    return { label: right ? 'sky' : 'road', polygon };
  }),
});

/** An image as ADE20K tells its instances apart: the class in red and green, the instance in blue. */
const ade = () => colours([10, 1, 60], [0, 200, 170]);

export const MAPS: readonly SmallDataset[] = [
  {
    layout: 'stillroom',
    title: 'Stillroom',
    items: 3,
    labelled: 2,
    splits: { train: 2, val: 1 },
    classes: 2,
    halves: [named('left', 200, 30, 40), named('right', 30, 40, 200)],
    files: {
      'dataset.json': json({
        format: 'stillroom-dataset',
        version: 1,
        name: 'Two halves',
        classes: [named('left', 200, 30, 40), named('right', 30, 40, 200)],
      }),
      'images/train/a.png': picture(0),
      'labels/train/a.png': map(0, 1),
      'instances/train/a.png': map(0, 1),
      'images/train/b.png': picture(1),
      'images/val/c.png': picture(2),
      'labels/val/c.png': map(0, 1),
    },
  },
  {
    layout: 'camvid',
    title: 'CamVid',
    items: 3,
    labelled: 2,
    splits: { train: 1, val: 1, test: 1 },
    classes: 11,
    halves: [named('Sky', 128, 128, 128), named('Road', 128, 64, 128)],
    files: {
      'train/a.png': picture(0),
      'trainannot/a.png': map(0, 3),
      'val/b.png': picture(1),
      'valannot/b.png': map(0, 3),
      'test/c.png': picture(2),
    },
  },
  {
    layout: 'camvid-colours',
    title: 'CamVid, 32 classes',
    items: 2,
    labelled: 1,
    splits: { train: 1, val: 1 },
    classes: 31,
    halves: [named('Sky', 128, 128, 128), named('Wall', 64, 192, 0)],
    files: {
      'train/0001TP_006690.png': picture(0),
      'train_labels/0001TP_006690_L.png': colours([128, 128, 128], [64, 192, 0]),
      'val/0016E5_07959.png': picture(1),
      'val_labels/notes.txt': '',
    },
  },
  {
    layout: 'voc',
    title: 'Pascal VOC',
    items: 3,
    labelled: 2,
    splits: { train: 2, val: 1 },
    classes: 21,
    halves: [VOC.aeroplane, VOC.bicycle],
    files: {
      'JPEGImages/2007_000001.png': picture(0),
      'JPEGImages/2007_000002.png': picture(1),
      'JPEGImages/2007_000003.png': picture(2),
      'SegmentationClass/2007_000001.png': map(1, 2),
      'SegmentationObject/2007_000001.png': map(1, 2),
      'SegmentationClass/2007_000002.png': colours(VOC.aeroplane.color, VOC.bicycle.color),
      'ImageSets/Segmentation/train.txt': '2007_000001\n2007_000002\n',
      'ImageSets/Segmentation/val.txt': '2007_000003\n',
    },
  },
  {
    layout: 'sbd',
    title: 'SBD',
    items: 2,
    labelled: 1,
    splits: { train: 1, val: 1 },
    classes: 21,
    halves: [VOC.aeroplane, VOC.bicycle],
    files: {
      'img/2008_000002.png': picture(0),
      'img/2008_000003.png': picture(1),
      'cls/2008_000002.mat': matlab('halves, classes'),
      'inst/2008_000002.mat': matlab('halves, objects'),
      'train.txt': '2008_000002\n',
      'val.txt': '2008_000003\n',
    },
  },
  {
    layout: 'pascal-context',
    title: 'PASCAL-Context, 60',
    items: 2,
    labelled: 1,
    splits: { train: 1, val: 1 },
    classes: 60,
    halves: [named('aeroplane', 128, 0, 0), named('wood', 192, 192, 64)],
    files: CONTEXT,
  },
  {
    layout: 'pascal-context-59',
    chosen: true,
    title: 'PASCAL-Context, 59',
    items: 2,
    labelled: 1,
    splits: { train: 1, val: 1 },
    classes: 59,
    halves: [named('aeroplane', 0, 0, 0), named('wood', 64, 192, 64)],
    files: CONTEXT,
  },
  {
    layout: 'coco-stuff',
    title: 'COCO-Stuff',
    items: 2,
    labelled: 2,
    splits: { train: 1, val: 1 },
    classes: 171,
    halves: [named('person', 0, 0, 0), named('wood', 64, 160, 64)],
    files: {
      'images/train2017/000000000009.png': picture(0),
      'stuffthingmaps/train2017/000000000009.png': map(0, 181),
      'stuffthingmaps/train2017/000000000009_labelTrainIds.png': map(0, 170),
      'images/val2017/000000000139.png': picture(1),
      'stuffthingmaps/val2017/000000000139.png': map(0, 181),
    },
  },
  {
    layout: 'cityscapes',
    title: 'Cityscapes',
    items: 3,
    labelled: 2,
    splits: { train: 1, val: 1, test: 1 },
    classes: 19,
    halves: [ROAD, SKY],
    files: {
      'leftImg8bit/train/aachen/aachen_000000_000019_leftImg8bit.png': picture(0),
      'gtFine/train/aachen/aachen_000000_000019_gtFine_labelIds.png': map(7, 23),
      'gtFine/train/aachen/aachen_000000_000019_gtFine_polygons.json': POLYGONS,
      'leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit.png': picture(1),
      'gtFine/val/ulm/ulm_000000_000019_gtFine_polygons.json': POLYGONS,
      'leftImg8bit/test/bonn/bonn_000000_000019_leftImg8bit.png': picture(2),
    },
  },
  {
    layout: 'ade20k',
    title: 'ADE20K, 2016',
    items: 2,
    labelled: 2,
    splits: { train: 1, val: 1 },
    classes: 150,
    halves: [named('wall', 0, 0, 0), named('sky', 0, 128, 0)],
    files: {
      'objectInfo150.txt':
        'Idx\tRatio\tTrain\tVal\tStuff\tName\n1\t0.15\t11664\t1172\t1\twall\n3\t0.08\t8987\t878\t1\tsky\n',
      'images/training/ADE_train_00000001.png': picture(0),
      'annotations/training/ADE_train_00000001.png': map(1, 3),
      'images/validation/ADE_val_00000001.png': picture(1),
      'annotations/validation/ADE_val_00000001.png': map(1, 3),
    },
  },
  {
    layout: 'ade20k-full',
    title: 'ADE20K, full',
    items: 2,
    labelled: 1,
    splits: { train: 1, val: 1 },
    classes: 2,
    halves: [named('wall', 128, 0, 0), named('sky', 0, 0, 0)],
    files: {
      'images/training/s/street/ADE_train_00000001.png': picture(0),
      'images/training/s/street/ADE_train_00000001_seg.png': ade(),
      'images/training/s/street/ADE_train_00000001_atr.txt':
        '001 # 0 # 0 # wall # wall # ""\n002 # 0 # 1 # sky # sky # "cloudy"\n001 # 1 # 0 # window # window # ""\n',
      'images/training/w/wood/ADE_train_00000002_atr.txt': '',
      'images/validation/s/street/ADE_val_00000001.png': picture(1),
    },
  },
  {
    layout: 'scannet',
    title: 'ScanNetV2',
    items: 3,
    labelled: 2,
    splits: { train: 2, val: 1 },
    classes: 20,
    halves: [named('wall', 0, 0, 0), named('other furniture', 128, 192, 0)],
    files: {
      'scannetv2_train.txt': 'scene0000_00\nscene0001_00\n',
      'scannetv2_val.txt': 'scene0011_00\n',
      'scene0000_00/color/000000.png': picture(0),
      'scene0000_00/color/000100.png': picture(1),
      'scene0000_00/label/000000.png': map(1, 39),
      'scene0011_00/color/000000.png': picture(2),
      'scene0011_00/label/000000.png': map(1, 39),
    },
  },
  {
    layout: 'bdd100k',
    title: 'BDD100K',
    items: 2,
    labelled: 1,
    splits: { train: 1, val: 1 },
    classes: 19,
    halves: [ROAD, SKY],
    files: {
      'images/10k/train/a.png': picture(0),
      'labels/sem_seg/masks/train/a.png': map(0, 10),
      'images/10k/val/b.png': picture(1),
    },
  },
  {
    layout: 'plain',
    title: 'Images and label maps',
    items: 2,
    labelled: 1,
    splits: { train: 2 },
    classes: 2,
    halves: [named('left', 0, 0, 0), named('right', 128, 0, 0)],
    files: {
      'classes.txt': 'left\nright\n',
      'images/a.png': picture(0),
      'images/b.png': picture(1),
      'labels/a.png': map(0, 1),
    },
  },
  {
    layout: 'gta5',
    title: 'GTA5',
    items: 2,
    labelled: 2,
    splits: { train: 2 },
    classes: 19,
    halves: [ROAD, SKY],
    files: {
      'images/00001.png': picture(0),
      'labels/00001.png': map(7, 23),
      'images/00002.png': picture(1),
      'labels/00002.png': map(7, 23),
    },
  },
];
