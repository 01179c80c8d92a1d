/**
 * GTA5 ("Playing for Data"): `images/00001.png` … and `labels/00001.png` …, palette PNGs of Cityscapes' label ids; 34 is
 * the license plate. Its own split is a MATLAB file, which is not read: all images are one split.
 */
import { IGNORE } from '../contract/dataset.ts';
import { Folders, ONE_SPLIT } from './annotations.ts';
import { labelIdTable } from './cityscapes.ts';
import { CITYSCAPES_CLASSES } from './classes/cityscapes.ts';
import { type Layout, pairFiles } from './layout.ts';

const LICENSE_PLATE = 34;

export const gta5: Layout = {
  name: 'gta5',
  title: 'GTA5',
  holds: 'folders images and labels with 00001.png and so on',
  match(folder) {
    const folders = new Folders(folder);
    return folders.has('images') && [...folders.names('labels')].some((name) => /^\d{5}\.png$/.test(name));
  },
  read(folder) {
    const { items, problems } = pairFiles(folder, ONE_SPLIT, 'images', 'labels');
    const table = labelIdTable();
    table[LICENSE_PLATE] = IGNORE;
    return { classes: [...CITYSCAPES_CLASSES], items, problems, table };
  },
};
