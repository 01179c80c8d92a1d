/**
 * A small data set of every layout, as its own tools would write it. Of each image the left half is one class and the
 * right half another; some image, as a rule the last, has no label map.
 */
import type { ClassInfo } from '../../../src-main/contract/dataset.ts';
import { encodeImage } from '../../../src-main/datasets/codec.ts';
import { encodePng } from '../../../src-main/datasets/png.ts';

export const WIDTH = 64;
export const HEIGHT = 48;

export interface SmallDataset {
  layout: string;
  title: string;
  items: number;
  labelled: number;
  /** How many images each split has, in the order in which they are told. */
  splits: Record<string, number>;
  classes: number;
  /** The classes of the two halves of the images. */
  halves: [left: ClassInfo, right: ClassInfo];
  files: Record<string, Uint8Array | string>;
}

const grey = (level: number) =>
  encodeImage({ width: WIDTH, height: HEIGHT, data: new Uint8Array(3 * WIDTH * HEIGHT).fill(level) });

/** An image; no two are of one grey. */
const picture = (index = 0) => grey(60 + 20 * index);

/** A map whose two halves have these values. */
function map(left: number, right: number): Uint8Array {
  const data = Uint8Array.from({ length: WIDTH * HEIGHT }, (_, i) => (i % WIDTH < WIDTH / 2 ? left : right));
  return encodePng(WIDTH, HEIGHT, 1, data);
}

type Colour = ClassInfo['color'];

/** A map whose two halves have these colours. */
function colours(left: Colour, right: Colour): Uint8Array {
  const data = Uint8Array.from({ length: 3 * WIDTH * HEIGHT }, (_, i) => {
    return (Math.floor(i / 3) % WIDTH < WIDTH / 2 ? left : right)[i % 3];
  });
  return encodePng(WIDTH, HEIGHT, 3, data);
}

const [W, H] = [WIDTH, HEIGHT];
const json = (content: unknown) => JSON.stringify(content);
/** The corners of a half, between pixels. */
const half = (right: boolean) => {
  const [from, to] = right ? [W / 2, W] : [0, W / 2];
  return [from, 0, to, 0, to, H, from, H];
};
const named = (name: string, ...color: Colour): ClassInfo => ({ name, color });

const ROAD = named('road', 128, 64, 128);
const SKY = named('sky', 70, 130, 180);
const VOC = { aeroplane: named('aeroplane', 128, 0, 0), bicycle: named('bicycle', 0, 128, 0) };

const coco = (images: string[], more: object) => ({
  images: images.map((file_name, i) => ({ id: i + 1, file_name, width: W, height: H })),
  categories: [
    { id: 7, name: 'cat', supercategory: 'animal' },
    { id: 18, name: 'dog', supercategory: 'animal' },
  ],
  ...more,
});

