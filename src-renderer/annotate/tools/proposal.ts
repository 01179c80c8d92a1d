import type { AssistArea } from '../../../src-main/contract/assist.ts';
import { resources } from '../../../src-main/contract/resources.ts';
import { type BoxMask, spansOfMask } from '../../../src-main/labels/spans.ts';
import { loadBytes } from '../../canvas/sources.ts';
import { asRefusal, refusalLine } from '../../refused.ts';
import type { Work } from './tool.ts';

type Asked = 'shown' | 'nothing' | 'failed' | 'outdated';

/** Pixels that the host has found: outlined until they get the class that is drawn with, or are given up. */
export class Proposal {
  readonly #work: Work;
  #found: BoxMask | null = null;
  /** Counts what was asked: only the newest answer counts. */
  #turn = 0;
  #asked: Promise<Asked> | null = null;

  constructor(work: Work) {
    this.#work = work;
  }

  /** Asks for an area and outlines it; where there is none it says so, and what was outlined stays. */
  ask(request: () => Promise<AssistArea | null>, nothing: string): Promise<Asked> {
    const asked = this.#ask(request, nothing);
    this.#asked = asked;
    return asked;
  }

  /** Gives what was found, once the last answer is there, the class that is drawn with. @returns whether there was anything */
  async take(tool: string): Promise<boolean> {
    await this.#asked;
    const found = this.#found;
    if (!found || this.#work.session.busy) return false;
    this.#found = null;
    const stroke = this.#work.begin();
    spansOfMask(found, (y, from, to) => stroke.span(y, from, to, this.#work.label));
    this.#work.commit(stroke, tool);
    return true;
  }

  clear(): void {
    this.#turn++;
    this.#found = null;
    this.#work.outline(null, 0);
  }

  async #ask(request: () => Promise<AssistArea | null>, nothing: string): Promise<Asked> {
    const turn = ++this.#turn;
    const { document } = this.#work.session;
    try {
      const area = await request();
      if (turn !== this.#turn) return 'outdated';
      if (!area) {
        this.#work.say(nothing);
        return 'nothing';
      }
      const { bytes } = await loadBytes(resources.assist(area.key));
      if (turn !== this.#turn) return 'outdated';
      this.#found = { ...area, mask: bytes };
      const data = new Uint16Array(document.width * document.height);
      spansOfMask(this.#found, (y, from, to) => data.fill(1, y * document.width + from, y * document.width + to));
      this.#work.outline({ width: document.width, height: document.height, data }, 1);
      return 'shown';
    } catch (error) {
      if (turn !== this.#turn) return 'outdated';
      this.#work.say(refusalLine(asRefusal(error)));
      return 'failed';
    }
  }
}
