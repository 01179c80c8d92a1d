/**
 * labelme: images, each with a JSON file of shapes beside it or in a folder near by. Folders named as splits are those,
 * with further folders in them.
 * Label maps are made as labelme makes them: shapes in file order, later over earlier, outlines included;
 * `_background_` is class 0, `__ignore__` counts for nothing. Fields: labelme's `_label_file.py`.
 */
import { statSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import {
  counted,
  Folders,
  fault,
  isSplit,
  namedClasses,
  ONE_SPLIT,
  Problems,
  readJson,
  readStart,
  readText,
  splitOf,
  stemOf,
  uniqueItems,
} from './annotations.ts';
import { IMAGE_EXTENSIONS } from './codec.ts';
import type { Figure, Shape } from './draw.ts';
import { labelsText } from './label-source.ts';
import { type Layout, listFolder } from './layout.ts';
import { imageSizeOf } from './read-item.ts';

const BACKGROUND = '_background_';
const IGNORED = '__ignore__';

/** How many points shapes of a type have, where that is fixed. */
const POINTS = new Map([
  ['rectangle', 2],
  ['oriented_rectangle', 4],
  ['circle', 2],
  ['mask', 2],
]);

/** Folders within each other below a split. */
const MAX_DEPTH = 3;

/** JSON files that are looked at to recognise the layout, and the length up to which they are read whole for it. */
const MAX_FILES = 20;
const MAX_WHOLE = 1_000_000;
/** In a longer one the list of shapes stands near the beginning: labelme writes the picture after it. */
const START = 4000;

const point = z.tuple([z.number(), z.number()]);
const shapeRecord = z.object({
  label: z.string().min(1),
  points: z.array(point),
  group_id: z.number().nullish(),
  shape_type: z.string().nullish(),
  mask: z.string().nullish(),
});
const labelFile = z.object({
  shapes: z.array(z.unknown()),
  imagePath: z.string(),
  imageWidth: z.number().int().nullish(),
  imageHeight: z.number().int().nullish(),
});

/** One JSON file, its classes still by name. */
interface Drawn {
  file: string;
  image: string;
  size: [height: number, width: number];
  shapes: { label: string; shape: Figure & { object?: number } }[];
}

export const labelme: Layout = {
  name: 'labelme',
  title: 'labelme',
  holds: 'images with JSON files of shapes',
  rule: 'touched',
  match(folder) {
    let left = MAX_FILES;
    return foldersOf(folder).some((inner) => {
      if (left <= 0) return false;
      const files = listFolder(path.join(folder, inner)).files.filter((file) => file.endsWith('.json'));
      const some = files.slice(0, Math.min(5, left));
      left -= some.length;
      return some.some((file) => isLabelFile(folder, join(inner, file)));
    });
  },
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const drawn: Drawn[] = [];
    const images: string[] = [];
    for (const inner of foldersOf(folder)) {
      for (const name of folders.images(inner)) images.push(join(inner, name));
      for (const name of folders.names(inner)) {
        if (!name.endsWith('.json')) continue;
        const file = join(inner, name);
        const found = problems.try(file, () => readLabelFile(folder, file, folders, problems));
        if (found) drawn.push(found);
      }
    }
    const names = classNames(folder, folders, drawn);
    const classes = namedClasses(names, folder);
    const byImage = new Map<string, Drawn>();
    for (const one of drawn) {
      const other = byImage.get(one.image);
      if (other) problems.add(one.file, `${one.file} was left out: ${other.file} is about ${one.image} too. Keep one.`);
      else byImage.set(one.image, one);
    }
    const all = [...new Set([...images, ...byImage.keys()])];
    const items = all.map((image) => itemOf(image, byImage.get(image), names));
    return {
      classes,
      items: uniqueItems(items, problems),
      problems: problems.list,
    };
  },
};

/** The folder itself ('') and those in it; below those named as splits, further ones too. */
function foldersOf(folder: string): string[] {
  const below = (inner: string, depth: number): string[] =>
    depth === 0
      ? [inner]
      : [inner, ...listFolder(path.join(folder, inner)).folders.flatMap((name) => below(join(inner, name), depth - 1))];
  return ['', ...listFolder(folder).folders.flatMap((name) => below(name, isSplit(name) ? MAX_DEPTH : 0))];
}

function join(folder: string, name: string): string {
  return folder === '' ? name : `${folder}/${name}`;
}

