/**
 * COCO instances: `annotations/instances_PART.json` and images in `PART/`, `images/PART/` or `images/`. Polygons and run
 * lengths become one label map: crowds first, then in file order; what no instance covers is background.
 */
import { z } from 'zod';
import type { FoundItem } from '../contract/dataset.ts';
import { Folders, namedClasses, Problems, uniqueItems } from './annotations.ts';
import { type CocoFile, categoryNames, cocoFiles, Faults, readCocoFile } from './coco.ts';
import type { Shape } from './draw.ts';
import { labelsText } from './label-source.ts';
import type { Layout } from './layout.ts';

const BACKGROUND = 'background';

const annotationRecord = z.object({
  id: z.union([z.number(), z.string()]).optional(),
  image_id: z.union([z.number(), z.string()]),
  category_id: z.number(),
  segmentation: z.unknown(),
  iscrowd: z.union([z.number(), z.boolean()]).nullish(),
});
const runLengths = z.object({
  counts: z.union([z.string(), z.array(z.number().int().nonnegative())]),
  size: z.tuple([z.number(), z.number()]),
});
const polygons = z.array(z.array(z.number()));

export const cocoInstances: Layout = {
  name: 'coco-instances',
  title: 'COCO instances',
  holds: 'annotations/instances_….json with images',
  match: (folder) => cocoFiles(new Folders(folder), 'instances').length > 0,
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const files = cocoFiles(folders, 'instances').flatMap(
      (file) => problems.try(file, () => readCocoFile(folder, file, 'instances', folders, problems)) ?? [],
    );
    const names = [...new Set([BACKGROUND, ...categoryNames(files)])];
    return {
      classes: namedClasses(names, folder),
      items: uniqueItems(
        files.flatMap((file) => itemsOf(file, names, problems)),
        problems,
      ),
      problems: problems.list,
    };
  },
};

function itemsOf(file: CocoFile, names: readonly string[], problems: Problems): FoundItem[] {
  const faults = new Faults(file.file, problems);
  const values = new Map([...file.categories].map(([id, name]) => [id, names.indexOf(name)]));
  const drawn = new Map<number | string, { crowds: Shape[]; shapes: Shape[] }>();
  for (const [i, record] of file.annotations.entries()) {
    const parsed = annotationRecord.safeParse(record);
    if (!parsed.success) {
      faults.add(`entry ${i + 1} of its annotations`, 'it is of another form');
      continue;
    }
    const { id, image_id, category_id, segmentation, iscrowd } = parsed.data;
    const what = `annotation ${id ?? i + 1}`;
    // What belongs to a missing image has been told with the image.
    if (file.gone.has(image_id)) continue;
    const image = file.images.get(image_id);
    const value = values.get(category_id);
    if (!image) {
      faults.add(what, 'its image is not listed');
      continue;
    }
    const found = drawn.get(image_id) ?? { crowds: [], shapes: [] };
    drawn.set(image_id, found);
    if (value === undefined) {
      faults.add(what, 'its category is not listed');
      continue;
    }
    const shapes = shapesOf(segmentation, value, i + 1, image);
    if (typeof shapes === 'string') {
      faults.add(what, shapes);
      continue;
    }
    if (iscrowd) found.crowds.push(...shapes.map((shape) => ({ ...shape, crowd: true as const })));
    else found.shapes.push(...shapes);
  }
  faults.tell();
  return [...file.images.values()].map(({ id, key, image, width, height }) => {
    const found = drawn.get(id) ?? { crowds: [], shapes: [] };
    const shapes = [...found.crowds, ...found.shapes];
    // An image without annotations shows none of the things; one whose annotations are of no use says nothing.
    const labelled = shapes.length > 0 || (file.annotations.length > 0 && !drawn.has(id));
    const recipe = { kind: 'drawing', width, height, rule: 'area', rest: 0, shapes } as const;
    return { key, split: file.split, image, labels: labelled ? labelsText(file.file, recipe) : null };
  });
}

/**
 * A segmentation in our words, or why it cannot be drawn.
 * @param object tells it from others
 */
function shapesOf(
  segmentation: unknown,
  value: number,
  object: number,
  image: { width: number; height: number },
): Shape[] | string {
  if (segmentation === undefined || segmentation === null) return 'it has a box only';
  if (!Array.isArray(segmentation)) {
    const parsed = runLengths.safeParse(segmentation);
    if (!parsed.success) return 'its run lengths are of another form';
    const { counts, size } = parsed.data;
    if (size[0] !== image.height || size[1] !== image.width) return 'its run lengths have another size than its image';
    return [{ columns: counts, value }];
  }
  if (segmentation.length === 0) return 'it has a box only';
  const parsed = polygons.safeParse(segmentation);
  if (!parsed.success || parsed.data.some((polygon) => polygon.length < 6 || polygon.length % 2 === 1)) {
    return 'a polygon of it is no list of three points or more';
  }
  return parsed.data.map((polygon) => (parsed.data.length > 1 ? { polygon, value, object } : { polygon, value }));
}
