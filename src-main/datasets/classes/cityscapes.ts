import type { ClassInfo } from '../../contract/dataset.ts';

/** Cityscapes' 19 evaluated classes in the order of their train ids. */
export const CITYSCAPES_CLASSES: readonly ClassInfo[] = [
  { name: 'road', color: [128, 64, 128] },
  { name: 'sidewalk', color: [244, 35, 232] },
  { name: 'building', color: [70, 70, 70] },
  { name: 'wall', color: [102, 102, 156] },
  { name: 'fence', color: [190, 153, 153] },
  { name: 'pole', color: [153, 153, 153] },
  { name: 'traffic light', color: [250, 170, 30] },
  { name: 'traffic sign', color: [220, 220, 0] },
  { name: 'vegetation', color: [107, 142, 35] },
  { name: 'terrain', color: [152, 251, 152] },
  { name: 'sky', color: [70, 130, 180] },
  { name: 'person', color: [220, 20, 60] },
  { name: 'rider', color: [255, 0, 0] },
  { name: 'car', color: [0, 0, 142] },
  { name: 'truck', color: [0, 0, 70] },
  { name: 'bus', color: [0, 60, 100] },
  { name: 'train', color: [0, 80, 100] },
  { name: 'motorcycle', color: [0, 0, 230] },
  { name: 'bicycle', color: [119, 11, 32] },
];

/** The label id of `labelIds` files that each train id stands for; every other id is ignored. */
export const CITYSCAPES_LABEL_IDS: readonly number[] = [
  7, 8, 11, 12, 13, 17, 19, 20, 21, 22, 23, 24, 25, 26, 27, 28, 31, 32, 33,
];

/** All labels of Cityscapes' annotations, each at the place of its id; `license plate` (−1) is never drawn. */
export const CITYSCAPES_LABELS: readonly string[] = [
  ...[
    'unlabeled',
    'ego vehicle',
    'rectification border',
    'out of roi',
    'static',
    'dynamic',
    'ground',
    'road',
    'sidewalk',
  ],
  ...['parking', 'rail track', 'building', 'wall', 'fence', 'guard rail', 'bridge', 'tunnel', 'pole', 'polegroup'],
  ...['traffic light', 'traffic sign', 'vegetation', 'terrain', 'sky', 'person', 'rider', 'car', 'truck', 'bus'],
  ...['caravan', 'trailer', 'train', 'motorcycle', 'bicycle'],
];