function isLabelFile(root: string, file: string): boolean {
  try {
    if (statSync(path.join(root, file)).size > MAX_WHOLE) return /"shapes"\s*:\s*\[/.test(readStart(root, file, START));
    readJson(root, file, labelFile);
    return true;
  } catch {
    // A damaged file does not speak against its neighbours; reading reports it.
    return false;
  }
}

/** @throws Problem where the file as a whole is of no use */
function readLabelFile(root: string, file: string, folders: Folders, problems: Problems): Drawn {
  const content = readJson(root, file, labelFile);
  const image = imageOf(file, content.imagePath, folders);
  if (image === null) {
    throw new Problem(`${file} is about ${content.imagePath}, which is not there.`, {
      next: 'Put the image beside it.',
    });
  }
  const { imageWidth, imageHeight } = content;
  const size: Drawn['size'] = imageWidth && imageHeight ? [imageHeight, imageWidth] : imageSizeOf(root, image);
  const shapes: Drawn['shapes'] = [];
  const flat = new Map<string, number>();
  for (const [i, record] of content.shapes.entries()) {
    const leftOut = (why: string) =>
      problems.add(file, `${file}: shape ${i + 1} was left out: ${why}. Mend it in labelme.`);
    const parsed = shapeRecord.safeParse(record);
    if (!parsed.success) {
      leftOut(fault(parsed.error));
      continue;
    }
    const { label, points, mask, group_id } = parsed.data;
    const type = parsed.data.shape_type ?? 'polygon';
    if (['line', 'linestrip', 'point', 'points'].includes(type)) flat.set(type, (flat.get(type) ?? 0) + 1);
    else {
      const shape = shapeOf(type, points, mask);
      if (typeof shape === 'string') leftOut(shape);
      else shapes.push({ label, shape: typeof group_id === 'number' ? { ...shape, object: group_id } : shape });
    }
  }
  if (flat.size > 0) problems.add(file, `${file}: shapes without an area were left out: ${counted(flat)}.`);
  return { file, image, size, shapes };
}

/** The image that is named, or else the one of the JSON file's own name beside it. */
function imageOf(file: string, imagePath: string, folders: Folders): string | null {
  const folder = path.posix.dirname(file) === '.' ? '' : path.posix.dirname(file);
  const base = imagePath.replaceAll('\\', '/').split('/').at(-1) ?? '';
  const own = path.posix.basename(stemOf(file));
  for (const name of [imagePath, base, ...IMAGE_EXTENSIONS.map((extension) => own + extension)]) {
    const found = folders.find(name, [folder]);
    if (found !== null) return found;
  }
  return null;
}

/** A shape in our words, or what is wrong with it. */
function shapeOf(type: string, points: [number, number][], mask: string | null | undefined): Figure | string {
  const [a, b] = points;
  const wanted = POINTS.get(type) ?? points.length;
  if (points.length !== wanted) return `a ${type} has ${wanted} points, this one ${points.length}`;
  switch (type) {
    case 'polygon':
    case 'oriented_rectangle':
      if (points.length < 3) return `a polygon has at least 3 points, this one ${points.length}`;
      return { polygon: points.flat() };
    case 'rectangle':
      return { polygon: [...a, b[0], a[1], ...b, a[0], b[1]] };
    case 'circle': {
      const radius = Math.hypot(b[0] - a[0], b[1] - a[1]);
      return { ellipse: [...a, radius, radius, 0] };
    }
    case 'mask':
      return mask ? { png: mask, at: [Math.trunc(a[0]), Math.trunc(a[1])] } : 'it has no mask';
    default:
      return `shapes of type “${type}” are not known`;
  }
}

/** From `labels.txt` (or `classes.txt`, as we write it) where there is one; then the names in use, by the alphabet. */
function classNames(root: string, folders: Folders, drawn: Drawn[]): string[] {
  const list = ['labels.txt', 'classes.txt'].find((name) => folders.has(name));
  const listed = list ? readText(root, list).split(/\r?\n/) : [];
  const used = drawn.flatMap((one) => one.shapes.map((shape) => shape.label)).sort();
  const names = new Set([BACKGROUND, ...listed.map((line) => line.trim()).filter((line) => line !== ''), ...used]);
  names.delete(IGNORED);
  return [...names];
}

function itemOf(image: string, drawn: Drawn | undefined, names: string[]): FoundItem {
  const folder = image.includes('/') ? image.slice(0, image.indexOf('/')) : '';
  const split = isSplit(folder) ? splitOf(folder) : ONE_SPLIT;
  const key = folder === '' ? `${split}/${stemOf(image)}` : stemOf(image);
  if (!drawn) return { key, split, image, labels: null };
  const value = new Map(names.map((name, i) => [name, i]));
  const shapes = drawn.shapes.map(({ label, shape }) => ({ ...shape, value: value.get(label) ?? IGNORE }) as Shape);
  const [height, width] = drawn.size;
  const labels = labelsText(drawn.file, { kind: 'drawing', width, height, rule: 'touched', rest: 0, shapes });
  return { key, split, image, labels };
}
