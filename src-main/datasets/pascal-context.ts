/**
 * PASCAL-Context as its 59 most frequent classes: VOC 2010's `JPEGImages/`, `SegmentationClassContext/*.png` with values
 * 1 … 59 and 0 for the rest, `ImageSets/SegmentationContext/SPLIT.txt`. The rest counts as a class of its own, or for
 * nothing: two layouts of one folder.
 */
import { IGNORE } from '../contract/dataset.ts';
import { Folders, namedClasses, Problems, uniqueItems } from './annotations.ts';
import { CONTEXT_CLASSES } from './classes/pascal-context.ts';
import { type FoundParts, type Layout, listFolder, OUTSIDE } from './layout.ts';
import { vocItems } from './voc.ts';

const LISTS = 'ImageSets/SegmentationContext';
const MAPS = 'SegmentationClassContext';

function match(folder: string): boolean {
  const { folders } = listFolder(folder);
  return folders.includes('JPEGImages') && folders.includes(MAPS);
}

function read(folder: string, withBackground: boolean): FoundParts {
  const problems = new Problems();
  const items = uniqueItems(vocItems(folder, LISTS, [MAPS], new Folders(folder), problems), problems);
  const names = withBackground ? ['background', ...CONTEXT_CLASSES] : CONTEXT_CLASSES;
  const table = new Uint16Array(256).fill(OUTSIDE);
  table[0] = IGNORE;
  names.forEach((_, c) => {
    table[withBackground ? c : c + 1] = c;
  });
  table[IGNORE] = IGNORE;
  return { classes: namedClasses(names, folder), items, problems: problems.list, table };
}

export const pascalContext: Layout = {
  name: 'pascal-context',
  title: 'PASCAL-Context, 60',
  holds: 'folders JPEGImages and SegmentationClassContext; what is none of the 59 classes is background',
  match,
  read: (folder) => read(folder, true),
};

export const pascalContext59: Layout = {
  name: 'pascal-context-59',
  title: 'PASCAL-Context, 59',
  holds: 'the same folders; what is none of the 59 classes is ignored',
  match,
  read: (folder) => read(folder, false),
};
