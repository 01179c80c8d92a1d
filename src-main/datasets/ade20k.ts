/**
 * ADE20K as prepared for the scene parsing challenge of 2016: `images/` and `annotations/` with `training/` and
 * `validation/`, and `objectInfo150.txt`. Label values 1 … 150 are the classes, 0 is all else.
 */
import path from 'node:path';
import { IGNORE } from '../contract/dataset.ts';
import { Folders, namedClasses, Problems, readText, splitOf } from './annotations.ts';
import { type Layout, listFolder, OUTSIDE, pairFiles, sortSplits } from './layout.ts';

const CLASSES = 150;
const NAMES = 'objectInfo150.txt';

export const ade20k: Layout = {
  name: 'ade20k',
  title: 'ADE20K, 2016',
  holds: 'folders images/training and annotations/training',
  match(folder) {
    const folders = new Folders(folder);
    return ['training', 'validation'].some(
      (split) => folders.has(`annotations/${split}`) && folders.has(`images/${split}`),
    );
  },
  read(folder) {
    const table = new Uint16Array(256).fill(OUTSIDE);
    table[0] = IGNORE;
    for (let c = 0; c < CLASSES; c++) table[c + 1] = c;
    const problems = new Problems();
    const splits = sortSplits(listFolder(path.join(folder, 'images')).folders);
    const parts = splits.map((name) => pairFiles(folder, splitOf(name), `images/${name}`, `annotations/${name}`));
    return {
      classes: namedClasses(namesOf(folder, problems), folder),
      items: parts.flatMap((part) => part.items),
      problems: [...problems.list, ...parts.flatMap((part) => part.problems)],
      table,
    };
  },
};

/** The first of each class's names: the last column of a table whose first is the label value. */
function namesOf(root: string, problems: Problems): string[] {
  const names = Array.from({ length: CLASSES }, (_, c) => `class ${c + 1}`);
  const text = problems.try(NAMES, () => readText(root, NAMES));
  for (const line of text?.split(/\r?\n/) ?? []) {
    const [number, name] = [Number.parseInt(line, 10), line.split('\t').at(-1)!.split(/[,;]/)[0].trim()];
    if (number >= 1 && number <= CLASSES && name !== '') names[number - 1] = name;
  }
  return names.map((name, c) => (names.indexOf(name) < c ? `${name} (${c + 1})` : name));
}
