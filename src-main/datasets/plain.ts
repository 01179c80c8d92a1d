/**
 * A plain folder: `images/` and `labels/`, with folders for splits or without, and `classes.txt` with a class on each
 * line, in the order of the label maps' values from 0 on; 255 counts for nothing.
 */
import path from 'node:path';
import { Problem } from '../contract/problem.ts';
import { Folders, namedClasses, ONE_SPLIT, readText, splitOf } from './annotations.ts';
import { type FoundParts, fileInDataset, type Layout, listFolder, pairFiles, sortSplits } from './layout.ts';

const CLASSES = 'classes.txt';

export const plain: Layout = {
  name: 'plain',
  title: 'Images and label maps',
  holds: 'folders images and labels with a classes.txt, a class on each line',
  match(folder) {
    const { files, folders } = listFolder(folder);
    return files.includes(CLASSES) && folders.includes('images') && folders.includes('labels');
  },
  read(folder) {
    const lines = readText(folder, CLASSES).split(/\r?\n/);
    while (lines.at(-1)?.trim() === '') lines.pop();
    const names = lines.map((line) => line.trim());
    const bad = names.findIndex((name, i) => name === '' || names.indexOf(name) < i);
    if (bad >= 0 || names.length === 0) {
      const where = path.join(folder, CLASSES);
      const next = 'Write one class on each line.';
      throw new Problem(`${where}: line ${bad + 1} names no class of its own.`, { where, next });
    }
    return readPair(folder, 'images', 'labels', names);
  },
};

/**
 * Images in one folder with label maps in another: of the same names, or in folders for splits.
 * @param images the images' folder, relative to the root
 * @param labels the label maps' folder likewise
 * @param names the classes, in the order of the label maps' values from 0 on
 */
export function readPair(root: string, images: string, labels: string, names: readonly string[]): FoundParts {
  const splits = sortSplits(listFolder(fileInDataset(root, images)).folders);
  const parts = splits.map((name) => pairFiles(root, splitOf(name), `${images}/${name}`, `${labels}/${name}`));
  if (splits.length === 0) parts.push(pairFiles(root, ONE_SPLIT, images, labels));
  const stray = splits.length === 0 ? [] : new Folders(root).images(images).map((name) => `${images}/${name}`);
  return {
    classes: namedClasses(names, root),
    items: parts.flatMap((part) => part.items),
    problems: [
      ...stray.map((file) => ({ path: file, message: `${file} was left out: it is in no split. Move it into one.` })),
      ...parts.flatMap((part) => part.problems),
    ],
  };
}
