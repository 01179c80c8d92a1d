/**
 * Pascal VOC 2012 and CVAT's "Segmentation mask 1.1": `JPEGImages/`, `SegmentationClass/*.png`,
 * `ImageSets/Segmentation/SPLIT.txt` (names without ending), and perhaps `labelmap.txt` (`label:r,g,b:parts:actions`).
 * VOC's label maps are palette PNGs of class numbers, CVAT's are colours; both are read. 255 is void.
 */
import { type ClassInfo, type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Folders, namedClasses, ONE_SPLIT, Problems, readText, splitOf, stemOf, uniqueItems } from './annotations.ts';
import { VOC_CLASSES, VOC_VOID } from './classes/voc.ts';
import { IMAGE_EXTENSIONS } from './codec.ts';
import { type LabelRecipe, labelsText } from './label-source.ts';
import { type Layout, listFolder, sortSplits } from './layout.ts';

const LISTS = 'ImageSets/Segmentation';

export const voc: Layout = {
  name: 'voc',
  title: 'Pascal VOC',
  holds: 'folders JPEGImages and SegmentationClass',
  match(folder) {
    const { folders } = listFolder(folder);
    return (
      folders.includes('JPEGImages') && folders.some((name) => ['SegmentationClass', 'Annotations'].includes(name))
    );
  },
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const classes = classesOf(folder, folders, problems);
    const colours = coloursOf(classes, problems);
    const items: FoundItem[] = [];
    for (const { split, stems, list } of splitsOf(folder, folders, problems)) {
      for (const stem of stems) {
        const names = IMAGE_EXTENSIONS.map((extension) => stem + extension);
        const image = names.map((name) => folders.find(name, ['JPEGImages'])).find((found) => found !== null);
        if (!image) problems.add(list, `${list} names ${stem}, but there is no such image in JPEGImages. Add it.`);
        else {
          const map = folders.find(`${stem}.png`, ['SegmentationClass']);
          items.push({ key: `${split}/${stem}`, split, image, labels: map && labelsText(map, colours) });
        }
      }
    }
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

/** The lists of images; without any, all images in one. `trainval` says nothing that its two parts do not. */
function splitsOf(
  root: string,
  folders: Folders,
  problems: Problems,
): { split: string; stems: string[]; list: string }[] {
  const lists = [...folders.names(LISTS)].filter((name) => name.endsWith('.txt')).map(stemOf);
  const parts = lists.filter((name) => name !== 'trainval' || !(lists.includes('train') || lists.includes('val')));
  if (parts.length === 0) {
    return [{ split: ONE_SPLIT, stems: folders.images('JPEGImages').map(stemOf), list: 'JPEGImages' }];
  }
  return sortSplits(parts).map((name) => {
    const list = `${LISTS}/${name}.txt`;
    const lines = problems.try(list, () => readText(root, list).split(/\r?\n/)) ?? [];
    const stems = lines.map((line) => line.trim()).filter((stem) => stem !== '');
    return { split: splitOf(name), stems: [...new Set(stems)], list };
  });
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
