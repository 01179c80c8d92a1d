/** One stroke of a tool: every change of a document goes through it, so that it can be saved, undone and held back. */
import type { LabelShape, ShapeChange } from '../contract/annotation.ts';
import { type LabelDocument, PLANES, type Rect, union } from './document.ts';
import { copyTile, makeDifference, makePatch, TILE, type TileBefore, tileRect } from './patch.ts';

export interface StrokeResult {
  /** See labels/patch.ts; null where no pixel changed. */
  patch: Uint8Array | null;
  shapes: ShapeChange[];
}

export class Stroke {
  readonly document: LabelDocument;
  readonly #locked: ReadonlySet<number>;
  readonly #before = new Map<number, TileBefore[]>();
  readonly #shapes = new Map<number, ShapeChange>();
  #dirty: Rect | null = null;

  /** @param locked classes whose pixels no tool may change */
  constructor(document: LabelDocument, locked: ReadonlySet<number> = new Set()) {
    this.document = document;
    this.#locked = locked;
  }

  /** Whether no tool may change pixels of a class. */
  isLocked(value: number): boolean {
    return this.#locked.has(value);
  }

  /**
   * Gives the pixels `from` ≤ x < `to` of a row a class; what lies outside of the image and what is locked stays.
   * @param instance the instance that they then belong to; 0: none
   * @param below the class that lies under the instance; what is there now unless given
   */
  span(y: number, from: number, to: number, value: number, instance = 0, below?: number): void {
    const { classes, instances, under } = this.document;
    const [first, end] = this.#places(y, from, to);
    const locked = this.#locked;
    for (let at = first; at < end; at++) {
      if (locked.size > 0 && locked.has(classes[at])) continue;
      if (instance === 0) under[at] = 255;
      else if (below !== undefined) under[at] = below;
      else if (instances[at] !== instance) under[at] = classes[at];
      classes[at] = value;
      instances[at] = instance;
    }
  }

  /** Gives the pixels of an instance in a row back to what lies under it. */
  release(y: number, from: number, to: number, instance: number): void {
    const { classes, instances, under } = this.document;
    const [first, end] = this.#places(y, from, to);
    for (let at = first; at < end; at++) {
      if (instances[at] !== instance || this.#locked.has(classes[at])) continue;
      classes[at] = under[at];
      instances[at] = 0;
      under[at] = 255;
    }
  }

  /** Hands the pixels of an instance in a row to another one; their class, and what lies under them, stays. */
  renumber(y: number, from: number, to: number, instance: number, other: number): void {
    const { classes, instances } = this.document;
    const [first, end] = this.#places(y, from, to);
    for (let at = first; at < end; at++) {
      if (instances[at] === instance && !this.#locked.has(classes[at])) instances[at] = other;
    }
  }

  /** Adds, changes or takes out (`after` null) a shape; its pixels are another matter. */
  setShape(id: number, after: LabelShape | null): void {
    const known = this.#shapes.get(id);
    const before = known ? known.before : (this.document.shapes.get(id) ?? null);
    this.#shapes.set(id, { before, after });
    if (after) this.document.shapes.set(id, after);
    else this.document.shapes.delete(id);
  }

  /** The rectangle that was written to since the last call; null: none. What is on the screen must be renewed there. */
  takeDirty(): Rect | null {
    const dirty = this.#dirty;
    this.#dirty = null;
    return dirty;
  }

  /** What the stroke changed in all; null where nothing did. */
  finish(): StrokeResult | null {
    const patch = makePatch(this.document, [...this.#before.values()].flat());
    const shapes = this.#shapeChanges();
    return patch || shapes.length > 0 ? { patch, shapes } : null;
  }

  /** As `finish`, with a patch that is not deflated yet: a stroke over many tiles then does not make the user wait. */
  difference(): { difference: Uint8Array<ArrayBuffer> | null; shapes: ShapeChange[] } | null {
    const difference = makeDifference(this.document, [...this.#before.values()].flat());
    const shapes = this.#shapeChanges();
    return difference || shapes.length > 0 ? { difference, shapes } : null;
  }

  #shapeChanges(): ShapeChange[] {
    return [...this.#shapes.values()].filter(({ before, after }) => before !== after);
  }

  /** Takes everything back: the tool was given up in the middle. */
  cancel(): void {
    for (const { plane, column, row, values } of [...this.#before.values()].flat()) {
      const rect = tileRect(this.document, column, row);
      for (let line = 0; line < rect.height; line++) {
        const part = values.subarray(line * rect.width, (line + 1) * rect.width);
        this.document[plane].set(part, (rect.y + line) * this.document.width + rect.x);
      }
      this.#dirty = union(this.#dirty, rect);
    }
    for (const [id, { before }] of this.#shapes) {
      if (before) this.document.shapes.set(id, before);
      else this.document.shapes.delete(id);
    }
    this.#before.clear();
    this.#shapes.clear();
  }

  /** The part of a run inside the image, as places in the planes, once its tiles are kept; none: an empty range. */
  #places(y: number, from: number, to: number): [first: number, end: number] {
    const { width, height } = this.document;
    const left = Math.max(0, from);
    const right = Math.min(width, to);
    if (y < 0 || y >= height || left >= right) return [0, 0];
    this.#touch(y, left, right);
    return [y * width + left, y * width + right];
  }

  /** Keeps the tiles under a run as they are now, if it is the first time that they are written to. */
  #touch(y: number, from: number, to: number): void {
    const row = Math.floor(y / TILE);
    for (let column = Math.floor(from / TILE); column * TILE < to; column++) {
      const key = row * 65536 + column;
      if (this.#before.has(key)) continue;
      const rect = tileRect(this.document, column, row);
      this.#before.set(
        key,
        PLANES.map((plane) => ({ plane, column, row, values: copyTile(this.document, plane, rect) })),
      );
    }
    this.#dirty = union(this.#dirty, { x: from, y, width: to - from, height: 1 });
  }
}
