/** A label map as it is edited: with the instances that its source tells apart, and their outlines where it has them. */

import { readBytes } from '../base/files.ts';
import { type LabelShape, MAX_INSTANCE } from '../contract/annotation.ts';
import { IGNORE } from '../contract/dataset.ts';
import { type LabelDocument, newDocument } from '../labels/document.ts';
import { ellipse } from '../labels/rasterise.ts';
import { polygonDrawing } from './cityscapes-polygons.ts';
import { VOC_VOID } from './classes/voc.ts';
import { decodeImage, decodeLabels, decodeMatlab } from './codec.ts';
import { type Drawing, draw, type Shape } from './draw.ts';
import { hasColours, type LabelBytes, labelsFile, labelsParts, type ObjectSource, openLabels } from './label-source.ts';
import { fileInDataset, type LabelTable } from './layout.ts';
import { checkSize, decodeSized, mapLabels } from './read-item.ts';

/** Cityscapes' instance numbers begin here; what is below is a class alone. */
const FIRST_INSTANCE = 1000;
const VOID_COLOUR = (VOC_VOID[0] << 16) | (VOC_VOID[1] << 8) | VOC_VOID[2];

/** Numbers of an outline beyond which it is not one for editing by hand: its pixels are. */
const MOST_NUMBERS = 20_000;

/** Whether a label map of this text (label-source.ts) may hold instances. */
export function holdsInstances(labels: string): boolean {
  const { recipe, objects } = labelsParts(labels);
  if (objects) return true;
  return (
    ['drawing', 'instances', 'ranks'].includes(recipe.kind) || (recipe.kind === 'colours' && !!recipe.things?.length)
  );
}

/** A label map before it is decoded, together with what tells its objects apart. */
export interface DocumentBytes extends LabelBytes {
  objects: OpenedObjects | null;
}

/** Shapes, or the file's bytes. */
type OpenedObjects = { file: string } & (
  | { kind: 'polygons'; drawing: Drawing }
  | { kind: Exclude<ObjectSource['kind'], 'polygons'>; bytes: Uint8Array }
);

/** @throws Problem where a file cannot be read or lies outside of the root */
export function openDocument(root: string, labels: string): DocumentBytes {
  const opened = openLabels(root, labels);
  const { objects } = labelsParts(labels);
  if (!objects) return { ...opened, objects };
  const { kind, path } = objects;
  const file = fileInDataset(root, path);
  const bytes = readBytes(file);
  const content = [...opened.content, bytes];
  if (kind !== 'polygons') return { ...opened, content, objects: { kind, file, bytes } };
  return { ...opened, content, objects: { kind, file, drawing: polygonDrawing(root, path) } };
}

/** The files that `openDocument` reads, relative to the root. */
export function documentFiles(labels: string): string[] {
  const { objects } = labelsParts(labels);
  return [labelsFile(labels), objects?.path].filter((file) => typeof file === 'string');
}

/**
 * @param table class of each label value
 * @param image the size that the label map must have
 * @returns the document; its classes are those that `readItem` gives
 * @throws Problem where there is no label map to be had, or it has another size
 */
export function readDocument(
  opened: DocumentBytes,
  table: LabelTable,
  image: { width: number; height: number },
): LabelDocument {
  const { recipe, file, objects } = opened;
  if (recipe.kind === 'drawing') {
    checkSize(recipe, file, image, 'the image');
    return drawn(recipe, file, table);
  }
  const raw = decodeSized(opened, image, 'the image');
  const document = newDocument(raw.width, raw.height, mapLabels(raw, table).labels);
  if (objects?.kind === 'polygons') {
    checkSize(objects.drawing, objects.file, image, 'the image');
    addDrawn(document, drawn(objects.drawing, objects.file, table));
  } else if (objects) {
    const numbers =
      objects.kind === 'sbd'
        ? decodeMatlab(objects.bytes, objects.file, 'GTinst', 'Segmentation')
        : objectNumbers(objects.bytes, objects.file);
    checkSize(numbers, objects.file, image, 'the image');
    addNumbered(document, numbers.data, IS_OBJECT[objects.kind]);
  } else addOwnObjects(document, opened);
  return document;
}

/** Objects that the label map's own file tells apart. */
function addOwnObjects(document: LabelDocument, { recipe, file, content }: LabelBytes): void {
  const numbers = () => objectNumbers(content[0] as Uint8Array, file).data;
  if (recipe.kind === 'instances') addNumbered(document, numbers(), IS_OBJECT.cityscapes);
  else if (recipe.kind === 'colours' && recipe.things?.length) {
    const things = new Set(recipe.things);
    addNumbered(document, numbers(), (colour) => things.has(colour));
  } else if (recipe.kind === 'ranks') addNumbered(document, numbers(), (colour) => (colour & 255) > 0, 255);
}

/** Which numbers are an object's. */
const IS_OBJECT = {
  numbers: (number: number) => number !== 0,
  sbd: (number: number) => number !== 0,
  cityscapes: (number: number) => number >= FIRST_INSTANCE,
  voc: (number: number) => number !== 0 && number !== IGNORE && number !== VOID_COLOUR,
};

