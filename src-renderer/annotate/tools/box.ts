import { resources } from '../../../src-main/contract/resources.ts';
import { spansOfMask } from '../../../src-main/labels/spans.ts';
import { loadBytes } from '../../canvas/sources.ts';
import type { Point } from '../../canvas/viewport.ts';
import { ask } from '../../host.ts';
import { asRefusal, refusalLine } from '../../refused.ts';
import type { Overlay, Tool, Work } from './tool.ts';

/** Gives what stands out in a box by its colours the class that is drawn with: GrabCut, computed by the host. */
class BoxTool implements Tool {
  readonly #work: Work;
  #from: Point | null = null;
  #to: Point | null = null;
  #computing = false;

  constructor(work: Work) {
    this.#work = work;
  }

  down(at: Point): void {
    if (this.#computing) return;
    this.#from = at;
    this.#to = at;
  }

  drag(at: readonly Point[]): void {
    if (this.#from) this.#to = at[at.length - 1];
    this.#work.redraw();
  }

  up(): void {
    const { document } = this.#work.session;
    if (!this.#from || !this.#to) return;
    const x = Math.floor(Math.max(0, Math.min(this.#from.x, this.#to.x)));
    const y = Math.floor(Math.max(0, Math.min(this.#from.y, this.#to.y)));
    const width = Math.ceil(Math.min(document.width, Math.max(this.#from.x, this.#to.x))) - x;
    const height = Math.ceil(Math.min(document.height, Math.max(this.#from.y, this.#to.y))) - y;
    if (width >= 3 && height >= 3) void this.#cut({ x, y, width, height });
    else this.cancel();
  }

  cancel(): void {
    this.#from = null;
    this.#to = null;
    this.#work.redraw();
  }

  draw(overlay: Overlay): void {
    if (!this.#from || !this.#to) return;
    const [a, b] = [this.#from, this.#to];
    overlay.line([a.x, a.y, b.x, a.y, b.x, b.y, a.x, b.y], { closed: true, dashed: this.#computing });
  }

  async #cut(box: { x: number; y: number; width: number; height: number }): Promise<void> {
    const { session, label } = this.#work;
    this.#computing = true;
    this.#work.redraw();
    try {
      const area = await ask('assist.grabcut', { item: session.item, box });
      if (!area) return this.#work.say('Nothing stands out in this box.');
      const { bytes } = await loadBytes(resources.assist(area.key));
      // Esc, another tool or another image has given it up meanwhile.
      if (!this.#from || session.busy) return;
      const stroke = this.#work.begin();
      spansOfMask({ ...area, mask: bytes }, (y, from, to) => stroke.span(y, from, to, label));
      this.#work.commit(stroke, 'box');
    } catch (error) {
      this.#work.say(refusalLine(asRefusal(error)));
    } finally {
      this.#computing = false;
      this.cancel();
    }
  }
}

export const box = (work: Work): Tool => new BoxTool(work);
