/** What COCO's annotation files of all kinds share: their files, images and categories. */
import { z } from 'zod';
import { type Folders, type Problems, readJson, splitOf, stemOf } from './annotations.ts';
import { sortSplits } from './layout.ts';

const cocoFile = z.object({
  images: z.array(z.unknown()),
  annotations: z.array(z.unknown()).optional(),
  categories: z.array(z.unknown()),
});
const imageRecord = z.object({
  id: z.union([z.number(), z.string()]),
  file_name: z.string(),
  width: z.number().int().positive(),
  height: z.number().int().positive(),
});
const categoryRecord = z.object({
  id: z.number(),
  name: z.string().min(1),
  isthing: z.union([z.number(), z.boolean()]).nullish(),
});

export interface CocoImage {
  id: number | string;
  key: string;
  image: string;
  width: number;
  height: number;
}

/** One annotation file; records of images whose files are missing have been taken out, and told. */
export interface CocoFile {
  file: string;
  /** `train2017` in `instances_train2017.json`. */
  part: string;
  split: string;
  images: Map<number | string, CocoImage>;
  /** Ids of images that are listed but not there. */
  gone: Set<number | string>;
  annotations: unknown[];
  categories: Map<number, string>;
  /** The categories whose objects are told apart (panoptic). */
  things: Set<number>;
}

/** The names of the annotation files of one kind (`instances`, `panoptic`). */
export function cocoFiles(folders: Folders, kind: string): string[] {
  const names = [...folders.names('annotations')].filter(
    (name) => name.startsWith(`${kind}_`) && name.endsWith('.json'),
  );
  const part = (name: string) => splitOf(stemOf(name).slice(kind.length + 1));
  const order = sortSplits([...new Set(names.map(part))]);
  return names.sort((a, b) => order.indexOf(part(a)) - order.indexOf(part(b))).map((name) => `annotations/${name}`);
}

/** @throws Problem where the file as a whole is of no use */
export function readCocoFile(root: string, file: string, kind: string, folders: Folders, problems: Problems): CocoFile {
  const content = readJson(root, file, cocoFile);
  const part = stemOf(file).slice(`annotations/${kind}_`.length);
  const split = splitOf(part);
  const places = [`images/${part}`, part, `images/${split}`, split, 'images', ''];
  const faults = new Faults(file, problems);
  const images: CocoFile['images'] = new Map();
  const gone: CocoFile['gone'] = new Set();
  for (const [i, record] of content.images.entries()) {
    const parsed = imageRecord.safeParse(record);
    if (!parsed.success) {
      faults.add(`entry ${i + 1} of its images`, 'it lacks an id, file name or size');
      continue;
    }
    const { id, file_name, width, height } = parsed.data;
    const image = folders.find(file_name, places);
    if (images.has(id)) faults.add(`image ${id}`, 'another image has this id');
    else if (image !== null) images.set(id, { id, key: `${split}/${stemOf(file_name)}`, image, width, height });
    else {
      gone.add(id);
      faults.add(file_name, 'there is no such image');
    }
  }
  const categories: CocoFile['categories'] = new Map();
  const things: CocoFile['things'] = new Set();
  content.categories.forEach((record, i) => {
    const parsed = categoryRecord.safeParse(record);
    if (!parsed.success) faults.add(`category ${i + 1}`, 'it lacks an id or a name');
    else if (categories.has(parsed.data.id)) faults.add(`category ${parsed.data.name}`, 'another one has its id');
    else {
      categories.set(parsed.data.id, parsed.data.name);
      if (parsed.data.isthing) things.add(parsed.data.id);
    }
  });
  faults.tell();
  return { file, part, split, images, gone, annotations: content.annotations ?? [], categories, things };
}

/** The names of all files' categories, in the order of their ids. */
export function categoryNames(files: readonly CocoFile[]): string[] {
  return [...new Set(files.flatMap((one) => [...one.categories].sort(([a], [b]) => a - b).map(([, name]) => name)))];
}

/** Faults of one kind in a file are told together: a file may have as many of them as it has records. */
export class Faults {
  private readonly file: string;
  private readonly problems: Problems;
  private readonly found = new Map<string, string[]>();

  constructor(file: string, problems: Problems) {
    this.file = file;
    this.problems = problems;
  }

  add(what: string, why: string): void {
    const others = this.found.get(why);
    if (others) others.push(what);
    else this.found.set(why, [what]);
  }

  tell(): void {
    for (const [why, all] of this.found) {
      const more = all.length > 3 ? ` and ${all.length - 3} more` : '';
      const message = `${this.file}: ${all.slice(0, 3).join(', ')}${more} left out: ${why}.`;
      this.problems.add(this.file, `${message} Mend it and import again.`);
    }
  }
}
