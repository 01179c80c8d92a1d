/** All layouts that Stillroom knows, and opening a folder by whichever fits. */
import { statSync } from 'node:fs';
import path from 'node:path';
import { fileProblem } from '../base/files.ts';
import { type FoundDataset, IGNORE } from '../contract/dataset.ts';
import type { LayoutInfo, Reading } from '../contract/preview.ts';
import { Problem } from '../contract/problem.ts';
import type { FillRule } from '../labels/rasterise.ts';
import { ade20k } from './ade20k.ts';
import { ade20kFull } from './ade20k-full.ts';
import { bdd100k } from './bdd100k.ts';
import { camvid } from './camvid.ts';
import { camvidColours } from './camvid-colours.ts';
import { cityscapes } from './cityscapes.ts';
import { cocoInstances } from './coco-instances.ts';
import { cocoPanoptic } from './coco-panoptic.ts';
import { cocoStuff } from './coco-stuff.ts';
import { cvat } from './cvat.ts';
import { datumaro } from './datumaro.ts';
import { gta5 } from './gta5.ts';
import { labelme } from './labelme.ts';
import { type FoundParts, type Layout, listFolder, plainTable } from './layout.ts';
import { pascalContext, pascalContext59 } from './pascal-context.ts';
import { plain, readPair } from './plain.ts';
import { sbd } from './sbd.ts';
import { scannet } from './scannet.ts';
import { stillroom } from './stillroom.ts';
import { voc } from './voc.ts';

/** Tried in this order; a folder with a `dataset.json` says itself what it is. */
export const LAYOUTS: readonly Layout[] = [
  stillroom,
  camvid,
  camvidColours,
  pascalContext,
  pascalContext59,
  voc,
  sbd,
  cocoPanoptic,
  cocoInstances,
  cocoStuff,
  datumaro,
  cvat,
  cityscapes,
  ade20k,
  ade20kFull,
  scannet,
  bdd100k,
  plain,
  gta5,
  labelme,
];

/**
 * The data set in a folder. Nothing is written there and no image is opened; what is wrong with single files stands in
 * `problems`.
 * @param reading how it is to be read where that is not left to the layouts: the first that fits
 * @throws Problem where the folder is missing, empty or laid out in no known way, or holds no image
 */
export function openDataset(folder: string, reading: Reading | null = null): FoundDataset {
  const root = existingFolder(folder);
  const { layout, parts } = readAs(root, reading);
  const table = plainTable(parts.classes.length, IGNORE);
  const dataset = { layout: layout.name, name: path.basename(root), root, table, ...parts };
  if (dataset.items.length === 0) {
    const first = dataset.problems[0] ? ` ${dataset.problems[0].message}` : '';
    const next = 'Put the images there, or choose another folder.';
    throw new Problem(`${root} is laid out as ${layout.name} but holds no image.${first}`, { where: root, next });
  }
  return dataset;
}

/** Which pixels polygons hold that are drawn in a data set of a layout. */
export function ruleOf(name: string): FillRule {
  return LAYOUTS.find((layout) => layout.name === name)?.rule ?? 'area';
}

/** All layouts that fit a folder. @throws Problem where it cannot be read */
export function fittingLayouts(folder: string): Layout[] {
  const root = existingFolder(folder);
  return LAYOUTS.filter((layout) => layout.match(root));
}

/** The layouts as the user is told of them. */
export function layoutInfos(layouts: readonly Layout[]): LayoutInfo[] {
  return layouts.map(({ name, title, holds }) => ({ name, title, holds }));
}

function readAs(root: string, reading: Reading | null): { layout: Layout; parts: FoundParts } {
  if (reading && 'images' in reading) {
    return { layout: plain, parts: readPair(root, reading.images, reading.labels, reading.classes) };
  }
  const layout = reading
    ? fittingLayouts(root).find((one) => one.name === reading.layout)
    : LAYOUTS.find((one) => one.match(root));
  if (layout) return { layout, parts: layout.read(root) };
  if (!reading) throw unknownFolder(root);
  const fitting = fittingLayouts(root).map((one) => one.name);
  throw new Problem(`${root} cannot be read as ${reading.layout}.`, {
    where: root,
    next: fitting.length > 0 ? `Choose one of ${fitting.join(', ')}.` : 'Choose another folder.',
  });
}

/** The whole path. @throws Problem where it is no folder */
function existingFolder(folder: string): string {
  const root = path.resolve(folder);
  let isFolder: boolean;
  try {
    isFolder = statSync(root).isDirectory();
  } catch (error) {
    throw fileProblem(error, root, 'open');
  }
  if (isFolder) return root;
  throw new Problem(`${root} is a file; a data set is a folder.`, {
    where: root,
    next: 'Choose the folder that it lies in.',
  });
}

/** What is in a folder that no layout fits, in words ('' where nothing is), and a data set just above or below. */
export function strangeFolder(root: string): { content: string; near: string | null } {
  const { files, folders } = listFolder(root);
  const near = [...folders.map((name) => path.join(root, name)), path.dirname(root)].find(isDataset) ?? null;
  const found = [...folders.map((name) => `${name}/`), ...files];
  const more = found.length > 6 ? ` and ${found.length - 6} more` : '';
  return { content: found.slice(0, 6).join(', ') + more, near };
}

/** Says what was looked for and what is there, and points to a data set near by. */
function unknownFolder(root: string): Problem {
  const { content, near } = strangeFolder(root);
  const wanted = LAYOUTS.map(({ holds, title }) => `${holds} (${title})`).join('; or ');
  if (content === '' && near === null) {
    const next = 'Choose another folder.';
    return new Problem(`${root} is empty; Stillroom looks for ${wanted}.`, { where: root, next });
  }
  const next = near ? `Choose ${near} instead.` : 'Choose the folder that holds them.';
  const holds = content === '' ? 'it is empty' : `it holds ${content}`;
  const message = `${root} is no data set that Stillroom knows: ${holds}, but Stillroom looks for ${wanted}.`;
  return new Problem(message, { where: root, next });
}

function isDataset(folder: string): boolean {
  try {
    return LAYOUTS.some((layout) => layout.match(folder));
  } catch {
    // A neighbour that may not be read is no suggestion.
    return false;
  }
}
