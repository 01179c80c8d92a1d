/** Pascal VOC's classes in the order of the label maps' values; 255 is void. Colours are those of its colour map. */
export const VOC_CLASSES: readonly string[] = [
  'background',
  'aeroplane',
  'bicycle',
  'bird',
  'boat',
  'bottle',
  'bus',
  'car',
  'cat',
  'chair',
  'cow',
  'diningtable',
  'dog',
  'horse',
  'motorbike',
  'person',
  'pottedplant',
  'sheep',
  'sofa',
  'train',
  'tvmonitor',
];

/** The colour of void in label maps that are written as colours. */
export const VOC_VOID: readonly [number, number, number] = [224, 224, 192];
