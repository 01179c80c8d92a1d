import type { LabelShape } from '../../../src-main/contract/annotation.ts';
import { hitOutline, hitShapes } from '../../../src-main/labels/hit.ts';
import { shifted, withCornerAt, withCornerOn, withoutCorner } from '../../../src-main/labels/rings.ts';
import {
  drawShape,
  mergeShapes,
  nextInstance,
  redrawShape,
  removeShape,
  retraceShape,
  splitShape,
} from '../../../src-main/labels/shapes.ts';
import { simplified } from '../../../src-main/labels/simplify.ts';
import type { Stroke } from '../../../src-main/labels/stroke.ts';
import { type Point, pixelAt } from '../../canvas/viewport.ts';
import type { Keys, Overlay, Tool, ToolAction, ToolKey, Work } from './tool.ts';

/** How near a corner or an edge is caught, in CSS pixels. */
const REACH = 8;
/** How far a corner that is left out may lie from the outline, in pixels. */
const SLACK = 1;
/** How far a copy lies from what it was made of, in pixels. */
const APART = 10;

type Rings = number[][];

/** Chooses instances and changes their outlines, classes and number. */
class SelectTool implements Tool {
  readonly #work: Work;
  /** Other instances that are chosen with the first, to be merged. */
  readonly #more = new Set<number>();
  /** The corner that was touched last: what Delete takes first. */
  #corner: { ring: number; corner: number } | null = null;
  /** The outline while it is dragged, and how. */
  #draft: Rings | null = null;
  #grip: ((at: Point) => Rings) | null = null;
  #splitting = false;
  #line: [Point, Point] | null = null;

  constructor(work: Work) {
    this.#work = work;
  }

