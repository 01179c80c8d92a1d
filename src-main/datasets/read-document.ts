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

/** Each shape of a class is an instance; what it covers lies under it. */
function drawn(drawing: Drawing, file: string, table: LabelTable): LabelDocument {
  const { width, height, shapes } = drawing;
  const instances = new Uint16Array(width * height);
  const under = new Uint8Array(width * height).fill(IGNORE);
  const classes = shapes.map(({ value }) => (table[value] < IGNORE ? table[value] : IGNORE));
  const drawnOnes = new Set<number>();
  const raw = draw(drawing, file, (shape, y, from, to, data) => {
    const number = shape < MAX_INSTANCE && classes[shape] !== IGNORE ? shape + 1 : 0;
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
  for (const [i, shape] of shapes.entries()) {
    if (!drawnOnes.has(i + 1)) continue;
    document.shapes.set(i + 1, { id: i + 1, class: classes[i], rings: ringsOf(shape, drawing.rule) });
  }
  return document;
}

/** In the coordinates of `LabelShape`; none where the shape is known by its pixels alone. */
function ringsOf(shape: Shape, rule: Drawing['rule']): number[][] {
  const points = 'polygon' in shape ? shape.polygon : 'ellipse' in shape ? ellipse(...shape.ellipse) : [];
  const ring = Array.from(points, (value) => (rule === 'area' ? value : value + 0.5));
  const fits = ring.length >= 6 && ring.length <= MOST_NUMBERS && ring.length % 2 === 0;
  return fits && ring.every(Number.isFinite) ? [ring] : [];
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
