/**
 * BDD100K's semantic segmentation: `images/10k/SPLIT/*.jpg` and `labels/sem_seg/masks/SPLIT/*.png`, whose values are
 * Cityscapes' train ids; 255 counts for nothing.
 */
import path from 'node:path';
import { Folders } from './annotations.ts';
import { CITYSCAPES_CLASSES } from './classes/cityscapes.ts';
import { type Layout, listFolder, pairFiles, sortSplits } from './layout.ts';

const IMAGES = 'images/10k';
const LABELS = 'labels/sem_seg/masks';

export const bdd100k: Layout = {
  name: 'bdd100k',
  title: 'BDD100K',
  holds: 'folders images/10k and labels/sem_seg',
  match: (folder) => new Folders(folder).has(IMAGES),
  read(folder) {
    const splits = sortSplits(listFolder(path.join(folder, IMAGES)).folders);
    const parts = splits.map((split) => pairFiles(folder, split, `${IMAGES}/${split}`, `${LABELS}/${split}`));
    return {
      classes: [...CITYSCAPES_CLASSES],
      items: parts.flatMap((part) => part.items),
      problems: parts.flatMap((part) => part.problems),
    };
  },
};