export const SMALL: readonly SmallDataset[] = [
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
      'SegmentationClass/2007_000002.png': colours(VOC.aeroplane.color, VOC.bicycle.color),
      'ImageSets/Segmentation/train.txt': '2007_000001\n2007_000002\n',
      'ImageSets/Segmentation/val.txt': '2007_000003\n',
    },
  },
  {
    layout: 'coco-panoptic',
    title: 'COCO panoptic',
    items: 2,
    labelled: 1,
    splits: { val: 2 },
    classes: 2,
    halves: [named('cat', 0, 0, 0), named('dog', 128, 0, 0)],
    files: {
      'val2017/000000000001.png': picture(0),
      'val2017/000000000002.png': picture(1),
      'annotations/panoptic_val2017/000000000001.png': colours([1, 2, 0], [5, 0, 1]),
      'annotations/panoptic_val2017.json': json(
        coco(['000000000001.png', '000000000002.png'], {
          annotations: [
            {
              image_id: 1,
              file_name: '000000000001.png',
              segments_info: [
                { id: 1 + 2 * 256, category_id: 7, iscrowd: 0, bbox: [0, 0, W / 2, H], area: (W / 2) * H },
                { id: 5 + 65_536, category_id: 18, iscrowd: 0, bbox: [W / 2, 0, W / 2, H], area: (W / 2) * H },
              ],
            },
          ],
        }),
      ),
    },
  },
  {
    layout: 'coco-instances',
    title: 'COCO instances',
    items: 2,
    labelled: 2,
    splits: { train: 2 },
    classes: 3,
    halves: [named('cat', 128, 0, 0), named('dog', 0, 128, 0)],
    files: {
      'train2017/1.png': picture(0),
      'train2017/2.png': picture(1),
      'annotations/instances_train2017.json': json(
        coco(['1.png', '2.png'], {
          annotations: [1, 2].flatMap((image_id) => [
            { id: 10 + image_id, image_id, category_id: 7, segmentation: [half(false)], iscrowd: 0 },
            {
              id: 20 + image_id,
              image_id,
              category_id: 18,
              segmentation: { size: [H, W], counts: [(W / 2) * H, (W / 2) * H] },
              iscrowd: 1,
            },
          ]),
        }),
      ),
    },
  },
  {
    layout: 'cvat',
    title: 'CVAT for images',
    items: 2,
    labelled: 1,
    splits: { train: 2 },
    classes: 3,
    halves: [named('cat', 250, 50, 83), named('dog', 50, 83, 250)],
    files: {
      'images/a.png': picture(0),
      'images/b.png': picture(1),
      'annotations.xml': `<?xml version="1.0" encoding="utf-8"?>
<annotations><version>1.1</version><meta><task><labels>
<label><name>cat</name><color>#fa3253</color></label><label><name>dog</name><color>#3253fa</color></label>
</labels></task></meta>
<image id="0" name="a.png" width="${W}" height="${H}">
<box label="cat" xtl="0.00" ytl="0.00" xbr="${W / 2}.00" ybr="${H}.00" z_order="0"></box>
<mask label="dog" rle="0, ${(W / 2) * H}" left="${W / 2}" top="0" width="${W / 2}" height="${H}" z_order="1"></mask>
</image>
<image id="1" name="b.png" width="${W}" height="${H}"></image>
</annotations>
`,
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
      'leftImg8bit/val/ulm/ulm_000000_000019_leftImg8bit.png': picture(1),
      'gtFine/val/ulm/ulm_000000_000019_gtFine_polygons.json': json({
        imgWidth: W,
        imgHeight: H,
        objects: [false, true].map((right) => ({
          label: right ? 'sky' : 'road',
          polygon: (right ? [W / 2, W - 1] : [0, W / 2 - 1]).flatMap((x, i) =>
            i === 0
              ? [
                  [x, 0],
                  [x, H - 1],
                ]
              : [
                  [x, H - 1],
                  [x, 0],
                ],
          ),
        })),
      }),
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
  {
    layout: 'labelme',
    title: 'labelme',
    items: 2,
    labelled: 1,
    splits: { train: 2 },
    classes: 3,
    halves: [named('cat', 128, 0, 0), named('dog', 0, 128, 0)],
    files: {
      'a.png': picture(0),
      'b.png': picture(1),
      'a.json': json({
        version: '5.4.1',
        flags: {},
        shapes: [
          {
            label: 'cat',
            points: [
              [0, 0],
              [W / 2 - 1, H - 1],
            ],
            shape_type: 'rectangle',
          },
          {
            label: 'dog',
            points: [
              [W / 2, 0],
              [W - 1, H - 1],
            ],
            shape_type: 'mask',
            mask: Buffer.from(encodePng(W / 2, H, 1, new Uint8Array((W / 2) * H).fill(1))).toString('base64'),
          },
        ],
        imagePath: 'a.png',
        imageData: null,
        imageHeight: H,
        imageWidth: W,
      }),
    },
  },
];
