import { fillRings } from '../../../src-main/labels/fill-rings.ts';
import type { Span } from '../../../src-main/labels/spans.ts';
import { copyLabels, everywhere, takeOver } from '../../../src-main/labels/take-over.ts';
import type { Point } from '../../canvas/viewport.ts';
import { asRefusal, refusalLine } from '../../refused.ts';
import type { Overlay, Tool, ToolAction, Work } from './tool.ts';

/** Takes labels from a model or another image: inside of a line drawn around them, or all. */
class TakeTool implements Tool {
  readonly #work: Work;
  #lasso: number[] = [];

  constructor(work: Work) {
    this.#work = work;
  }

  down(at: Point): void {
    this.#lasso = [at.x, at.y];
  }

  drag(at: readonly Point[]): void {
    for (const { x, y } of at) this.#lasso.push(x, y);
    this.#work.redraw();
  }

  up(): void {
    const lasso = this.#lasso;
    this.#lasso = [];
    this.#work.redraw();
    const { width, height } = this.#work.session.document;
    if (lasso.length >= 6) void this.#take((span) => fillRings([lasso], width, height, span));
  }

  act(action: ToolAction): void {
    if (action === 'takeAll') void this.#take(null);
  }

  cancel(): void {
    this.#lasso = [];
    this.#work.redraw();
  }

  draw(overlay: Overlay): void {
    if (this.#lasso.length >= 4) overlay.line(this.#lasso, { closed: true, dashed: true });
  }

  /** @param region null: the whole image, with another image's instances */
  async #take(region: ((span: Span) => void) | null): Promise<void> {
    const { session, options } = this.#work;
    try {
      const source = await this.#work.source();
      if (session.busy) return;
      const stroke = this.#work.begin();
      if (source.kind === 'document' && !region) copyLabels(stroke, source.document);
      else {
        const map =
          source.kind === 'model'
            ? source.map
            : { classes: source.document.classes, confidence: new Uint8Array(source.document.classes.length) };
        const least = source.kind === 'model' ? options.confidence * 65535 : 0;
        takeOver(session.document.width, map, least, region ?? everywhere(session.document), (y, from, to, value) =>
          stroke.span(y, from, to, value),
        );
      }
      if (!this.#work.commit(stroke, 'take')) this.#work.say('There it is the same, or not sure enough.');
    } catch (error) {
      this.#work.say(refusalLine(asRefusal(error)));
    }
  }
}

export const take = (work: Work): Tool => new TakeTool(work);
