import type { ClassInfo } from '../../contract/dataset.ts';

/** CamVid's 11 classes as prepared for SegNet, in the order of the label maps' values; value 11 is void. */
export const CAMVID_CLASSES: readonly ClassInfo[] = [
  { name: 'Sky', color: [128, 128, 128] },
  { name: 'Building', color: [128, 0, 0] },
  { name: 'Pole', color: [192, 192, 128] },
  { name: 'Road', color: [128, 64, 128] },
  { name: 'Pavement', color: [60, 40, 222] },
  { name: 'Tree', color: [128, 128, 0] },
  { name: 'SignSymbol', color: [192, 128, 128] },
  { name: 'Fence', color: [64, 64, 128] },
  { name: 'Car', color: [64, 0, 128] },
  { name: 'Pedestrian', color: [64, 64, 0] },
  { name: 'Bicyclist', color: [0, 128, 192] },
];

/** The value that CamVid's label maps hold where a pixel is unlabelled. */
export const CAMVID_VOID = 11;
