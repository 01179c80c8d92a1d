import type { AssistPoint, PixelBox } from '../../../src-main/contract/assist.ts';
import type { Point } from '../../canvas/viewport.ts';
import { ask } from '../../host.ts';
import { Proposal } from './proposal.ts';
import type { Keys, Overlay, Tool, ToolKey, Work } from './tool.ts';

/** A drag over less than this is a click, in CSS pixels. */
const STILL = 5;
/** Images that are passed by more quickly are not looked at. */
const REST_MS = 400;

/**
 * Finds the thing under a click or in a box by a network; more clicks mend it, Enter gives it the class that is drawn with.
 */
class SegmentTool implements Tool {
  readonly #work: Work;
  readonly #proposal: Proposal;
  readonly #rest: ReturnType<typeof setTimeout>;
  #points: AssistPoint[] = [];
  #box: PixelBox | null = null;
  /** Of the drag that is under way. */
  #corners: [Point, Point] | null = null;
  #inside = true;

  constructor(work: Work) {
    this.#work = work;
    this.#proposal = new Proposal(work);
    this.#rest = setTimeout(() => void this.#look(), REST_MS);
  }

  down(at: Point, keys: Keys): void {
    if (keys.alt && this.#points.length === 0 && !this.#box) {
      this.#work.say('Click on the thing first; Alt and a click then take away what is not of it.');
      return;
    }
    this.#corners = [at, at];
    this.#inside = !keys.alt;
  }

  drag(at: readonly Point[]): void {
    if (this.#corners) this.#corners[1] = at[at.length - 1];
    this.#work.redraw();
  }

  up(): void {
    if (!this.#corners) return;
    const [a, b] = this.#corners;
    this.#corners = null;
    if (Math.hypot(b.x - a.x, b.y - a.y) * this.#work.scale < STILL) {
      this.#points.push({ x: a.x, y: a.y, inside: this.#inside });
    } else {
      const [x, y] = [Math.floor(Math.min(a.x, b.x)), Math.floor(Math.min(a.y, b.y))];
      this.#box = { x, y, width: Math.ceil(Math.max(a.x, b.x)) - x, height: Math.ceil(Math.max(a.y, b.y)) - y };
    }
    this.#work.redraw();
    void this.#ask();
  }

  key(key: ToolKey): boolean {
    if (this.#points.length === 0 && !this.#box) return false;
    if (key === 'finish') void this.#take();
    else if (key === 'cancel') this.cancel();
    else if (key === 'back') {
      if (!this.#points.pop()) this.#box = null;
      if (this.#box || this.#points.some(({ inside }) => inside)) void this.#ask();
      else this.cancel();
    } else return false;
    return true;
  }

  cancel(): void {
    this.#points = [];
    this.#box = null;
    this.#corners = null;
    this.#proposal.clear();
    this.#work.redraw();
  }

  leave(): void {
    clearTimeout(this.#rest);
  }

  draw(overlay: Overlay): void {
    if (this.#corners) {
      const [a, b] = this.#corners;
      overlay.line([a.x, a.y, b.x, a.y, b.x, b.y, a.x, b.y], { closed: true, dashed: true });
    }
    for (const { x, y, inside } of this.#points) overlay.handle(x, y, inside);
  }

  /** Has the image looked at, which takes seconds, before anything is asked of it. */
  async #look(): Promise<void> {
    try {
      const { ready } = await ask('assist.status', {});
      if (ready) await ask('assist.prepare', { item: this.#work.session.item });
    } catch {
      // What is wrong is told when something is asked.
    }
  }

  async #ask(): Promise<void> {
    const { item } = this.#work.session;
    const request = () => ask('assist.segment', { item, points: this.#points, box: this.#box });
    if ((await this.#proposal.ask(request, 'Nothing was found there.')) === 'failed') this.cancel();
  }

  async #take(): Promise<void> {
    if (await this.#proposal.take('segment')) this.cancel();
  }
}

export const segment = (work: Work): Tool => new SegmentTool(work);
