/**
 * Cityscapes: `leftImg8bit/SPLIT/CITY/NAME_leftImg8bit.png` and `gtFine/SPLIT/CITY/NAME_gtFine_….`: of `labelIds.png`,
 * `labelTrainIds.png`, `instanceIds.png` and `polygons.json` the first that is there (`gtCoarse` where there is no
 * `gtFine`). The 19 classes of its evaluation; all else counts for nothing. Objects are told apart by the polygons, else by
 * `instanceIds.png`.
 */
import { type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Folders, Problems, uniqueItems } from './annotations.ts';
import { polygonDrawing } from './cityscapes-polygons.ts';
import { CITYSCAPES_CLASSES, CITYSCAPES_LABEL_IDS, CITYSCAPES_LABELS } from './classes/cityscapes.ts';
import { labelsText } from './label-source.ts';
import { type LabelTable, type Layout, listFolder, OUTSIDE, sortSplits } from './layout.ts';

const IMAGES = 'leftImg8bit';
const SUFFIX = /_leftImg8bit\.(png|jpe?g|webp)$/i;
const TRUTHS = ['gtFine', 'gtCoarse'];

export const cityscapes: Layout = {
  name: 'cityscapes',
  title: 'Cityscapes',
  holds: 'folders leftImg8bit and gtFine',
  rule: 'touched',
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
  const [ids, trainIds, instanceIds, polygons] = [
    'labelIds.png',
    'labelTrainIds.png',
    'instanceIds.png',
    'polygons.json',
  ].map((ending) => start + ending);
  const objects = [
    { kind: 'polygons', path: polygons } as const,
    { kind: 'cityscapes', path: instanceIds } as const,
  ].find(({ path }) => folders.has(path));
  if (folders.has(ids)) return labelsText(ids, { kind: 'values' }, objects);
  if (folders.has(trainIds)) {
    const values = [...CITYSCAPES_LABEL_IDS.entries(), [IGNORE, IGNORE] as [number, number]];
    return labelsText(trainIds, { kind: 'numbers', values }, objects);
  }
  if (folders.has(instanceIds)) {
    return labelsText(instanceIds, { kind: 'instances' }, objects?.kind === 'polygons' ? objects : undefined);
  }
  if (!folders.has(polygons)) return null;
  const drawing = problems.try(polygons, () => polygonDrawing(root, polygons, problems));
  return drawing ? labelsText(polygons, { kind: 'drawing', ...drawing }) : null;
}
