import type { AssistPoint, PixelBox } from '../../../src-main/contract/assist.ts';
import type { Point } from '../../canvas/viewport.ts';
import { ask } from '../../host.ts';
import { Proposal } from './proposal.ts';
import type { Keys, Overlay, Tool, ToolKey, Work } from './tool.ts';

/** Half the width of a mark, in CSS pixels. */
const MARK = 5;
/** As many places of marks as one request takes. */
const MOST_MARKS = 2000;

/** A line that the user says lies inside or outside, in pixels of the image. */
interface Mark {
  inside: boolean;
  radius: number;
  places: number[];
}

/**
 * Finds what stands out in a box by its colours: GrabCut, computed by the host. Lines drawn with Shift say what belongs
 * to it, lines with Alt what does not; Enter gives it the class that is drawn with.
 */
class BoxTool implements Tool {
  readonly #work: Work;
  readonly #proposal: Proposal;
  #corners: [Point, Point] | null = null;
  #box: PixelBox | null = null;
  #marks: Mark[] = [];
  /** The mark that is being drawn. */
  #line: Mark | null = null;
  #computing = 0;

  constructor(work: Work) {
    this.#work = work;
    this.#proposal = new Proposal(work);
  }

  down(at: Point, keys: Keys): void {
    if (!keys.shift && !keys.alt) {
      this.#corners = [at, at];
    } else if (this.#box) {
      this.#line = { inside: keys.shift, radius: MARK / this.#work.scale, places: [at.x, at.y] };
      this.#work.redraw();
    } else {
      this.#work.say('Drag a box around the thing first; lines with Shift and Alt then mend what is found.');
    }
  }

  drag(at: readonly Point[]): void {
    if (this.#corners) this.#corners[1] = at[at.length - 1];
    for (const { x, y } of at) this.#line?.places.push(x, y);
    this.#work.redraw();
  }

  up(): void {
    const [corners, line] = [this.#corners, this.#line];
    this.#corners = null;
    this.#line = null;
    if (line) this.#marks.push(line);
    if (line || (corners && this.#begin(corners))) void this.#ask();
    this.#work.redraw();
  }

  double(): void {
    void this.#take();
  }

  key(key: ToolKey): boolean {
    if (!this.#box) return false;
    if (key === 'finish') void this.#take();
    else if (key === 'cancel') this.cancel();
    else if (key === 'back') {
      if (this.#marks.pop()) void this.#ask();
      else this.cancel();
    } else return false;
    return true;
  }

  cancel(): void {
    this.#corners = null;
    this.#box = null;
    this.#line = null;
    this.#marks = [];
    this.#proposal.clear();
    this.#work.redraw();
  }

  draw(overlay: Overlay): void {
    const box = this.#corners ? between(...this.#corners) : this.#box;
    if (box) {
      const [right, bottom] = [box.x + box.width, box.y + box.height];
      const dashed = this.#computing > 0;
      overlay.line([box.x, box.y, right, box.y, right, bottom, box.x, bottom], { closed: true, dashed });
    }
    for (const { inside, places } of this.#line ? [...this.#marks, this.#line] : this.#marks) {
      overlay.line(places, { dashed: !inside });
      overlay.handle(places[0], places[1], inside);
    }
  }

  /** @returns whether the corners make a box in which anything can stand out */
  #begin([a, b]: [Point, Point]): boolean {
    const { width, height } = this.#work.session.document;
    const within = ({ x, y }: Point) => ({ x: Math.min(width, Math.max(0, x)), y: Math.min(height, Math.max(0, y)) });
    const box = between(within(a), within(b));
    if (box.width < 3 || box.height < 3) return false;
    this.cancel();
    this.#box = box;
    return true;
  }

  async #take(): Promise<void> {
    if (await this.#proposal.take('box')) this.cancel();
  }

  async #ask(): Promise<void> {
    const [box, marks] = [this.#box, placesOf(this.#marks)];
    if (!box) return;
    const { item } = this.#work.session;
    this.#computing++;
    this.#work.redraw();
    const request = () => ask('assist.grabcut', { item, box, marks });
    const asked = await this.#proposal.ask(request, 'Nothing stands out in this box.');
    this.#computing--;
    if (asked === 'failed' || (asked === 'nothing' && marks.length === 0)) this.cancel();
    this.#work.redraw();
  }
}

/** The whole pixels between two corners. */
function between(a: Point, b: Point): PixelBox {
  const [x, y] = [Math.floor(Math.min(a.x, b.x)), Math.floor(Math.min(a.y, b.y))];
  return { x, y, width: Math.ceil(Math.max(a.x, b.x)) - x, height: Math.ceil(Math.max(a.y, b.y)) - y };
}

/** Discs along the lines, a radius apart; the newest where they are too many. */
function placesOf(marks: readonly Mark[]): (AssistPoint & { radius: number })[] {
  const discs: (AssistPoint & { radius: number })[] = [];
  for (const { inside, radius, places } of marks) {
    const add = (x: number, y: number) => discs.push({ x, y, inside, radius: Math.min(500, radius) });
    add(places[0], places[1]);
    for (let i = 2; i < places.length; i += 2) {
      const last = discs[discs.length - 1];
      const [dx, dy] = [places[i] - last.x, places[i + 1] - last.y];
      const steps = Math.floor(Math.hypot(dx, dy) / Math.max(0.5, radius));
      for (let step = 1; step <= steps; step++) add(last.x + (dx * step) / steps, last.y + (dy * step) / steps);
    }
  }
  return discs.slice(-MOST_MARKS);
}

export const box = (work: Work): Tool => new BoxTool(work);
