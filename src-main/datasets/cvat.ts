/**
 * CVAT for images 1.1: `annotations.xml`, or one for each split (`train.xml`), with the list of labels and shapes for each
 * image, and the images beside it or in `images/` (in a folder for each subset, where there are several). Shapes lie in
 * the order of `z_order`; boxes and ellipses are areas too; what no shape covers is background. After CVAT's
 * `xml_format.md`.
 */
import path from 'node:path';
import type { ClassInfo, FoundItem } from '../contract/dataset.ts';
import {
  counted,
  Folders,
  isSplit,
  namedClasses,
  ONE_SPLIT,
  Problems,
  readStart,
  readText,
  splitOf,
  stemOf,
  uniqueItems,
} from './annotations.ts';
import { vocColour } from './classes/voc.ts';
import type { Figure, Shape } from './draw.ts';
import { labelsText } from './label-source.ts';
import { type Layout, listFolder } from './layout.ts';
import { readXml } from './xml.ts';

/** Other XML files beside them are looked at up to this number. */
const MAX_FILES = 20;
const BACKGROUND = 'background';
/** Elements in an image that cover no pixels. */
const FLAT = ['polyline', 'points', 'tag', 'cuboid', 'skeleton'];

interface CvatImage {
  /** The annotation file, and the split that its name says, or ''. */
  file: string;
  part: string;
  name: string;
  subset: string;
  width: number;
  height: number;
  shapes: { label: string; z: number; shape: Figure & { object?: number } }[];
}

export const cvat: Layout = {
  name: 'cvat',
  title: 'CVAT for images',
  holds: 'an annotations.xml with images',
  match: (folder) => filesIn(folder).length > 0,
  read(folder) {
    const problems = new Problems();
    const images: CvatImage[] = [];
    const labels: Labels = new Map();
    for (const file of filesIn(folder)) problems.try(file, () => readFile(folder, file, images, labels, problems));
    const folders = new Folders(folder);
    const used = images.flatMap((one) => one.shapes.map(({ label }) => label));
    for (const label of used) if (!labels.has(label)) labels.set(label, null);
    if (!labels.has(BACKGROUND)) labels.set(BACKGROUND, [0, 0, 0]);
    const names = [BACKGROUND, ...[...labels.keys()].filter((name) => name !== BACKGROUND)];
    const colours = names.map((name, i) => labels.get(name) ?? vocColour(i));
    const items = images.flatMap((one) => itemOf(one, names, folders, problems) ?? []);
    return {
      classes: namedClasses(names, folder, colours),
      items: uniqueItems(items, problems),
      problems: problems.list,
    };
  },
};

type Labels = Map<string, ClassInfo['color'] | null>;

/** The annotation files in a folder, told from other XML by their first element. */
function filesIn(folder: string): string[] {
  const files = listFolder(folder).files.filter((file) => file.endsWith('.xml'));
  return files.slice(0, MAX_FILES).filter((file) => /<annotations[\s>]/.test(readStart(folder, file, 1000)));
}

/** Adds a file's images and its labels with their colours, as far as it is well formed. */
function readFile(root: string, file: string, images: CvatImage[], labels: Labels, problems: Problems): void {
  const part = isSplit(stemOf(file)) ? splitOf(stemOf(file)) : '';
  let label = '';
  let image: CvatImage | null = null;
  let flat = new Map<string, number>();
  const text = readText(root, file);
  try {
    readXml(text, {
      open(way, attributes) {
        const element = way.at(-1)!;
        if (way.length === 2 && element === 'image') {
          image = imageOf(file, part, attributes);
          flat = new Map();
        } else if (way.length === 3 && way[1] === 'image' && image) {
          const shape = FLAT.includes(element) ? null : shapeOf(element, attributes);
          if (shape === null) flat.set(element, (flat.get(element) ?? 0) + 1);
          else if (typeof shape === 'string') {
            problems.add(file, `${file}: a ${element} on ${called(image)} was left out: ${shape}. Mend it in CVAT.`);
          } else {
            const { label = '', z_order, group_id } = attributes;
            const object = Number(group_id || Number.NaN);
            const grouped = Number.isFinite(object) ? { ...shape, object } : shape;
            image.shapes.push({ label, z: Number(z_order ?? 0) || 0, shape: grouped });
          }
        }
      },
      close(way, content) {
        const [parent, element] = way.slice(-2);
        if (way.length === 2 && element === 'image') {
          if (image) images.push(image);
          else problems.add(file, `${file}: an image was left out: it has no name or no size. Export it anew.`);
          if (image && flat.size > 0) {
            problems.add(file, `${file}: on ${called(image)} shapes without an area were left out: ${counted(flat)}.`);
          }
        } else if (parent === 'label' && way.at(-3) === 'labels') {
          if (element === 'name' && content !== '') {
            label = content;
            labels.set(label, null);
          }
          if (element === 'color' && /^#[0-9a-f]{6}$/i.test(content) && labels.has(label)) {
            labels.set(
              label,
              [1, 3, 5].map((at) => Number.parseInt(content.slice(at, at + 2), 16)) as ClassInfo['color'],
            );
          }
        }
      },
    });
  } catch (error) {
    const why = (error as Error).message;
    problems.add(file, `${path.join(root, file)} is not readable to its end: ${why}. Export it anew from CVAT.`);
  }
}

