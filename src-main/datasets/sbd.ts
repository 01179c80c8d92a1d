/**
 * SBD, the Semantic Boundaries Dataset, as it is published (there, or in `dataset/` of `benchmark_RELEASE/`): `img/`,
 * `cls/NAME.mat` with `GTcls.Segmentation`, Pascal VOC's classes, and `inst/NAME.mat` with `GTinst.Segmentation`, the
 * objects from 1 on; `train.txt` and `val.txt` list the names.
 */
import type { FoundItem } from '../contract/dataset.ts';
import { Folders, namedClasses, ONE_SPLIT, Problems, readText, stemOf, uniqueItems } from './annotations.ts';
import { VOC_CLASSES } from './classes/voc.ts';
import { IMAGE_EXTENSIONS } from './codec.ts';
import { labelsText } from './label-source.ts';
import type { Layout } from './layout.ts';

const BASES = ['', 'dataset/', 'benchmark_RELEASE/dataset/'];
const LISTS = ['train', 'val'];

export const sbd: Layout = {
  name: 'sbd',
  title: 'SBD',
  holds: 'folders img and cls with MATLAB files',
  match: (folder) => baseOf(new Folders(folder)) !== undefined,
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const base = baseOf(folders)!;
    const lists = LISTS.filter((name) => folders.has(`${base}${name}.txt`));
    const parts = lists.map((split) => {
      const list = `${base}${split}.txt`;
      const lines = problems.try(list, () => readText(folder, list).split(/\r?\n/)) ?? [];
      return { split, from: list, stems: new Set(lines.map((line) => line.trim()).filter((line) => line !== '')) };
    });
    const all = { split: ONE_SPLIT, from: `${base}img`, stems: new Set(folders.images(`${base}img`).map(stemOf)) };
    const items = (parts.length > 0 ? parts : [all]).flatMap(({ split, from, stems }) =>
      [...stems].flatMap((stem) => itemOf(base, split, stem, from, folders, problems) ?? []),
    );
    return { classes: namedClasses(VOC_CLASSES, folder), items: uniqueItems(items, problems), problems: problems.list };
  },
};

function baseOf(folders: Folders): string | undefined {
  return BASES.find(
    (base) => folders.isFolder(`${base}img`) && [...folders.names(`${base}cls`)].some((name) => name.endsWith('.mat')),
  );
}

/** @param from the list that names it */
function itemOf(
  base: string,
  split: string,
  stem: string,
  from: string,
  folders: Folders,
  problems: Problems,
): FoundItem | null {
  const names = IMAGE_EXTENSIONS.map((extension) => stem + extension);
  const image = names.map((name) => folders.find(name, [`${base}img`])).find((found) => found !== null);
  if (!image) {
    problems.add(from, `${from} names ${stem}, but there is no such image in ${base}img. Add it.`);
    return null;
  }
  const [map, path] = ['cls', 'inst'].map((name) => folders.find(`${stem}.mat`, [base + name]));
  const recipe = { kind: 'matlab', variable: 'GTcls', field: 'Segmentation' } as const;
  const objects = path === null ? undefined : ({ kind: 'sbd', path } as const);
  return { key: `${split}/${stem}`, split, image, labels: map && labelsText(map, recipe, objects) };
}