/** A number for each pixel: a PNG's values, or its colours as 0xRRGGBB. @throws Problem where it cannot be decoded */
function objectNumbers(bytes: Uint8Array, file: string): { width: number; height: number; data: ArrayLike<number> } {
  if (!hasColours(bytes)) return decodeLabels(bytes, file);
  const { width, height, data } = decodeImage(bytes, file);
  const colours = new Int32Array(width * height);
  for (let i = 0; i < colours.length; i++) colours[i] = (data[3 * i] << 16) | (data[3 * i + 1] << 8) | data[3 * i + 2];
  return { width, height, data: colours };
}

/** Takes over the shapes of a drawing where its classes are the label map's. */
function addDrawn({ classes, instances, under, shapes }: LabelDocument, other: LabelDocument): void {
  for (let at = 0; at < classes.length; at++) {
    if (classes[at] !== other.classes[at]) continue;
    instances[at] = other.instances[at];
    under[at] = other.under[at];
  }
  for (const [id, shape] of other.shapes) shapes.set(id, shape);
}

/** Each shape of a class, or each object in several, is an instance; what it covers lies under it. */
function drawn(drawing: Drawing, file: string, table: LabelTable): LabelDocument {
  const { width, height, shapes } = drawing;
  const instances = new Uint16Array(width * height);
  const under = new Uint8Array(width * height).fill(IGNORE);
  const objects = objectsOf(drawing, table);
  const numbers = shapes.map(() => 0);
  for (const { id, class: label, shapes: own } of objects) {
    if (id <= MAX_INSTANCE && label !== IGNORE) for (const shape of own) numbers[shape] = id;
  }
  const drawnOnes = new Set<number>();
  const raw = draw(drawing, file, (shape, y, from, to, data) => {
    const number = numbers[shape];
    drawnOnes.add(number);
    for (let at = y * width + from; at < y * width + to; at++) {
      if (number === 0) under[at] = IGNORE;
      else if (instances[at] !== number) under[at] = table[data[at]] < IGNORE ? table[data[at]] : IGNORE;
      instances[at] = number;
    }
  });
  const document = newDocument(width, height, mapLabels(raw, table).labels);
  document.instances.set(instances);
  document.under.set(under);
  for (const { shapes: _, ...shape } of objects) {
    if (shape.class !== IGNORE && drawnOnes.has(shape.id)) document.shapes.set(shape.id, shape);
  }
  return document;
}

/** A thing in a drawing: its number from 1 on in the order of drawing, its class or IGNORE, and the places of its shapes. */
interface DrawnObject extends LabelShape {
  shapes: number[];
}

function objectsOf({ shapes, rule }: Drawing, table: LabelTable): DrawnObject[] {
  const objects = new Map<string, DrawnObject>();
  shapes.forEach(({ value, object, crowd }, i) => {
    const key = object === undefined ? `shape ${i}` : `${value} ${object}`;
    const known = objects.get(key);
    if (known) known.shapes.push(i);
    else {
      const label = table[value] < IGNORE ? table[value] : IGNORE;
      objects.set(key, { id: objects.size + 1, class: label, rings: [], shapes: [i], ...(crowd && { crowd }) });
    }
  });
  for (const object of objects.values()) {
    const rings = object.shapes.map((i) => ringOf(shapes[i], rule));
    if (rings.every((ring) => ring !== null)) object.rings = rings;
  }
  return [...objects.values()];
}

/** Outlines of a drawing that stand for ignored pixels: no instances, but they have their places among these. */
export function ignoredOutlines({ recipe, objects }: DocumentBytes, table: LabelTable): LabelShape[] {
  const drawing = recipe.kind === 'drawing' ? recipe : objects?.kind === 'polygons' ? objects.drawing : null;
  if (!drawing) return [];
  return objectsOf(drawing, table)
    .filter(({ class: label, rings }) => label === IGNORE && rings.length > 0)
    .map(({ id, class: label, rings }) => ({ id, class: label, rings }));
}

/** In the coordinates of `LabelShape`; null where the shape is known by its pixels alone. */
function ringOf(shape: Shape, rule: Drawing['rule']): number[] | null {
  const points = 'polygon' in shape ? shape.polygon : 'ellipse' in shape ? ellipse(...shape.ellipse) : [];
  const ring = Array.from(points, (value) => (rule === 'area' ? value : value + 0.5));
  const fits = ring.length >= 6 && ring.length <= MOST_NUMBERS && ring.length % 2 === 0;
  return fits && ring.every(Number.isFinite) ? ring : null;
}

/**
 * Objects that numbers tell apart, without outlines; pixels of one number and of different classes are different objects.
 * @param some which numbers are an object's
 * @param bits those of a number that count
 */
function addNumbered(
  { classes, instances, shapes }: LabelDocument,
  numbers: ArrayLike<number>,
  some: (number: number) => boolean,
  bits = 0xffffff,
): void {
  const known = new Map<number, LabelShape>();
  for (let i = 0; i < numbers.length; i++) {
    if (classes[i] === IGNORE || !some(numbers[i])) continue;
    const key = (numbers[i] & bits) * 256 + classes[i];
    let shape = known.get(key);
    if (!shape && known.size < MAX_INSTANCE) {
      shape = { id: known.size + 1, class: classes[i], rings: [] };
      known.set(key, shape);
      shapes.set(shape.id, shape);
    }
    if (shape) instances[i] = shape.id;
  }
}
