import { IGNORE } from '../../../src-main/contract/dataset.ts';
import { brushSegment } from '../../../src-main/labels/brush.ts';
import type { Stroke } from '../../../src-main/labels/stroke.ts';
import type { Point } from '../../canvas/viewport.ts';
import type { Keys, Tool, Work } from './tool.ts';

/** Paints where the pointer goes; with Shift in a straight line from where the last stroke ended. */
class BrushTool implements Tool {
  readonly #work: Work;
  readonly #id: string;
  readonly #erases: boolean;
  #stroke: Stroke | null = null;
  #last: Point | null = null;

  constructor(work: Work, id: string, erases: boolean) {
    this.#work = work;
    this.#id = id;
    this.#erases = erases;
  }

  down(at: Point, keys: Keys): void {
    this.#stroke = this.#work.begin();
    this.#paint(keys.shift && this.#last ? this.#last : at, at);
  }

  drag(at: readonly Point[]): void {
    for (const point of at) this.#paint(this.#last!, point);
  }

  up(): void {
    if (this.#stroke) this.#work.commit(this.#stroke, this.#id);
    this.#stroke = null;
  }

  cancel(): void {
    if (this.#stroke) this.#work.session.cancel(this.#stroke);
    this.#stroke = null;
  }

  #paint(from: Point, to: Point): void {
    const stroke = this.#stroke;
    this.#last = to;
    if (!stroke) return;
    const { session, options, selected, label } = this.#work;
    const shape = session.document.shapes.get(selected);
    // While an instance is chosen the brush adds to it.
    const [value, instance] = this.#erases ? [IGNORE, 0] : shape ? [shape.class, shape.id] : [label, 0];
    brushSegment(options, [from.x, from.y], [to.x, to.y], session.document, (y, first, last) =>
      stroke.span(y, first, last, value, instance),
    );
    session.show(stroke);
  }
}

export const brush = (work: Work): Tool => new BrushTool(work, 'brush', false);
export const eraser = (work: Work): Tool => new BrushTool(work, 'eraser', true);
