/** What is edited of one image: a class per pixel, and the instances in it. Pure, for the host and the window alike. */
import type { LabelShape, ShapeChange } from '../contract/annotation.ts';
import { IGNORE } from '../contract/dataset.ts';
import type { FillRule } from './rasterise.ts';

export interface LabelDocument {
  readonly width: number;
  readonly height: number;
  /** The class of each pixel, row-major, or IGNORE. */
  readonly classes: Uint8Array;
  /** The instance that each pixel belongs to; 0: none. */
  readonly instances: Uint16Array;
  /** Of a pixel that belongs to an instance: the class that comes back when the instance's outline leaves it. */
  readonly under: Uint8Array;
  readonly shapes: Map<number, LabelShape>;
  /** Which pixels a shape holds that is drawn in it: those that it has in the format of the data set. */
  readonly rule: FillRule;
}

/** The planes of a document, in the order in which they are stored and sent. */
export const PLANES = ['classes', 'instances', 'under'] as const;
export type PlaneName = (typeof PLANES)[number];

/** @param classes `height·width` classes, taken over as they are; all IGNORE unless given */
export function newDocument(
  width: number,
  height: number,
  classes?: Uint8Array,
  rule: FillRule = 'area',
): LabelDocument {
  return {
    width,
    height,
    classes: classes ?? new Uint8Array(width * height).fill(IGNORE),
    instances: new Uint16Array(width * height),
    under: new Uint8Array(width * height).fill(IGNORE),
    shapes: new Map(),
    rule,
  };
}

/** Puts the shapes of a document where a list of changes says, forward or (`back`) as they were before it. */
export function applyShapeChanges(
  document: Pick<LabelDocument, 'shapes'>,
  changes: readonly ShapeChange[],
  back = false,
): void {
  for (const { before, after } of changes) {
    const [gone, come] = back ? [after, before] : [before, after];
    if (gone && gone.id !== come?.id) document.shapes.delete(gone.id);
    if (come) document.shapes.set(come.id, come);
  }
}

/** What leads from the shapes of one document to those of another. */
export function shapeChangesBetween(before: LabelDocument, after: LabelDocument): ShapeChange[] {
  const ids = new Set([...before.shapes.keys(), ...after.shapes.keys()]);
  const changes = Array.from(ids, (id) => ({
    before: before.shapes.get(id) ?? null,
    after: after.shapes.get(id) ?? null,
  }));
  return changes.filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.after));
}

/** A rectangle of pixels. */
export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

/** The smallest rectangle around both; either may be null. */
export function union(a: Rect | null, b: Rect | null): Rect | null {
  if (!a || !b) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return {
    x,
    y,
    width: Math.max(a.x + a.width, b.x + b.width) - x,
    height: Math.max(a.y + a.height, b.y + b.height) - y,
  };
}
