/**
 * COCO panoptic: `annotations/panoptic_PART.json`, and for each image a PNG in `annotations/panoptic_PART/` or
 * `panoptic_PART/` whose colours are segment numbers (R + 256·G + 65536·B); the JSON says the class of each. 0 is void. A
 * segment of a class of things is an object, unless it is a crowd.
 */
import { z } from 'zod';
import { type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Folders, namedClasses, Problems, uniqueItems } from './annotations.ts';
import { type CocoFile, categoryNames, cocoFiles, Faults, readCocoFile } from './coco.ts';
import { type LabelRecipe, labelsText } from './label-source.ts';
import type { Layout } from './layout.ts';

const annotationRecord = z.object({
  image_id: z.union([z.number(), z.string()]),
  file_name: z.string(),
  segments_info: z.array(z.unknown()),
});
const segmentRecord = z.object({
  id: z.number().int().min(1).max(0xffffff),
  category_id: z.number(),
  iscrowd: z.union([z.number(), z.boolean()]).nullish(),
});

/** Where the PNGs of one annotation file may lie. */
const places = (part: string) => [`annotations/panoptic_${part}`, `panoptic_${part}`, `panoptic/${part}`];

export const cocoPanoptic: Layout = {
  name: 'coco-panoptic',
  title: 'COCO panoptic',
  holds: 'annotations/panoptic_….json with PNGs of segments and images',
  match: (folder) => cocoFiles(new Folders(folder), 'panoptic').length > 0,
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const files = cocoFiles(folders, 'panoptic').flatMap(
      (file) => problems.try(file, () => readCocoFile(folder, file, 'panoptic', folders, problems)) ?? [],
    );
    const names = categoryNames(files);
    return {
      classes: namedClasses(names, folder),
      items: uniqueItems(
        files.flatMap((file) => itemsOf(file, names, folders, problems)),
        problems,
      ),
      problems: problems.list,
    };
  },
};

function itemsOf(file: CocoFile, names: readonly string[], folders: Folders, problems: Problems): FoundItem[] {
  const faults = new Faults(file.file, problems);
  const values = new Map([...file.categories].map(([id, name]) => [id, names.indexOf(name)]));
  const maps = new Map<number | string, string>();
  for (const [i, record] of file.annotations.entries()) {
    const parsed = annotationRecord.safeParse(record);
    if (!parsed.success) {
      faults.add(`entry ${i + 1} of its annotations`, 'it is of another form');
      continue;
    }
    const { image_id, file_name, segments_info } = parsed.data;
    if (file.gone.has(image_id)) continue;
    const map = folders.find(file_name, places(file.part));
    if (!file.images.has(image_id)) {
      faults.add(file_name, 'its image is not listed');
      continue;
    }
    if (map === null) {
      faults.add(file_name, 'there is no such PNG of segments');
      continue;
    }
    if (maps.has(image_id)) {
      faults.add(file_name, 'its image has another one');
      continue;
    }
    const colours = new Map<number, number>([[0, IGNORE]]);
    const things: number[] = [];
    segments_info.forEach((segment, n) => {
      const found = segmentRecord.safeParse(segment);
      const value = found.data && values.get(found.data.category_id);
      const what = `segment ${found.data?.id ?? n + 1} of ${file_name}`;
      if (!found.success) faults.add(what, 'it has no number from 1 on, or no category');
      else if (value === undefined) faults.add(what, 'its category is not listed');
      else {
        const { id, category_id, iscrowd } = found.data;
        colours.set(colourOf(id), value);
        if (file.things.has(category_id) && !iscrowd) things.push(colourOf(id));
      }
    });
    const recipe: LabelRecipe = { kind: 'colours', colours: [...colours], complete: true };
    maps.set(image_id, labelsText(map, things.length > 0 ? { ...recipe, things } : recipe));
  }
  faults.tell();
  return [...file.images.values()].map(({ id, key, image }) => {
    return { key, split: file.split, image, labels: maps.get(id) ?? null };
  });
}

/** A segment's number as the colour 0xRRGGBB that stands for it. */
function colourOf(id: number): number {
  return ((id & 255) << 16) | (id & 0xff00) | (id >> 16);
}
