/**
 * COCO-Stuff: PNG files in `stuffthingmaps/PART/` or `annotations/PART/` (PART as `train2017`), images of the same names
 * in `images/PART/` or `PART/`. Values are COCO's ids less one; 255 is void. Files that end in `_labelTrainIds.png`,
 * which some tools put beside them, are left alone.
 */
import { IGNORE } from '../contract/dataset.ts';
import { Folders, namedClasses, splitOf } from './annotations.ts';
import { COCO_STUFF_VALUES } from './classes/coco-stuff.ts';
import { type Layout, OUTSIDE, pairFiles, sortSplits } from './layout.ts';

const MAPS = ['stuffthingmaps', 'annotations'];
const PART = /^(train|val|test)(20\d\d)?$/;
const MAP = /^(COCO_\w+_)?\d{12}\.png$/;
const OTHER_MAP = /_labelTrainIds\.png$/;

/** The folders of label maps, one for each part. */
function mapsIn(folders: Folders): { part: string; maps: string }[] {
  return MAPS.flatMap((top) =>
    [...folders.names(top)]
      .filter((part) => PART.test(part) && folders.isFolder(`${top}/${part}`))
      .map((part) => ({ part, maps: `${top}/${part}` }))
      .filter(({ maps }) => [...folders.names(maps)].some((name) => MAP.test(name))),
  );
}

export const cocoStuff: Layout = {
  name: 'coco-stuff',
  title: 'COCO-Stuff',
  holds: 'stuffthingmaps/train2017 or annotations/train2017 with PNGs such as 000000000009.png, and images',
  match: (folder) => mapsIn(new Folders(folder)).length > 0,
  read(folder) {
    const folders = new Folders(folder);
    const found = mapsIn(folders);
    const parts = sortSplits(found.map(({ part }) => splitOf(part))).flatMap((split) => {
      const { part, maps } = found.find((one) => splitOf(one.part) === split)!;
      const images = [`images/${part}`, part].find((name) => folders.isFolder(name));
      if (images) return pairFiles(folder, split, images, maps);
      const message = `${maps} holds label maps, but there is no folder images/${part} or ${part} with their images.`;
      return { items: [], problems: [{ path: maps, message: `${message} Put it there.` }] };
    });
    const values = COCO_STUFF_VALUES.flatMap((name, value) => (name === null ? [] : { name, value }));
    const table = new Uint16Array(256).fill(OUTSIDE);
    values.forEach(({ value }, c) => {
      table[value] = c;
    });
    table[IGNORE] = IGNORE;
    return {
      classes: namedClasses(
        values.map(({ name }) => name),
        folder,
      ),
      items: parts.flatMap((part) => part.items),
      problems: parts.flatMap((part) => part.problems).filter(({ path }) => !OTHER_MAP.test(path)),
      table,
    };
  },
};