  down(at: Point, keys: Keys): void {
    if (this.#splitting) {
      this.#line = [at, at];
      return;
    }
    const shape = this.#shape();
    if (!keys.shift && shape && this.#grab(shape, at)) return;
    const { document } = this.#work.session;
    const pixel = pixelAt(at, document);
    const hit = hitShapes(document.shapes.values(), [at.x, at.y], REACH / this.#work.scale)?.shape.id;
    const id = hit ?? (pixel ? document.instances[pixel.y * document.width + pixel.x] : 0);
    this.#corner = null;
    if (keys.shift && shape && id > 0 && id !== shape.id) {
      if (!this.#more.delete(id)) this.#more.add(id);
    } else {
      this.#more.clear();
      this.#work.select(id);
      const chosen = document.shapes.get(id);
      if (chosen && id === shape?.id) this.#move(chosen, at);
    }
    this.#work.redraw();
  }

  drag(at: readonly Point[]): void {
    const point = at[at.length - 1];
    if (this.#line) this.#line[1] = point;
    else if (this.#grip) this.#draft = this.#grip(point);
    this.#work.redraw();
  }

  up(): void {
    const shape = this.#shape();
    const [draft, line] = [this.#draft, this.#line];
    this.#reset();
    if (line && shape) this.#split(shape, line);
    else if (draft && shape) this.#change((stroke) => redrawShape(stroke, { ...shape, rings: draft }));
    this.#work.redraw();
  }

  key(key: ToolKey): boolean {
    const shape = this.#shape();
    if (key === 'cancel' && this.#splitting) {
      this.#reset();
      this.#work.redraw();
      return true;
    }
    if (!shape) return false;
    if (key === 'delete' || key === 'back') {
      const rings = this.#corner ? withoutCorner(shape.rings, this.#corner.ring, this.#corner.corner) : [];
      this.#corner = null;
      if (rings.length > 0) this.#change((stroke) => redrawShape(stroke, { ...shape, rings }));
      else this.act('remove');
    } else if (key === 'duplicate') this.#duplicate(shape);
    else return false;
    this.#work.redraw();
    return true;
  }

  label(label: number): void {
    const shape = this.#shape();
    if (!shape) return;
    this.#change((stroke) => {
      for (const id of [shape.id, ...this.#more]) {
        const one = stroke.document.shapes.get(id);
        if (one) redrawShape(stroke, { ...one, class: label });
      }
    });
  }

  act(action: ToolAction): void {
    const shape = this.#shape();
    if (!shape) {
      this.#work.say('Choose an instance first: click on it.');
      return;
    }
    if (action === 'split') {
      this.#splitting = true;
      this.#work.say('Drag a line across the instance.');
    } else if (action === 'merge') {
      if (this.#more.size === 0) {
        this.#work.say('Choose more instances first: Shift and click.');
        return;
      }
      this.#change((stroke) => mergeShapes(stroke, [shape.id, ...this.#more]));
      this.#more.clear();
    } else if (action === 'trace') this.#change((stroke) => retraceShape(stroke, shape.id));
    else if (action === 'simplify') {
      const rings = simplified(shape.rings, SLACK);
      this.#change((stroke) => redrawShape(stroke, { ...shape, rings }));
    } else if (action === 'remove') {
      this.#change((stroke) => {
        for (const id of [shape.id, ...this.#more]) removeShape(stroke, id);
      });
      this.#more.clear();
      this.#work.select(0);
    }
    this.#work.redraw();
  }

  cancel(): void {
    this.#reset();
    this.#more.clear();
    this.#work.redraw();
  }

  draw(overlay: Overlay): void {
    const { shapes } = this.#work.session.document;
    for (const id of this.#more) for (const ring of shapes.get(id)?.rings ?? []) overlay.line(ring, { closed: true });
    const rings = this.#draft ?? this.#shape()?.rings ?? [];
    for (const [ring, points] of rings.entries()) {
      overlay.line(points, { closed: true });
      for (let i = 0; i < points.length; i += 2) {
        const chosen = this.#corner?.ring === ring && this.#corner.corner === i / 2;
        overlay.handle(points[i], points[i + 1], chosen);
      }
    }
    if (this.#line)
      overlay.line(
        this.#line.flatMap(({ x, y }) => [x, y]),
        { dashed: true },
      );
  }

  #shape(): LabelShape | null {
    return this.#work.session.document.shapes.get(this.#work.selected) ?? null;
  }

  /** Takes hold of a corner, or of an edge, which gets a corner there. */
  #grab(shape: LabelShape, at: Point): boolean {
    const hit = hitOutline(shape.rings, [at.x, at.y], REACH / this.#work.scale);
    if (!hit) return false;
    const corner = hit.part === 'corner' ? hit.corner : hit.edge + 1;
    const rings = hit.part === 'corner' ? shape.rings : withCornerOn(shape.rings, hit.ring, hit.edge, hit.point);
    this.#corner = { ring: hit.ring, corner };
    this.#grip = (to) => withCornerAt(rings, hit.ring, corner, [to.x, to.y]);
    if (hit.part === 'edge') this.#draft = rings as Rings;
    this.#work.redraw();
    return true;
  }

  #move(shape: LabelShape, from: Point): void {
    if (shape.rings.length === 0) return;
    this.#grip = (to) => shifted(shape.rings, to.x - from.x, to.y - from.y);
  }

  #split(shape: LabelShape, [a, b]: [Point, Point]): void {
    this.#change((stroke) => {
      if (splitShape(stroke, shape.id, [a.x, a.y], [b.x, b.y]) === null) {
        this.#work.say('The line does not go through the instance.');
      }
    });
  }

  #duplicate(shape: LabelShape): void {
    const id = nextInstance(this.#work.session.document);
    if (id === null || shape.rings.length === 0) {
      this.#work.say('Only an instance with an outline can be copied.');
      return;
    }
    this.#change((stroke) => drawShape(stroke, { ...shape, id, rings: shifted(shape.rings, APART, APART) }));
    this.#work.select(id);
  }

  #change(what: (stroke: Stroke) => void): void {
    const stroke = this.#work.begin();
    what(stroke);
    this.#work.commit(stroke, 'select');
  }

  #reset(): void {
    this.#draft = null;
    this.#grip = null;
    this.#line = null;
    this.#splitting = false;
  }
}

export const select = (work: Work): Tool => new SelectTool(work);
