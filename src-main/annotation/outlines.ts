/**
 * Which shapes of an item can be written with their corners. A format draws shapes one over the other by a rule of its own;
 * a shape keeps its outline where that gives the label map. Where it does not (the pixels were changed since, or the shape
 * was drawn by another rule), the label map counts and the shape is written by its pixels.
 */
import { IGNORE } from '../contract/dataset.ts';
import { type FillRule, fillArea, fillTouched, pixelsOf } from '../labels/rasterise.ts';
import { type BoxMask, maskOfSpans, type Span, spansOfMask } from '../labels/spans.ts';
import type { LabelledItem, OutlinedShape } from './format.ts';

/** A shape with its corners, and all pixels that they give, those that others cover too. */
export interface Outline extends BoxMask {
  id: number;
  label: number;
  /** x, y, x, y, … of each of its polygons, in the format's coordinates. */
  polygons: number[][];
  area: number;
}

export interface Kept {
  /** In the order of drawing. */
  outlines: Outline[];
  /** Which of them each pixel is right by: its place in `outlines` from 1 on; 0: none. */
  owner: Uint16Array;
}

/** Drawing the shapes of one item may cost so much, in units of about a nanosecond; later ones are left to their pixels. */
const MAX_COST = 2_000_000_000;

/**
 * @param pixels what becomes of other pixels: `over` outlines, where they are of an instance that comes later; or `under`
 * all of them
 * @param ignored whether outlines of ignored pixels can be written
 */
export function keptOutlines(item: LabelledItem, rule: FillRule, pixels: 'over' | 'under', ignored: boolean): Kept {
  const { labels, instances } = item;
  const owner = new Uint16Array(labels.length);
  let outlines = drawnOutlines(item, rule, ignored);
  for (;;) {
    owner.fill(0);
    outlines.forEach((outline, i) => {
      spansOfMask(outline, (y, from, to) => owner.fill(i + 1, y * item.width + from, y * item.width + to));
    });
    const wrong = wrongOnes(outlines, owner, item, pixels);
    if (wrong.size === 0) break;
    outlines = outlines.filter(({ id }) => !wrong.has(id));
  }
  // What lies over an outline is not its own.
  owner.forEach((place, at) => {
    if (place > 0 && !isOwn(outlines[place - 1], labels[at], instances?.[at] ?? 0)) owner[at] = 0;
  });
  return { outlines, owner };
}

function drawnOutlines({ shapes, width, height }: LabelledItem, rule: FillRule, ignored: boolean): Outline[] {
  let left = MAX_COST;
  const spend = (cost: number) => {
    left -= cost;
    if (left < 0) throw new Error('there are too many outlines');
  };
  const usable = (shapes ?? []).filter((shape) => shape.rings.length > 0 && (ignored || shape.class !== IGNORE));
  return usable
    .toSorted((a, b) => a.id - b.id)
    .flatMap((shape) => {
      const polygons = polygonsOf(shape, rule);
      const fill = rule === 'area' ? fillArea : fillTouched;
      const draw = (span: Span) => {
        for (const polygon of polygons) fill(polygon, width, height, span, spend);
      };
      const mask = tried(() => maskOfSpans({ width, height }, draw));
      if (!mask) return [];
      return [
        { ...mask, id: shape.id, label: shape.class, polygons, area: mask.mask.reduce((sum, one) => sum + one, 0) },
      ];
    });
}

/** Null too where a shape cannot be drawn: then it has no outline to be kept. */
function tried(draw: () => BoxMask | null): BoxMask | null {
  try {
    return draw();
  } catch {
    return null;
  }
}

function polygonsOf({ rings }: OutlinedShape, rule: FillRule): number[][] {
  return rings.map((ring) => (rule === 'area' ? [...ring] : pixelsOf(ring)));
}

/** Whether a pixel is what an outline over it says. */
function isOwn({ id, label }: Outline, found: number, instance: number): boolean {
  return found === label && instance === (label === IGNORE ? 0 : id);
}

/** The outlines that would not give the label map: those that cover too much, and those that do not cover their own. */
function wrongOnes(
  outlines: readonly Outline[],
  owner: Uint16Array,
  { labels, instances }: LabelledItem,
  pixels: 'over' | 'under',
): Set<number> {
  const kept = new Set(outlines.map(({ id }) => id));
  const wrong = new Set<number>();
  for (let at = 0; at < owner.length; at++) {
    const instance = instances?.[at] ?? 0;
    if (owner[at] === 0) {
      if (kept.has(instance)) wrong.add(instance);
      continue;
    }
    const top = outlines[owner[at] - 1];
    if (isOwn(top, labels[at], instance)) continue;
    const later = instance > top.id;
    if (later && kept.has(instance)) wrong.add(instance);
    else if (!later || pixels === 'under') wrong.add(top.id);
  }
  return wrong;
}
