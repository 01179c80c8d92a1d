/** All formats that annotations can be written in. */
import { Problem } from '../contract/problem.ts';
import type { ExportFormat } from './format.ts';
import { cityscapes } from './formats/cityscapes.ts';
import { coco, cocoPolygons } from './formats/coco.ts';
import { cocoPanoptic } from './formats/coco-panoptic.ts';
import { cvat } from './formats/cvat.ts';
import { datumaro } from './formats/datumaro.ts';
import { labelme } from './formats/labelme.ts';
import { png } from './formats/png.ts';
import { voc } from './formats/voc.ts';

export const FORMATS: readonly ExportFormat[] = [
  png,
  voc,
  cityscapes,
  coco,
  cocoPolygons,
  cocoPanoptic,
  labelme,
  cvat,
  datumaro,
];

/** @throws Problem where there is none of that name */
export function formatOf(name: string): ExportFormat {
  const found = FORMATS.find((one) => one.name === name);
  if (found) return found;
  throw new Problem(`There is no format “${name}”.`, {
    next: `Choose one of ${FORMATS.map((one) => one.name).join(', ')}.`,
  });
}
