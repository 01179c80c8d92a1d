/**
 * ADE20K in full, as of 2017: `images/training/` and `images/validation/` with folders for scenes; beside each
 * `NAME.jpg` a `NAME_seg.png`, whose blue channel tells instances apart, and a `NAME_atr.txt`, which names them. The
 * whole objects are instances; parts are not read. The classes are the names, those of most images first; a label map holds no more than 255 of the 3,000.
 */
import { type FoundItem, IGNORE } from '../contract/dataset.ts';
import { Folders, isImage, namedClasses, Problems, readText, splitOf, stemOf, uniqueItems } from './annotations.ts';
import { labelsText } from './label-source.ts';
import type { Layout } from './layout.ts';

const SPLITS = ['training', 'validation'];
/** Folders within each other below a split: a letter, a scene, sometimes a kind of it. */
const MAX_DEPTH = 4;
const MAP = /_(seg|parts_\d+)\.png$/;
const PARTS = /_parts_\d+\.png$/;

/** One image's instances: class name by number, whole objects only. */
interface Described {
  key: string;
  split: string;
  image: string;
  map: string | null;
  instances: [number, string][];
}

export const ade20kFull: Layout = {
  name: 'ade20k-full',
  title: 'ADE20K, full',
  holds: 'images/training with folders of scenes, in them images with _seg.png and _atr.txt',
  match(folder) {
    const folders = new Folders(folder);
    return SPLITS.some((split) => firstFolders(folders, `images/${split}`).some((name) => hasMaps(folders, name)));
  },
  read(folder) {
    const problems = new Problems();
    const folders = new Folders(folder);
    const parts: string[] = [];
    const found = SPLITS.flatMap((split) =>
      foldersBelow(folders, `images/${split}`, MAX_DEPTH).flatMap((inner) => {
        const names = folders.images(inner);
        parts.push(...names.filter((name) => PARTS.test(name)).map((name) => `${inner}/${name}`));
        return names
          .filter((name) => !MAP.test(name))
          .map((name) => describe(folder, split, `${inner}/${name}`, folders, problems));
      }),
    );
    if (parts.length > 0) {
      const files =
        parts.length === 1 ? `1 file of parts (${parts[0]}) is` : `${parts.length} files of parts (${parts[0]}, …) are`;
      problems.add('images', `${files} not read: each pixel is of the whole object that it lies in.`);
    }
    const names = frequent(found, problems);
    const values = new Map(names.map((name, value) => [name, value]));
    const items = found.map(({ key, split, image, map, instances }): FoundItem => {
      const ranks = instances.map(([instance, name]): [number, number] => [instance, values.get(name) ?? IGNORE]);
      return { key, split, image, labels: map && labelsText(map, { kind: 'ranks', values: ranks }) };
    });
    return { classes: namedClasses(names, folder), items: uniqueItems(items, problems), problems: problems.list };
  },
};

function innerFolders(folders: Folders, folder: string): string[] {
  return [...folders.names(folder)]
    .filter((name) => !name.startsWith('.') && !/\.(jpe?g|png|txt)$/i.test(name))
    .map((name) => `${folder}/${name}`)
    .filter((name) => folders.isFolder(name));
}

/** The first way down, so that a long data set is recognised from a few folders. */
function firstFolders(folders: Folders, top: string): string[] {
  const way: string[] = [];
  for (let next: string | undefined = top; next && way.length <= MAX_DEPTH; next = innerFolders(folders, next)[0]) {
    way.push(next);
  }
  return way;
}

function foldersBelow(folders: Folders, top: string, depth: number): string[] {
  if (depth < 0 || !folders.isFolder(top)) return [];
  return [top, ...innerFolders(folders, top).flatMap((name) => foldersBelow(folders, name, depth - 1))];
}

function hasMaps(folders: Folders, folder: string): boolean {
  const names = folders.names(folder);
  return [...names].some((name) => isImage(name) && !MAP.test(name) && names.has(`${stemOf(name)}_seg.png`));
}

function describe(root: string, split: string, image: string, folders: Folders, problems: Problems): Described {
  const stem = stemOf(image);
  const [map, text] = [`${stem}_seg.png`, `${stem}_atr.txt`];
  const known = folders.has(map);
  const key = `${splitOf(split)}/${stem.slice(`images/${split}/`.length)}`;
  const instances = known ? (problems.try(text, () => instancesOf(root, text, problems)) ?? null) : null;
  return { key, split: splitOf(split), image, map: known && instances ? map : null, instances: instances ?? [] };
}

/** Lines are `number # part level # occluded # names # name as typed # "attributes"`; level 0 is a whole object. */
function instancesOf(root: string, file: string, problems: Problems): [number, string][] {
  const instances: [number, string][] = [];
  readText(root, file)
    .split(/\r?\n/)
    .forEach((line, i) => {
      if (line.trim() === '') return;
      const [number, level, , name] = line.split('#').map((part) => part.trim());
      if (!/^\d+$/.test(number) || !/^\d+$/.test(level ?? '') || !name) {
        problems.add(file, `${file}: line ${i + 1} was left out: it names no object. Correct it and import again.`);
      } else if (Number(level) === 0) instances.push([Number(number), name]);
    });
  return instances;
}

/** The names that occur in most images; those for which there is no room are told. */
function frequent(found: readonly Described[], problems: Problems): string[] {
  const images = new Map<string, number>();
  for (const { instances } of found) {
    for (const name of new Set(instances.map(([, one]) => one))) images.set(name, (images.get(name) ?? 0) + 1);
  }
  const names = [...images.keys()].sort((a, b) => images.get(b)! - images.get(a)! || (a < b ? -1 : 1));
  const rest = names.slice(IGNORE);
  if (rest.length > 0) {
    const message = `A label map holds ${IGNORE} classes; the ${rest.length} rarest of ${names.length} names`;
    problems.add('images', `${message}, from “${rest[0]}” on, are ignored.`);
  }
  return names.slice(0, IGNORE);
}
