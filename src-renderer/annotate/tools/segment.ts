import type { AssistArea, AssistPoint } from '../../../src-main/contract/assist.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { type BoxMask, spansOfMask } from '../../../src-main/labels/spans.ts';
import { loadBytes } from '../../canvas/sources.ts';
import type { Point } from '../../canvas/viewport.ts';
import { ask } from '../../host.ts';
import { asRefusal, refusalLine } from '../../refused.ts';
import type { Keys, Overlay, Tool, ToolKey, Work } from './tool.ts';

/** Finds the thing under a click by a network; more clicks mend it, Enter gives it the class that is drawn with. */
class SegmentTool implements Tool {
  readonly #work: Work;
  #points: AssistPoint[] = [];
  #found: BoxMask | null = null;
  /** Counts what was asked: only the newest answer counts. */
  #turn = 0;

  constructor(work: Work) {
    this.#work = work;
  }

  down(at: Point, keys: Keys): void {
    if (keys.alt && this.#points.length === 0) {
      this.#work.say('Click on the thing first; Alt and a click then take away what is not of it.');
      return;
    }
    this.#points.push({ x: at.x, y: at.y, inside: !keys.alt });
    this.#work.redraw();
    void this.#ask();
  }

  key(key: ToolKey): boolean {
    if (this.#points.length === 0) return false;
    if (key === 'finish') this.#take();
    else if (key === 'cancel') this.cancel();
    else if (key === 'back') {
      this.#points.pop();
      if (this.#points.some(({ inside }) => inside)) void this.#ask();
      else this.cancel();
    } else return false;
    return true;
  }

  cancel(): void {
    this.#turn++;
    this.#points = [];
    this.#found = null;
    this.#work.outline(null, 0);
    this.#work.redraw();
  }

  draw(overlay: Overlay): void {
    for (const { x, y, inside } of this.#points) overlay.handle(x, y, inside);
  }

  async #ask(): Promise<void> {
    const turn = ++this.#turn;
    const { item, document } = this.#work.session;
    try {
      const area: AssistArea | null = await ask('assist.segment', { item, points: this.#points });
      if (!area || turn !== this.#turn) return;
      const { bytes } = await loadBytes(resources.assist(area.key));
      if (turn !== this.#turn) return;
      this.#found = { ...area, mask: bytes };
      const data = new Uint16Array(document.width * document.height);
      spansOfMask(this.#found, (y, from, to) => data.fill(1, y * document.width + from, y * document.width + to));
      this.#work.outline({ width: document.width, height: document.height, data }, 1);
    } catch (error) {
      if (turn !== this.#turn) return;
      this.cancel();
      this.#work.say(refusalLine(asRefusal(error)));
    }
  }

  #take(): void {
    const found = this.#found;
    if (!found || this.#work.session.busy) return;
    const stroke = this.#work.begin();
    spansOfMask(found, (y, from, to) => stroke.span(y, from, to, this.#work.label));
    this.#work.commit(stroke, 'segment');
    this.cancel();
  }
}

export const segment = (work: Work): Tool => new SegmentTool(work);
