/**
 * ScanNetV2's pictures: folders `scene0000_00/` (in the folder itself or in `scans/` and `scans_test/`) with `color/` and
 * either `label/`, 8-bit PNG files of NYU's 40 ids (as in scannet_frames_25k), or `label-filt/`, 16-bit PNG files of
 * ScanNet's own ids, for which `scannetv2-labels.combined.tsv` is needed. Splits: `scannetv2_train.txt` and so on.
 */
import { type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { Folders, namedClasses, ONE_SPLIT, Problems, readText, stemOf } from './annotations.ts';
import { SCANNET_CLASSES } from './classes/scannet.ts';
import { type LabelTable, type Layout, OUTSIDE, sortSplits } from './layout.ts';

const SCENE = /^scene\d{4}_\d{2}$/;
const TOPS = ['', 'scans', 'scans_test'];
const IDS = 'scannetv2-labels.combined.tsv';
const NYU40 = 40;
/** Where the lists of scenes are looked for: beside them, or as in ScanNet's repository. */
const LISTS = ['', 'Tasks/Benchmark/'];

interface Scene {
  name: string;
  folder: string;
  split: string;
}

export const scannet: Layout = {
  name: 'scannet',
  title: 'ScanNetV2',
  holds: 'folders scene0000_00 and so on, or scans with them, in each color and label or label-filt',
  match(folder) {
    const folders = new Folders(folder);
    return TOPS.some((top) =>
      [...folders.names(top)].some((name) => SCENE.test(name) && folders.isFolder(`${at(top, name)}/color`)),
    );
  },
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const scenes = scenesOf(folder, folders, problems);
    const own = scenes.some((scene) => folders.isFolder(`${scene.folder}/label-filt`));
    const fine = scenes.some((scene) => folders.isFolder(`${scene.folder}/label`));
    // Of both kinds, the one that needs no table.
    const maps = own && !fine ? 'label-filt' : 'label';
    const table = maps === 'label' ? nyuTable() : problems.try(IDS, () => ownTable(folder));
    const items = scenes.flatMap((scene) => itemsOf(scene, table ? maps : null, folders, problems));
    const order = sortSplits([...new Set(items.map((item) => item.split))]);
    return {
      classes: namedClasses(
        SCANNET_CLASSES.map(([name]) => name),
        folder,
      ),
      items: order.flatMap((split) => items.filter((item) => item.split === split)),
      problems: problems.list,
      ...(table ? { table } : {}),
    };
  },
};

const at = (top: string, name: string) => (top === '' ? name : `${top}/${name}`);

function scenesOf(root: string, folders: Folders, problems: Problems): Scene[] {
  const splits = new Map<string, string>();
  for (const split of ['train', 'val', 'test']) {
    const list = LISTS.map((place) => `${place}scannetv2_${split}.txt`).find((name) => folders.has(name));
    const lines = list ? problems.try(list, () => readText(root, list).split(/\s+/)) : [];
    for (const name of lines ?? []) splits.set(name, split);
  }
  return TOPS.flatMap((top) =>
    [...folders.names(top)]
      .filter((name) => SCENE.test(name))
      .map((name) => {
        const split = splits.get(name) ?? (top === 'scans_test' ? 'test' : ONE_SPLIT);
        return { name, folder: at(top, name), split };
      }),
  );
}

function itemsOf(
  { name, folder, split }: Scene,
  maps: string | null,
  folders: Folders,
  problems: Problems,
): FoundItem[] {
  const images = folders.images(`${folder}/color`);
  const waiting = new Set(maps === null ? [] : [...folders.names(`${folder}/${maps}`)]);
  const items = images.map((file): FoundItem => {
    const map = `${stemOf(file)}.png`;
    const has = waiting.delete(map);
    return {
      key: `${split}/${name}/${stemOf(file)}`,
      split,
      image: `${folder}/color/${file}`,
      labels: has ? `${folder}/${maps}/${map}` : null,
    };
  });
  if (images.length === 0) {
    problems.add(
      folder,
      `${folder} has no images in color. Take them out of its .sens file with ScanNet’s SensReader.`,
    );
  } else if (waiting.size > 0) {
    const [first] = waiting;
    const path = `${folder}/${maps}`;
    problems.add(
      path,
      `${path}: ${waiting.size} files, the first of them ${first}, have no image of their name in color.`,
    );
  }
  return items;
}

/** NYU's ids; those outside of the benchmark's 20, and 0, count for nothing. */
function nyuTable(): LabelTable {
  const table = new Uint16Array(256).fill(OUTSIDE);
  for (let id = 0; id <= NYU40; id++) table[id] = classOf(id);
  table[IGNORE] = IGNORE;
  return table;
}

function classOf(nyu40: number): number {
  const found = SCANNET_CLASSES.findIndex(([, id]) => id === nyu40);
  return found < 0 ? IGNORE : found;
}

/** ScanNet's own ids by its table of names. @throws Problem where that is missing or has not the columns */
function ownTable(root: string): LabelTable {
  const [head, ...lines] = readText(root, IDS)
    .split(/\r?\n/)
    .map((line) => line.split('\t'));
  const [id, nyu40] = ['id', 'nyu40id'].map((name) => head.indexOf(name));
  if (id < 0 || nyu40 < 0) {
    throw new Problem(`${IDS} has no columns id and nyu40id.`, { next: 'Take it from ScanNet’s repository.' });
  }
  const rows = lines.map((line) => [Number(line[id]), Number(line[nyu40] || 0)]);
  const known = rows.filter(([own]) => Number.isInteger(own) && own > 0 && own < 65_536);
  const table = new Uint16Array(known.reduce((most, [own]) => Math.max(most, own), 0) + 1).fill(OUTSIDE);
  table[0] = IGNORE;
  for (const [own, nyu] of known) table[own] = classOf(nyu);
  return table;
}
