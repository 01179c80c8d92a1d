import { type ClassInfo, IGNORE } from '../../contract/dataset.ts';

/** The sample's classes, in the order of its label values. */
export const SAMPLE_CLASSES: readonly ClassInfo[] = [
  { name: 'road', color: [128, 64, 128] },
  { name: 'pavement', color: [244, 35, 232] },
  { name: 'building', color: [70, 70, 70] },
  { name: 'sky', color: [70, 130, 180] },
  { name: 'vegetation', color: [107, 142, 35] },
  { name: 'pole', color: [190, 190, 190] },
  { name: 'sign', color: [220, 220, 0] },
  { name: 'car', color: [0, 0, 142] },
  { name: 'person', color: [220, 20, 60] },
  { name: 'cyclist', color: [255, 128, 0] },
];

export const ROAD = 0;
export const PAVEMENT = 1;
export const BUILDING = 2;
export const SKY = 3;
export const VEGETATION = 4;
export const POLE = 5;
export const SIGN = 6;
export const CAR = 7;
export const PERSON = 8;
export const CYCLIST = 9;
/** Things that the sample has no class for: bins and boxes on the pavement. */
export const NOTHING = IGNORE;
