/**
 * Pascal VOC 2012 and CVAT's "Segmentation mask 1.1": `JPEGImages/`, `SegmentationClass/*.png`,
 * `ImageSets/Segmentation/SPLIT.txt` (names without ending), and perhaps `labelmap.txt` (`label:r,g,b:parts:actions`).
 * VOC's label maps are palette PNGs of class numbers, CVAT's are colours; both are read. 255 is void. Objects are told
 * apart by `SegmentationObject/*.png` of either kind. With SBD's list
 * (`trainaug.txt` or the like) and `SegmentationClassAug/` its images belong to `train` too.
 */
import { type ClassInfo, type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Folders, namedClasses, ONE_SPLIT, Problems, readText, splitOf, stemOf, uniqueItems } from './annotations.ts';
import { VOC_CLASSES, VOC_VOID } from './classes/voc.ts';
import { IMAGE_EXTENSIONS } from './codec.ts';
import { type LabelRecipe, labelsText, type ObjectSource } from './label-source.ts';
import { type Layout, listFolder, sortSplits } from './layout.ts';

const LISTS = 'ImageSets/Segmentation';
/** The original label maps first: those made of SBD's contours lack VOC's borders. */
const MAPS = ['SegmentationClass', 'SegmentationClassAug'];
const OBJECTS = 'SegmentationObject';
/** Lists of VOC's training images with SBD's, or of SBD's alone, as tools name them. */
const AUGMENTED = ['trainaug', 'train_aug', 'aug'];
/** Lists that say nothing which their two parts do not. */
const SUMS = ['trainval', 'trainvalaug', 'trainval_aug'];

export const voc: Layout = {
  name: 'voc',
  title: 'Pascal VOC',
  holds: 'folders JPEGImages and SegmentationClass',
  match(folder) {
    const { folders } = listFolder(folder);
    return folders.includes('JPEGImages') && folders.some((name) => [...MAPS, 'Annotations'].includes(name));
  },
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const classes = classesOf(folder, folders, problems);
    const colours = coloursOf(classes, problems);
    const items = vocItems(folder, LISTS, MAPS, folders, problems).map((item) => ({
      ...item,
      labels: item.labels && labelsText(item.labels, colours, objectsOf(item, folders)),
    }));
    if (items.length > 0 && items.every((item) => item.labels === null)) {
      problems.add(
        'Annotations',
        'There are boxes only, no label maps in SegmentationClass: all images are unlabelled.',
      );
    }
    return {
      classes,
      items: uniqueItems(items, problems),
      problems: problems.list,
    };
  },
};

/** The PNG that tells an item's objects apart, where there is one. */
function objectsOf({ key, split }: FoundItem, folders: Folders): ObjectSource | undefined {
  const path = folders.find(`${key.slice(split.length + 1)}.png`, [OBJECTS]);
  return path === null ? undefined : { kind: 'voc', path };
}

/**
 * The images of VOC's lists, each with its label map (PNG files of `maps`, the first folder that has it); without lists,
 * all images. What is listed but not there is told.
 * @param lists the lists' folder, relative to the root
 */
export function vocItems(
  root: string,
  lists: string,
  maps: readonly string[],
  folders: Folders,
  problems: Problems,
): FoundItem[] {
  const items = new Map<string, FoundItem>();
  for (const { split, stems, list } of splitsOf(root, lists, folders, problems)) {
    for (const stem of stems) {
      const names = IMAGE_EXTENSIONS.map((extension) => stem + extension);
      const image = names.map((name) => folders.find(name, ['JPEGImages'])).find((found) => found !== null);
      const key = `${split}/${stem}`;
      if (!image) problems.add(list, `${list} names ${stem}, but there is no such image in JPEGImages. Add it.`);
      else items.set(key, { key, split, image, labels: folders.find(`${stem}.png`, maps) });
    }
  }
  return [...items.values()];
}

function splitsOf(
  root: string,
  folder: string,
  folders: Folders,
  problems: Problems,
): { split: string; stems: Set<string>; list: string }[] {
  const lists = [...folders.names(folder)].filter((name) => name.endsWith('.txt')).map(stemOf);
  const parts = lists.filter((name) => !SUMS.includes(name) || !(lists.includes('train') || lists.includes('val')));
  if (parts.length === 0) {
    return [{ split: ONE_SPLIT, stems: new Set(folders.images('JPEGImages').map(stemOf)), list: 'JPEGImages' }];
  }
  return sortSplits(parts).map((name) => {
    const list = `${folder}/${name}.txt`;
    const lines = problems.try(list, () => readText(root, list).split(/\r?\n/)) ?? [];
    const stems = lines.map(stemIn).filter((stem) => stem !== '');
    return { split: AUGMENTED.includes(name) ? splitOf('train') : splitOf(name), stems: new Set(stems), list };
  });
}

/** The image's name in a line of a list: alone, or as the first of two paths ("/JPEGImages/a.jpg /SegmentationClassAug/a.png"). */
function stemIn(line: string): string {
  const pair = /^\/?(?:JPEGImages\/)(\S+)\.\w+\s+\S+$/.exec(line.trim());
  return pair ? pair[1] : line.trim();
}

/** Those of `labelmap.txt`, else VOC's own. */
function classesOf(root: string, folders: Folders, problems: Problems): ClassInfo[] {
  const file = 'labelmap.txt';
  const text = folders.has(file) ? (problems.try(file, () => readText(root, file)) ?? '') : '';
  const found: ClassInfo[] = [];
  text.split(/\r?\n/).forEach((line, i) => {
    if (line.trim() === '' || line.startsWith('#')) return;
    const match = /^([^:]+):(\d{1,3}),(\d{1,3}),(\d{1,3})(:|$)/.exec(line);
    const color = match?.slice(2, 5).map(Number) as ClassInfo['color'] | undefined;
    if (!match || !color || color.some((part) => part > 255) || found.some((one) => one.name === match[1])) {
      problems.add(file, `${file}: line ${i + 1} was left out: it is no label:r,g,b:: of its own.`);
    } else found.push({ name: match[1], color });
  });
  if (found.length === 0) return namedClasses(VOC_CLASSES, root);
  const names = found.map((one) => one.name);
  return namedClasses(
    names,
    root,
    found.map((one) => one.color),
  );
}

/** How label maps that are colours become classes. */
function coloursOf(classes: ClassInfo[], problems: Problems): LabelRecipe {
  const packed = ([r, g, b]: readonly number[]) => (r << 16) | (g << 8) | b;
  const values = new Map<number, number>([[packed(VOC_VOID), IGNORE]]);
  classes.forEach(({ name, color }, value) => {
    const other = values.get(packed(color));
    if (other !== undefined && other !== IGNORE) {
      const message = `labelmap.txt gives ${name} and ${classes[other].name} one colour; its pixels count as the latter.`;
      problems.add('labelmap.txt', `${message} Give each class a colour of its own and export again.`);
    } else values.set(packed(color), value);
  });
  return { kind: 'colours', colours: [...values] };
}
