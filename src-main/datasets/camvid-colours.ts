/**
 * CamVid as it was published: `701_StillsRaw_full/NAME.png` and `LabeledApproved_full/NAME_L.png`, or in splits as
 * `train/` and `train_labels/`, `val/` and `val_labels/` and so on; label maps are colours. The 32 classes and their
 * colours stand in `label_colors.txt` ("64 128 64  Animal") or `class_dict.csv` ("Animal,64,128,64").
 */
import { type ClassInfo, type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Folders, ONE_SPLIT, Problems, readText, splitOf, stemOf, uniqueItems } from './annotations.ts';
import { CAMVID_ALL, CAMVID_VOID_NAME } from './classes/camvid.ts';
import { labelsText } from './label-source.ts';
import type { Layout } from './layout.ts';

const WHOLE = { images: '701_StillsRaw_full', maps: 'LabeledApproved_full' };
const SPLITS = ['train', 'val', 'test'];
const LISTS = ['label_colors.txt', 'class_dict.csv'];

type Pair = { split: string; images: string; maps: string };

/** The folders of images with those of their label maps. */
function pairsIn(folders: Folders): Pair[] {
  const pairs = [
    { split: ONE_SPLIT, ...WHOLE },
    ...SPLITS.map((split) => ({ split: splitOf(split), images: split, maps: `${split}_labels` })),
  ];
  return pairs.filter(({ images, maps }) => folders.isFolder(images) && folders.isFolder(maps));
}

export const camvidColours: Layout = {
  name: 'camvid-colours',
  title: 'CamVid, 32 classes',
  holds:
    'folders 701_StillsRaw_full and LabeledApproved_full, or train and train_labels and so on, label maps as colours',
  match: (folder) => {
    const folders = new Folders(folder);
    return pairsIn(folders).some(({ maps }) => [...folders.names(maps)].some((name) => name.endsWith('_L.png')));
  },
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const all = listed(folder, folders, problems) ?? CAMVID_ALL;
    const classes = all.filter(({ name }) => name !== CAMVID_VOID_NAME);
    const colours = all.map((one): [number, number] => {
      const [r, g, b] = one.color;
      return [(r << 16) | (g << 8) | b, one.name === CAMVID_VOID_NAME ? IGNORE : classes.indexOf(one)];
    });
    const items = pairsIn(folders).flatMap((pair) =>
      itemsOf(pair, folders, problems).map((item) => ({
        ...item,
        labels: item.labels && labelsText(item.labels, { kind: 'colours', colours }),
      })),
    );
    return { classes: [...classes], items: uniqueItems(items, problems), problems: problems.list };
  },
};

function itemsOf({ split, images, maps }: Pair, folders: Folders, problems: Problems): FoundItem[] {
  const waiting = new Set([...folders.names(maps)].filter((name) => name.endsWith('.png')));
  const items = folders.images(images).map((file): FoundItem => {
    const map = `${stemOf(file)}_L.png`;
    const labels = waiting.delete(map) ? `${maps}/${map}` : null;
    return { key: `${split}/${stemOf(file)}`, split, image: `${images}/${file}`, labels };
  });
  for (const map of waiting) {
    const name = `${maps}/${map}`;
    problems.add(name, `${name} is a label map without an image: there is none of its name in ${images}. Add it.`);
  }
  return items;
}

/** The classes of the list that is there; null where there is none, or none that can be read. */
function listed(root: string, folders: Folders, problems: Problems): ClassInfo[] | null {
  const file = LISTS.find((name) => folders.has(name));
  if (!file) return null;
  const found: ClassInfo[] = [];
  const lines = problems.try(file, () => readText(root, file).split(/\r?\n/)) ?? [];
  lines.forEach((line, i) => {
    if (line.trim() === '' || /^name\s*,/i.test(line)) return;
    const [, r, g, b, name] = /^\s*(\d+)\s+(\d+)\s+(\d+)\s+(\S.*?)\s*$/.exec(line) ?? [];
    const [, csvName, ...csv] = /^\s*([^,]+?)\s*,\s*(\d+)\s*,\s*(\d+)\s*,\s*(\d+)\s*$/.exec(line) ?? [];
    const color = (name ? [r, g, b] : csv).map(Number) as ClassInfo['color'];
    const one = { name: name ?? csvName, color };
    const known = found.some((other) => other.name === one.name || String(other.color) === String(color));
    if (!one.name || color.some((part) => part > 255) || known || found.length > IGNORE) {
      problems.add(file, `${file}: line ${i + 1} was left out: it is no class with a colour of its own. Correct it.`);
    } else found.push(one);
  });
  return found.length > 0 ? found : null;
}
