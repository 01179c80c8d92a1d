/**
 * Datumaro's own JSON: `annotations/SUBSET.json`, images in `images/SUBSET/` or `images/`. Masks, polygons, boxes and
 * ellipses become one label map in the order of `z_order`; what none of them covers is background. After the format's
 * documentation and `datumaro/plugins/data_formats/datumaro`.
 */
import { z } from 'zod';
import type { ClassInfo, FoundItem } from '../contract/dataset.ts';
import {
  counted,
  Folders,
  fault,
  namedClasses,
  ONE_SPLIT,
  Problems,
  readJson,
  readStart,
  splitOf,
  stemOf,
  uniqueItems,
} from './annotations.ts';
import { vocColour } from './classes/voc.ts';
import { Faults } from './coco.ts';
import { IMAGE_EXTENSIONS } from './codec.ts';
import type { Figure, Shape } from './draw.ts';
import { labelsText } from './label-source.ts';
import type { Layout } from './layout.ts';
import { imageSizeOf } from './read-item.ts';

const BACKGROUND = 'background';
/** Its subset where nobody named one. */
const UNNAMED = 'default';
/** Annotations that cover no pixels. */
const FLAT = [
  'label',
  'caption',
  'points',
  'polyline',
  'cuboid_3d',
  'skeleton',
  'hash_key',
  'feature_vector',
  'tabular',
];

const file = z.object({
  categories: z.object({
    label: z.object({ labels: z.array(z.object({ name: z.string().min(1) })) }).optional(),
    mask: z.object({ colormap: z.array(z.unknown()) }).optional(),
  }),
  items: z.array(z.unknown()),
});
const colour = z.number().int().min(0).max(255);
const colourRecord = z.object({ label_id: z.number().int(), r: colour, g: colour, b: colour });
const itemRecord = z.object({
  id: z.string(),
  image: z
    .object({ path: z.string().optional(), size: z.tuple([z.number().int(), z.number().int()]).nullish() })
    .nullish(),
  annotations: z.array(z.unknown()),
});
const annotationRecord = z.object({
  type: z.string(),
  label_id: z.number().int().nullish(),
  z_order: z.number().nullish(),
  group: z.number().nullish(),
});
const numbers = z.array(z.number());
const maskRecord = z.object({
  rle: z.object({
    counts: z.union([z.string(), z.array(z.number().int().nonnegative())]),
    size: z.tuple([z.number(), z.number()]),
  }),
});

type Subset = z.infer<typeof file> & { file: string; subset: string };

export const datumaro: Layout = {
  name: 'datumaro',
  title: 'Datumaro',
  holds: 'annotations/….json of Datumaro with images',
  match: (folder) => filesIn(folder, new Folders(folder)).length > 0,
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const subsets = filesIn(folder, folders).flatMap((name): Subset[] => {
      const content = problems.try(name, () => readJson(folder, name, file));
      return content ? [{ ...content, file: name, subset: stemOf(name).slice('annotations/'.length) }] : [];
    });
    const colours = new Map<string, ClassInfo['color']>();
    for (const subset of subsets) addColours(subset, colours);
    const names = [...new Set([BACKGROUND, ...subsets.flatMap((subset) => labelNames(subset))])];
    const classes = namedClasses(
      names,
      folder,
      names.map((name, i) => colours.get(name) ?? vocColour(i)),
    );
    const items = subsets.flatMap((subset) => itemsOf(folder, subset, names, folders, problems));
    return { classes, items: uniqueItems(items, problems), problems: problems.list };
  },
};

/** The annotation files, told from COCO's, whose categories are a list, by how they begin. */
function filesIn(root: string, folders: Folders): string[] {
  return [...folders.names('annotations')]
    .filter((name) => name.endsWith('.json'))
    .map((name) => `annotations/${name}`)
    .filter((name) => {
      try {
        return /"dm_format_version"|"categories"\s*:\s*\{\s*("label"|"mask"|\})/.test(readStart(root, name, 4000));
      } catch {
        // What cannot be read is no annotation file; nor is a folder.
        return false;
      }
    });
}

function labelNames({ categories }: Subset): string[] {
  return categories.label?.labels.map(({ name }) => name) ?? [];
}

function addColours(subset: Subset, colours: Map<string, ClassInfo['color']>): void {
  const names = labelNames(subset);
  for (const record of subset.categories.mask?.colormap ?? []) {
    const { data } = colourRecord.safeParse(record);
    const name = data && names[data.label_id];
    if (data && name !== undefined && !colours.has(name)) colours.set(name, [data.r, data.g, data.b]);
  }
}

