/**
 * Where an item's label map comes from. What a reader writes into `FoundItem.labels` is text: the path of a PNG whose
 * values are label values; or a path, a line feed, and as JSON how the label map is made; and perhaps, after another line
 * feed, as JSON which file tells its objects apart. So it goes through the index and to every job as it is, and an item can
 * be read without its data set's annotation file, however long that is.
 */
import { readBytes } from '../base/files.ts';
import { IGNORE } from '../contract/dataset.ts';
import { Problem } from '../contract/problem.ts';
import { decodeImage, decodeLabels, decodeMatlab, type RawLabels } from './codec.ts';
import { type Drawing, draw } from './draw.ts';
import { fileInDataset, OUTSIDE } from './layout.ts';

/** How a label map is made of the file beside it. */
export type LabelRecipe =
  /** The PNG's values are label values. */
  | { kind: 'values' }
  /** The PNG's values are other numbers for label values. */
  | { kind: 'numbers'; values: [number: number, value: number][] }
  /**
   * A PNG of class numbers, of colours (0xRRGGBB → label value), or of segments; `complete`: each colour must occur;
   * `things`: each of these colours is an object.
   */
  | { kind: 'colours'; colours: [colour: number, value: number][]; complete?: boolean; things?: number[] }
  /** Cityscapes' instance numbers: from 1000 on, label value · 1000 + number. */
  | { kind: 'instances' }
  /** ADE20K's instances: the non-zero values of the PNG's blue channel, counted from 1 on in rising order. */
  | { kind: 'ranks'; values: [instance: number, value: number][] }
  /** An array in a MATLAB file holds label values: this field of this variable. */
  | { kind: 'matlab'; variable: string; field: string }
  /** All is here: shapes drawn one over the other. */
  | ({ kind: 'drawing' } & Drawing);

/** A file that tells the objects in a label map apart; training has no use for it. Its path is relative to the root. */
export type ObjectSource =
  /** A PNG of object numbers: our own from 1 on, Cityscapes' from 1000 on, Pascal VOC's (or colours) but for 255. */
  | { kind: 'numbers' | 'cityscapes' | 'voc'; path: string }
  /** Cityscapes' polygons; SBD's MATLAB file of object numbers. */
  | { kind: 'polygons' | 'sbd'; path: string };

/** Label values and, in words, what was wrong with single parts of them ("its polygon 3 …"). */
export interface FoundLabels extends RawLabels {
  notes: string[];
}

/** The text that stands in `FoundItem.labels`. @param path relative to the data set's root */
export function labelsText(path: string, recipe: LabelRecipe, objects?: ObjectSource): string {
  const made = recipe.kind === 'values' ? '' : JSON.stringify(recipe);
  if (objects) return `${path}\n${made}\n${JSON.stringify(objects)}`;
  return made === '' ? path : `${path}\n${made}`;
}

/** The parts of such a text; `text` is how the label map is made. */
export function labelsParts(labels: string): {
  path: string;
  recipe: LabelRecipe;
  text: string;
  objects: ObjectSource | null;
} {
  const [path, text = '', objects = ''] = labels.split('\n', 3);
  return {
    path,
    recipe: text === '' ? { kind: 'values' } : (JSON.parse(text) as LabelRecipe),
    text,
    objects: objects === '' ? null : (JSON.parse(objects) as ObjectSource),
  };
}

/** The file that is read for a label map, relative to the root; null where the text itself holds all of it. */
export function labelsFile(labels: string): string | null {
  const { path, recipe } = labelsParts(labels);
  return recipe.kind === 'drawing' ? null : path;
}

/** A label map before it is decoded. */
export interface LabelBytes {
  /** The file as the user knows it. */
  file: string;
  recipe: LabelRecipe;
  /** All that the label map depends on. */
  content: (Uint8Array | string)[];
}

/** @throws Problem where the file cannot be read or lies outside of the root */
export function openLabels(root: string, labels: string): LabelBytes {
  const { path, recipe, text } = labelsParts(labels);
  const file = fileInDataset(root, path);
  if (recipe.kind === 'drawing') return { file, recipe, content: [text] };
  return { file, recipe, content: text === '' ? [readBytes(file)] : [readBytes(file), text] };
}

