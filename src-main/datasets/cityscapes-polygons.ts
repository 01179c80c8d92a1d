/** Cityscapes' `NAME_gtFine_polygons.json`, drawn as `json2labelImg.py` does: later over earlier, in label ids. */
import { z } from 'zod';
import { fault, Problems, readJson } from './annotations.ts';
import { CITYSCAPES_LABELS } from './classes/cityscapes.ts';
import type { Drawing, Shape } from './draw.ts';

const polygonFile = z.object({
  imgWidth: z.number().int().positive(),
  imgHeight: z.number().int().positive(),
  objects: z.array(z.unknown()),
});
const polygonRecord = z.object({
  label: z.string(),
  polygon: z.array(z.tuple([z.number(), z.number()])).min(3),
  deleted: z.union([z.boolean(), z.number()]).optional(),
});

/**
 * @param problems told of each polygon that is left out; nobody is where it is not given
 * @throws Problem where the file as a whole is of no use
 */
export function polygonDrawing(root: string, file: string, problems = new Problems()): Drawing {
  const { imgWidth, imgHeight, objects } = readJson(root, file, polygonFile);
  const shapes: Shape[] = [];
  for (const [i, record] of objects.entries()) {
    const parsed = polygonRecord.safeParse(record);
    if (!parsed.success) {
      problems.add(file, `${file}: object ${i + 1} was left out: ${fault(parsed.error)}. Mend it and import again.`);
      continue;
    }
    const { label, polygon, deleted } = parsed.data;
    if (deleted || label === 'license plate') continue;
    const known = CITYSCAPES_LABELS.indexOf(label);
    const value = known >= 0 ? known : CITYSCAPES_LABELS.indexOf(label.replace(/group$/, ''));
    if (value >= 0) shapes.push({ value, polygon: polygon.flat() });
    else problems.add(file, `${file}: object ${i + 1} was left out: “${label}” is no label of Cityscapes. Correct it.`);
  }
  return { width: imgWidth, height: imgHeight, rule: 'touched', rest: 0, shapes };
}
