/** All layouts that Stillroom knows, and opening a folder by whichever fits. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileProblem } from '../base/files.ts';
import { type FoundDataset, IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { ade20k } from './ade20k.ts';
import { bdd100k } from './bdd100k.ts';
import { camvid } from './camvid.ts';
import { cityscapes } from './cityscapes.ts';
import { cocoInstances } from './coco-instances.ts';
import { cocoPanoptic } from './coco-panoptic.ts';
import { cvat } from './cvat.ts';
import { gta5 } from './gta5.ts';
import { labelme } from './labelme.ts';
import { type Layout, listFolder, plainTable } from './layout.ts';
import { plain } from './plain.ts';
import { stillroom } from './stillroom.ts';
import { voc } from './voc.ts';

/** Tried in this order; a folder with a `dataset.json` says itself what it is. */
export const LAYOUTS: readonly Layout[] = [
  stillroom,
  camvid,
  voc,
  cocoPanoptic,
  cocoInstances,
  cvat,
  cityscapes,
  ade20k,
  bdd100k,
  plain,
  gta5,
  labelme,
];

/**
 * The data set in a folder. Nothing is written there and no image is opened; what is wrong with single files stands in
 * `problems`.
 * @throws Problem where the folder is missing, empty or laid out in no known way, or holds no image
 */
export function openDataset(folder: string): FoundDataset {
  const root = path.resolve(folder);
  let isFolder: boolean;
  try {
    isFolder = statSync(root).isDirectory();
  } catch (error) {
    throw fileProblem(error, root, 'open');
  }
  if (!isFolder) {
    throw new Problem(`${root} is a file; a data set is a folder.`, {
      where: root,
      next: 'Choose the folder that it lies in.',
    });
  }
  const layout = layoutOf(root);
  if (!layout) throw unknownFolder(root);
  const parts = layout.read(root);
  const table = plainTable(parts.classes.length, IGNORE);
  const dataset = { layout: layout.name, name: path.basename(root), root, table, ...parts };
  if (dataset.items.length === 0) {
    const first = dataset.problems[0] ? ` ${dataset.problems[0].message}` : '';
    const next = 'Put the images there, or choose another folder.';
    throw new Problem(`${root} is laid out as ${layout.name} but holds no image.${first}`, { where: root, next });
  }
  return dataset;
}

function layoutOf(folder: string): Layout | undefined {
  return LAYOUTS.find((layout) => layout.match(folder));
}

/** Says what was looked for and what is there, and points to a data set just above or below where there is one. */
function unknownFolder(root: string): Problem {
  const { files, folders } = listFolder(root);
  const near = [path.dirname(root), ...folders.map((name) => path.join(root, name))].find(isDataset);
  const next = near ? `Choose ${near} instead.` : 'Choose the folder that holds them.';
  if (files.length === 0 && folders.length === 0 && !near) {
    return new Problem(`${root} is empty; Stillroom looks for ${wanted()}.`, {
      where: root,
      next: 'Choose another folder.',
    });
  }
  const found = [...folders.map((name) => `${name}/`), ...files];
  const shown = found.slice(0, 6).join(', ');
  const more = found.length > 6 ? ` and ${found.length - 6} more` : '';
  const content = found.length > 0 ? `it holds ${shown}${more}` : 'it is empty';
  const message = `${root} is no data set that Stillroom knows: ${content}, but Stillroom looks for ${wanted()}.`;
  return new Problem(message, { where: root, next });
}

function wanted(): string {
  return LAYOUTS.map(({ holds, title }) => `${holds} (${title})`).join('; or ');
}

function isDataset(folder: string): boolean {
  try {
    return layoutOf(folder) !== undefined;
  } catch {
    // A neighbour that may not be read is no suggestion.
    return false;
  }
}