/** The label values. @throws Problem where there is no label map to be had from it */
export function decodeLabelBytes({ file, recipe, content }: LabelBytes): FoundLabels {
  if (recipe.kind === 'drawing') return draw(recipe, file);
  const bytes = content[0] as Uint8Array;
  switch (recipe.kind) {
    case 'values':
      return { ...decodeLabels(bytes, file), notes: [] };
    case 'numbers': {
      const raw = decodeLabels(bytes, file);
      const values = new Map(recipe.values);
      return { ...raw, data: Uint16Array.from(raw.data, (number) => values.get(number) ?? OUTSIDE), notes: [] };
    }
    case 'instances': {
      const raw = decodeLabels(bytes, file);
      return { ...raw, data: raw.data.map((value) => (value < 1000 ? value : Math.floor(value / 1000))), notes: [] };
    }
    case 'matlab':
      return { ...decodeMatlab(bytes, file, recipe.variable, recipe.field), notes: [] };
    case 'colours':
      return coloured(bytes, file, recipe);
    case 'ranks':
      return ranked(bytes, file, new Map(recipe.values));
  }
}

/** Reads a label map's values. @throws Problem where that cannot be done */
export function readLabels(root: string, labels: string): FoundLabels {
  return decodeLabelBytes(openLabels(root, labels));
}

/** A PNG of one channel holds label values already; one of three is looked up colour by colour. */
function coloured(bytes: Uint8Array, file: string, recipe: LabelRecipe & { kind: 'colours' }): FoundLabels {
  if (!hasColours(bytes)) {
    if (!recipe.complete) return { ...decodeLabels(bytes, file), notes: [] };
    const next = 'Write it anew with the tool that it came from.';
    throw new Problem(`${file} holds class numbers where segments are expected.`, { where: file, next });
  }
  const { width, height, data } = decodeImage(bytes, file);
  const values = new Map(recipe.colours);
  const seen = new Set<number>();
  const unknown = new Map<number, number>();
  const out = new Uint8Array(width * height);
  for (let i = 0; i < out.length; i++) {
    const colour = (data[3 * i] << 16) | (data[3 * i + 1] << 8) | data[3 * i + 2];
    const value = values.get(colour);
    seen.add(colour);
    if (value === undefined) unknown.set(colour, (unknown.get(colour) ?? 0) + 1);
    out[i] = value ?? IGNORE;
  }
  const notes: string[] = [];
  if (unknown.size > 0) {
    const pixels = [...unknown.values()].reduce((sum, n) => sum + n, 0);
    notes.push(
      `it holds ${list([...unknown.keys()])} (${pixels} pixels), which no class has; these pixels are ignored`,
    );
  }
  if (recipe.complete) {
    const missing = recipe.colours.map(([colour]) => colour).filter((colour) => colour !== 0 && !seen.has(colour));
    if (missing.length > 0) notes.push(`it lacks ${list(missing)}, which the annotations name`);
  }
  return { width, height, data: out, notes };
}

/** Instances that the annotations do not name are ignored, and told. */
function ranked(bytes: Uint8Array, file: string, values: ReadonlyMap<number, number>): FoundLabels {
  const { width, height, data } = decodeImage(bytes, file);
  const blue = new Uint8Array(width * height);
  for (let i = 0; i < blue.length; i++) blue[i] = data[3 * i + 2];
  const there = [...new Set(blue)].filter((value) => value > 0).sort((a, b) => a - b);
  const table = new Uint8Array(256).fill(IGNORE);
  there.forEach((value, rank) => {
    table[value] = values.get(rank + 1) ?? IGNORE;
  });
  const notes: string[] = [];
  const unknown = there.map((_, rank) => rank + 1).filter((instance) => !values.has(instance));
  if (unknown.length > 0) {
    const more = unknown.length > 5 ? ', …' : '';
    const shown = `instance${unknown.length > 1 ? 's' : ''} ${unknown.slice(0, 5).join(', ')}${more}`;
    notes.push(`it holds ${shown}, which the annotations do not name; these pixels are ignored`);
  }
  return { width, height, data: blue.map((value) => table[value]), notes };
}

function list(colours: number[]): string {
  const shown = colours
    .sort((a, b) => a - b)
    .slice(0, 5)
    .map((colour) => `${colour >> 16}, ${(colour >> 8) & 255}, ${colour & 255}`);
  return `the colour${colours.length > 1 ? 's' : ''} (${shown.join('), (')})${colours.length > 5 ? ', …' : ''}`;
}

/** Whether a PNG has more than one channel; what is no PNG is left to the decoder to refuse. */
export function hasColours(bytes: Uint8Array): boolean {
  return bytes.length > 25 && (bytes[25] & 3) === 2;
}
