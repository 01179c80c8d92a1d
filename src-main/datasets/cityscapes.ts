/**
 * Cityscapes: `leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png` and `gtFine/SPLIT/CITY/NAME_gtFine_….`: of `labelIds.png`,
 * `labelTrainIds.png`, `instanceIds.png` and `polygons.json` the first that is there (`gtCoarse` where there is no
 * `gtFine`). The 19 classes of its evaluation; all else counts for nothing. Polygons are drawn as `json2labelImg.py` does.
 */
import { z } from 'zod';
import { type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Folders, fault, Problems, readJson, uniqueItems } from './annotations.ts';
import { CITYSCAPES_CLASSES, CITYSCAPES_LABEL_IDS, CITYSCAPES_LABELS } from './classes/cityscapes.ts';
import type { Shape } from './draw.ts';
import { labelsText } from './label-source.ts';
import { type LabelTable, type Layout, listFolder, OUTSIDE, sortSplits } from './layout.ts';

const IMAGES = 'leftImg8bit';
const SUFFIX = /_leftImg8bit\.(png|jpe?g|webp)$/i;
const TRUTHS = ['gtFine', 'gtCoarse'];

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

export const cityscapes: Layout = {
  name: 'cityscapes',
  title: 'Cityscapes',
  holds: 'folders leftImg8bit and gtFine',
  match: (folder) => listFolder(folder).folders.includes(IMAGES),
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const truth = TRUTHS.find((name) => folders.isFolder(name)) ?? 'gtFine';
    const splits = sortSplits([...folders.names(IMAGES)].filter((name) => folders.isFolder(`${IMAGES}/${name}`)));
    const items: FoundItem[] = [];
    for (const split of splits) {
      for (const city of folders.names(`${IMAGES}/${split}`)) {
        for (const file of folders.images(`${IMAGES}/${split}/${city}`)) {
          const image = `${IMAGES}/${split}/${city}/${file}`;
          const stem = file.replace(SUFFIX, '');
          if (stem === file) problems.add(image, `${image} was left out: its name does not end in _leftImg8bit.`);
          else {
            const start = `${truth}/${split}/${city}/${stem}_${truth}_`;
            items.push({
              key: `${split}/${city}/${stem}`,
              split,
              image,
              labels: labelsOf(folder, start, folders, problems),
            });
          }
        }
      }
    }
    return {
      classes: [...CITYSCAPES_CLASSES],
      items: uniqueItems(items, problems),
      problems: problems.list,
      table: labelIdTable(),
    };
  },
};

/** Cityscapes' label ids as classes; ids that its evaluation leaves out, and −1 (stored as 255), count for nothing. */
export function labelIdTable(): LabelTable {
  const table = new Uint16Array(256).fill(OUTSIDE);
  table.fill(IGNORE, 0, CITYSCAPES_LABELS.length);
  CITYSCAPES_LABEL_IDS.forEach((id, value) => {
    table[id] = value;
  });
  table[IGNORE] = IGNORE;
  return table;
}

function labelsOf(root: string, start: string, folders: Folders, problems: Problems): string | null {
  if (folders.has(`${start}labelIds.png`)) return `${start}labelIds.png`;
  if (folders.has(`${start}labelTrainIds.png`)) {
    const values = [...CITYSCAPES_LABEL_IDS.entries(), [IGNORE, IGNORE] as [number, number]];
    return labelsText(`${start}labelTrainIds.png`, { kind: 'numbers', values });
  }
  if (folders.has(`${start}instanceIds.png`)) return labelsText(`${start}instanceIds.png`, { kind: 'instances' });
  const file = `${start}polygons.json`;
  return folders.has(file) ? (problems.try(file, () => drawn(root, file, problems)) ?? null) : null;
}

function drawn(root: string, file: string, problems: Problems): string {
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
  const size = { width: imgWidth, height: imgHeight };
  return labelsText(file, { kind: 'drawing', ...size, rule: 'touched', rest: 0, shapes });
}
