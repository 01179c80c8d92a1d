/** A label map as it is edited: with the instances that its source tells apart, and their outlines where it has them. */
import { type LabelShape, MAX_INSTANCE } from '../contract/annotation.ts';
import { IGNORE } from '../contract/dataset.ts';
import { type LabelDocument, newDocument } from '../labels/document.ts';
import { decodeLabels } from './codec.ts';
import { type Drawing, draw, type Shape } from './draw.ts';
import type { LabelBytes, LabelRecipe } from './label-source.ts';
import type { LabelTable } from './layout.ts';
import { ellipse } from './rasterise.ts';
import { checkSize, decodeSized, mapLabels } from './read-item.ts';

/** Numbers of an outline beyond which it is not one for editing by hand: its pixels are. */
const MOST_NUMBERS = 20_000;

/** Whether label maps made like this may hold instances. */
export function holdsInstances({ kind }: LabelRecipe): boolean {
  return kind === 'drawing' || kind === 'instances';
}

/**
 * @param table class of each label value
 * @param image the size that the label map must have
 * @returns the document; its classes are those that `readItem` gives
 * @throws Problem where there is no label map to be had, or it has another size
 */
export function readDocument(
  opened: LabelBytes,
  table: LabelTable,
  image: { width: number; height: number },
): LabelDocument {
  const { recipe, file } = opened;
  if (recipe.kind === 'drawing') {
    checkSize(recipe, file, image, 'the image');
    return drawn(recipe, file, table);
  }
  const raw = decodeSized(opened, image, 'the image');
  const document = newDocument(raw.width, raw.height, mapLabels(raw, table).labels);
  if (recipe.kind === 'instances')
    addNumbered(document, decodeLabels(opened.content[0] as Uint8Array, opened.file).data);
  return document;
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
  for (const { id, class: label, rings } of objects) {
    if (label !== IGNORE && drawnOnes.has(id)) document.shapes.set(id, { id, class: label, rings });
  }
  return document;
}

/** A thing in a drawing: its number from 1 on in the order of drawing, its class or IGNORE, and the places of its shapes. */
interface DrawnObject extends LabelShape {
  shapes: number[];
}

function objectsOf({ shapes, rule }: Drawing, table: LabelTable): DrawnObject[] {
  const objects = new Map<string, DrawnObject>();
  shapes.forEach(({ value, object }, i) => {
    const key = object === undefined ? `shape ${i}` : `${value} ${object}`;
    const known = objects.get(key);
    if (known) known.shapes.push(i);
    else {
      const label = table[value] < IGNORE ? table[value] : IGNORE;
      objects.set(key, { id: objects.size + 1, class: label, rings: [], shapes: [i] });
    }
  });
  for (const object of objects.values()) {
    const rings = object.shapes.map((i) => ringOf(shapes[i], rule));
    if (rings.every((ring) => ring !== null)) object.rings = rings;
  }
  return [...objects.values()];
}

/** Outlines of a drawing that stand for ignored pixels: no instances, but they have their places among these. */
export function ignoredOutlines({ recipe }: Pick<LabelBytes, 'recipe'>, table: LabelTable): LabelShape[] {
  if (recipe.kind !== 'drawing') return [];
  return objectsOf(recipe, table)
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

/** Cityscapes' instance numbers, from 1000 on; without outlines. */
function addNumbered({ classes, instances, shapes }: LabelDocument, numbers: Uint8Array | Uint16Array): void {
  const known = new Map<number, LabelShape>();
  for (let i = 0; i < numbers.length; i++) {
    if (numbers[i] < 1000 || classes[i] === IGNORE) continue;
    let shape = known.get(numbers[i]);
    if (!shape) {
      shape = { id: known.size + 1, class: classes[i], rings: [] };
      known.set(numbers[i], shape);
      shapes.set(shape.id, shape);
    }
    instances[i] = shape.id;
  }
}