function imageOf(file: string, part: string, attributes: Record<string, string>): CvatImage | null {
  const { name, subset, width, height } = attributes;
  const size = { width: Number(width), height: Number(height) };
  if (!name || !(Number.isInteger(size.width) && Number.isInteger(size.height) && size.width > 0 && size.height > 0)) {
    return null;
  }
  return { file, part, name, subset: subset ?? '', ...size, shapes: [] };
}

/** Images of different subsets may share a name. */
function called({ name, subset }: CvatImage): string {
  return subset === '' ? name : `${subset}/${name}`;
}

/** A shape in our words, or what is wrong with it. */
function shapeOf(element: string, attributes: Record<string, string>): Figure | string {
  const numbers = (...names: string[]) => names.map((name) => Number.parseFloat(attributes[name] ?? ''));
  const turn = Number.parseFloat(attributes.rotation ?? '0') || 0;
  const finite = (values: number[]) => values.every(Number.isFinite);
  if (!attributes.label) return 'it has no label';
  switch (element) {
    case 'polygon': {
      const points = (attributes.points ?? '').split(/[;,]/).map((part) => Number.parseFloat(part));
      if (points.length < 6 || points.length % 2 === 1 || !finite(points)) return 'it has no list of 3 points or more';
      return { polygon: points };
    }
    case 'box': {
      const [left, top, right, bottom] = numbers('xtl', 'ytl', 'xbr', 'ybr');
      if (!finite([left, top, right, bottom])) return 'its corners are no numbers';
      return { polygon: turned([left, top, right, top, right, bottom, left, bottom], turn) };
    }
    case 'ellipse': {
      const [cx, cy, rx, ry] = numbers('cx', 'cy', 'rx', 'ry');
      if (!finite([cx, cy, rx, ry])) return 'its centre and radii are no numbers';
      return { ellipse: [cx, cy, rx, ry, turn] };
    }
    case 'mask': {
      const [left, top, width, height] = numbers('left', 'top', 'width', 'height').map(Math.trunc);
      const rows = (attributes.rle ?? '').split(',').map(Number);
      if (!finite([left, top, width, height, ...rows]) || width < 1 || height < 1) return 'its run lengths are damaged';
      return { rows, box: [left, top, width, height] };
    }
    default:
      return 'such shapes are not known';
  }
}

/** A box turned about its centre, clockwise. */
function turned(corners: number[], degrees: number): number[] {
  if (degrees === 0) return corners;
  const [cx, cy] = [(corners[0] + corners[4]) / 2, (corners[1] + corners[5]) / 2];
  const [cos, sin] = [Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180)];
  return corners.map((_, i) => {
    const [x, y] = [corners[i - (i % 2)] - cx, corners[i - (i % 2) + 1] - cy];
    return i % 2 === 0 ? cx + x * cos - y * sin : cy + x * sin + y * cos;
  });
}

function itemOf(one: CvatImage, names: string[], folders: Folders, problems: Problems): FoundItem | null {
  const { file, part, name, width, height } = one;
  const subset = one.subset || part;
  const image = folders.find(name, subset === '' ? ['images', ''] : [`images/${subset}`, subset, 'images', '']);
  if (image === null) {
    problems.add(file, `${file} names the image ${called(one)}, which is not there. Put it into the folder images.`);
    return null;
  }
  const [first, ...rest] = name.split('/');
  const inSplit = subset === '' && rest.length > 0 && isSplit(first);
  const split = inSplit ? splitOf(first) : subset === '' ? ONE_SPLIT : splitOf(subset);
  const value = new Map(names.map((label, i) => [label, i]));
  const sorted = one.shapes.toSorted((a, b) => a.z - b.z);
  const shapes = sorted.map(({ label, shape }) => ({ ...shape, value: value.get(label)! }) as Shape);
  const drawing = { kind: 'drawing', width, height, rule: 'area', rest: 0, shapes } as const;
  const labels = shapes.length > 0 ? labelsText(file, drawing) : null;
  return { key: `${split}/${stemOf(inSplit ? rest.join('/') : name)}`, split, image, labels };
}
