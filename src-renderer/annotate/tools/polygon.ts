import { drawShape, nextInstance } from '../../../src-main/labels/shapes.ts';
import type { Point } from '../../canvas/viewport.ts';
import type { Overlay, Tool, ToolKey, Work } from './tool.ts';

/** How near the first corner a click closes the outline, in CSS pixels. */
const NEAR = 8;
/** Corners are this far apart where the outline is drawn with the button held, in CSS pixels. */
const STEP = 12;

/** Draws an instance by its outline: a click for each corner, or along the way with the button held. */
class PolygonTool implements Tool {
  readonly #work: Work;
  #corners: number[] = [];
  #pointer: Point | null = null;

  constructor(work: Work) {
    this.#work = work;
  }

  down(at: Point): void {
    this.#pointer = at;
    if (this.#corners.length >= 6 && this.#near(at, 0, NEAR)) this.#finish();
    // The second click of a double click is at the same place.
    else if (!this.#near(at, this.#corners.length - 2, 2)) this.#corners.push(at.x, at.y);
    this.#work.redraw();
  }

  drag(at: readonly Point[]): void {
    for (const point of at) {
      this.#pointer = point;
      if (this.#corners.length > 0 && !this.#near(point, this.#corners.length - 2, STEP)) {
        this.#corners.push(point.x, point.y);
      }
    }
    this.#work.redraw();
  }

  hover(at: Point): void {
    this.#pointer = at;
    if (this.#corners.length > 0) this.#work.redraw();
  }

  double(): void {
    this.#finish();
  }

  key(key: ToolKey): boolean {
    if (this.#corners.length === 0) return false;
    if (key === 'finish') this.#finish();
    else if (key === 'back') this.#corners.length -= 2;
    else if (key === 'cancel') this.#corners = [];
    else return false;
    this.#work.redraw();
    return true;
  }

  cancel(): void {
    this.#corners = [];
    this.#work.redraw();
  }

  draw(overlay: Overlay): void {
    if (this.#corners.length === 0) return;
    const to = this.#pointer ? [this.#pointer.x, this.#pointer.y] : [];
    overlay.line([...this.#corners, ...to]);
    for (let i = 0; i < this.#corners.length; i += 2) overlay.handle(this.#corners[i], this.#corners[i + 1], i === 0);
  }

  #finish(): void {
    const corners = this.#corners;
    if (corners.length < 6) {
      if (corners.length > 0) this.#work.say('An outline has at least three corners.');
      return;
    }
    this.#corners = [];
    const id = nextInstance(this.#work.session.document);
    if (id === null) {
      this.#work.say('This image has as many instances as there are numbers.');
      return;
    }
    const stroke = this.#work.begin();
    drawShape(stroke, { id, class: this.#work.label, rings: [corners] });
    this.#work.commit(stroke, 'polygon');
  }

  #near(at: Point, corner: number, reach: number): boolean {
    if (corner < 0) return false;
    const [dx, dy] = [at.x - this.#corners[corner], at.y - this.#corners[corner + 1]];
    return Math.hypot(dx, dy) * this.#work.scale <= reach;
  }
}

export const polygon = (work: Work): Tool => new PolygonTool(work);