function itemsOf(root: string, subset: Subset, names: string[], folders: Folders, problems: Problems): FoundItem[] {
  const faults = new Faults(subset.file, problems);
  const split = subset.subset === UNNAMED ? ONE_SPLIT : splitOf(subset.subset);
  const values = labelNames(subset).map((name) => names.indexOf(name));
  const flat = new Map<string, number>();
  const items = subset.items.flatMap((record, n): FoundItem[] => {
    const parsed = itemRecord.safeParse(record);
    if (!parsed.success) {
      faults.add(`item ${n + 1}`, fault(parsed.error));
      return [];
    }
    const { id, image: media, annotations } = parsed.data;
    const image = imageOf(id, media?.path, subset.subset, folders);
    if (image === null) {
      faults.add(`item ${id}`, 'there is no such image');
      return [];
    }
    const size = media?.size ?? problems.try(image, () => imageSizeOf(root, image));
    const shapes = size
      ? shapesOf(annotations, size, values, flat, (what) => faults.add(`an annotation of ${id}`, what))
      : [];
    const [height, width] = size ?? [0, 0];
    const drawing = { kind: 'drawing', width, height, rule: 'area', rest: 0, shapes } as const;
    return [
      { key: `${split}/${id}`, split, image, labels: shapes.length > 0 ? labelsText(subset.file, drawing) : null },
    ];
  });
  faults.tell();
  if (flat.size > 0) {
    problems.add(subset.file, `${subset.file}: annotations without an area were left out: ${counted(flat)}.`);
  }
  return items;
}

function imageOf(id: string, path: string | undefined, subset: string, folders: Folders): string | null {
  const names = [...(path ? [path] : []), ...IMAGE_EXTENSIONS.map((extension) => id + extension)];
  for (const name of names) {
    const found = folders.find(name, [`images/${subset}`, 'images', subset, '']);
    if (found !== null) return found;
  }
  return null;
}

function shapesOf(
  annotations: readonly unknown[],
  size: readonly [height: number, width: number],
  values: readonly number[],
  flat: Map<string, number>,
  leftOut: (why: string) => void,
): Shape[] {
  const shapes: { z: number; box: boolean; shape: Shape }[] = [];
  for (const record of annotations) {
    const parsed = annotationRecord.safeParse(record);
    if (!parsed.success) {
      leftOut('it is of another form');
      continue;
    }
    const { type, label_id, z_order, group } = parsed.data;
    if (FLAT.includes(type)) {
      flat.set(type, (flat.get(type) ?? 0) + 1);
      continue;
    }
    const value = values[label_id ?? -1];
    const outline = outlineOf(type, record as Record<string, unknown>, size);
    if (value === undefined) leftOut('its label is not listed');
    else if (typeof outline === 'string') leftOut(outline);
    else {
      // Group 0 is none.
      const shape = { ...outline, value, ...(group ? { object: group } : {}) } as Shape;
      shapes.push({ z: z_order ?? 0, box: type === 'bbox', shape });
    }
  }
  // A box in a group with an outline says no more than where that lies, as in what comes of COCO.
  const keyOf = ({ value, object }: Shape) => (object === undefined ? null : `${value} ${object}`);
  const outlined = new Set(shapes.filter(({ box }) => !box).map(({ shape }) => keyOf(shape)));
  return shapes
    .filter(({ box, shape }) => !box || shape.object === undefined || !outlined.has(keyOf(shape)))
    .toSorted((a, b) => a.z - b.z)
    .map(({ shape }) => shape);
}

/** A shape in our words, or what is wrong with it. */
function outlineOf(
  type: string,
  record: Record<string, unknown>,
  [height, width]: readonly [number, number],
): Figure | string {
  if (type === 'mask') {
    const { data } = maskRecord.safeParse(record);
    if (!data) return 'its run lengths are of another form';
    const { counts, size } = data.rle;
    if (size[0] !== height || size[1] !== width) return 'its run lengths have another size than its image';
    return { columns: counts };
  }
  const { data } = numbers.safeParse(type === 'bbox' ? record.bbox : record.points);
  switch (type) {
    case 'polygon':
      if (!data || data.length < 6 || data.length % 2 === 1) return 'it has no list of three points or more';
      return { polygon: data };
    case 'bbox': {
      if (data?.length !== 4) return 'its box is not four numbers';
      const [x, y, w, h] = data;
      return { polygon: [x, y, x + w, y, x + w, y + h, x, y + h] };
    }
    case 'ellipse': {
      if (data?.length !== 4) return 'its box is not four numbers';
      const [left, top, right, bottom] = data;
      return { ellipse: [(left + right) / 2, (top + bottom) / 2, (right - left) / 2, (bottom - top) / 2, 0] };
    }
    default:
      return `annotations of the type “${type}” are not known`;
  }
}
