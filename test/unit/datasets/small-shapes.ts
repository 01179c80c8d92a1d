/** Small data sets of the layouts whose annotations lie in files of their own. */
import { encodePng } from '../../../src-main/datasets/png.ts';
import { colours, HEIGHT, json, named, picture, type SmallDataset, WIDTH } from './small-parts.ts';

const [W, H] = [WIDTH, HEIGHT];

/** The corners of a half, between pixels. */
const half = (right: boolean) => {
  const [from, to] = right ? [W / 2, W] : [0, W / 2];
  return [from, 0, to, 0, to, H, from, H];
};

const coco = (images: string[], more: object) => ({
  images: images.map((file_name, i) => ({ id: i + 1, file_name, width: W, height: H })),
  categories: [
    { id: 7, name: 'cat', supercategory: 'animal', isthing: 1 },
    { id: 18, name: 'dog', supercategory: 'animal', isthing: 1 },
  ],
  ...more,
});

export const SHAPES: readonly SmallDataset[] = [
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
    layout: 'datumaro',
    title: 'Datumaro',
    items: 2,
    labelled: 1,
    splits: { train: 1, val: 1 },
    classes: 3,
    halves: [named('cat', 250, 50, 83), named('dog', 50, 83, 250)],
    files: {
      'images/train/a.png': picture(0),
      'images/val/b.png': picture(1),
      ...Object.fromEntries(
        ['train', 'val'].map((subset) => [
          `annotations/${subset}.json`,
          json({
            dm_format_version: '1.0',
            infos: {},
            categories: {
              label: { labels: ['cat', 'dog'].map((name) => ({ name, parent: '', attributes: [] })) },
              mask: {
                colormap: [
                  { label_id: 0, r: 250, g: 50, b: 83 },
                  { label_id: 1, r: 50, g: 83, b: 250 },
                ],
              },
            },
            items: [
              {
                id: subset === 'train' ? 'a' : 'b',
                image: { path: subset === 'train' ? 'a.png' : 'b.png', size: [H, W] },
                annotations:
                  subset === 'val'
                    ? []
                    : [
                        {
                          type: 'mask',
                          label_id: 1,
                          z_order: 1,
                          rle: { counts: [(W / 2) * H, (W / 2) * H], size: [H, W] },
                        },
                        { type: 'bbox', label_id: 0, z_order: 0, bbox: [0, 0, W, H] },
                      ],
              },
            ],
          }),
        ]),
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
