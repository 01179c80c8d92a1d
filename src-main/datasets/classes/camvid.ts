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

/** What the colour of void is called among CamVid's own 32. */
export const CAMVID_VOID_NAME = 'Void';

/** The 32 classes of CamVid as it was published, with the colours of its label maps; the last but one is void. */
export const CAMVID_ALL: readonly ClassInfo[] = [
  { name: 'Animal', color: [64, 128, 64] },
  { name: 'Archway', color: [192, 0, 128] },
  { name: 'Bicyclist', color: [0, 128, 192] },
  { name: 'Bridge', color: [0, 128, 64] },
  { name: 'Building', color: [128, 0, 0] },
  { name: 'Car', color: [64, 0, 128] },
  { name: 'CartLuggagePram', color: [64, 0, 192] },
  { name: 'Child', color: [192, 128, 64] },
  { name: 'Column_Pole', color: [192, 192, 128] },
  { name: 'Fence', color: [64, 64, 128] },
  { name: 'LaneMkgsDriv', color: [128, 0, 192] },
  { name: 'LaneMkgsNonDriv', color: [192, 0, 64] },
  { name: 'Misc_Text', color: [128, 128, 64] },
  { name: 'MotorcycleScooter', color: [192, 0, 192] },
  { name: 'OtherMoving', color: [128, 64, 64] },
  { name: 'ParkingBlock', color: [64, 192, 128] },
  { name: 'Pedestrian', color: [64, 64, 0] },
  { name: 'Road', color: [128, 64, 128] },
  { name: 'RoadShoulder', color: [128, 128, 192] },
  { name: 'Sidewalk', color: [0, 0, 192] },
  { name: 'SignSymbol', color: [192, 128, 128] },
  { name: 'Sky', color: [128, 128, 128] },
  { name: 'SUVPickupTruck', color: [64, 128, 192] },
  { name: 'TrafficCone', color: [0, 0, 64] },
  { name: 'TrafficLight', color: [0, 64, 64] },
  { name: 'Train', color: [192, 64, 128] },
  { name: 'Tree', color: [128, 128, 0] },
  { name: 'Truck_Bus', color: [192, 128, 192] },
  { name: 'Tunnel', color: [64, 0, 64] },
  { name: 'VegetationMisc', color: [192, 192, 0] },
  { name: CAMVID_VOID_NAME, color: [0, 0, 0] },
  { name: 'Wall', color: [64, 192, 0] },
];
