import { resources } from '../../../src-main/contract/resources.ts';
import type { Stroke } from '../../../src-main/labels/stroke.ts';
import type { InstancePlane } from '../../canvas/planes.ts';
import { loadBytes } from '../../canvas/sources.ts';
import { type Point, pixelAt } from '../../canvas/viewport.ts';
import { ask } from '../../host.ts';
import { asRefusal, refusalLine } from '../../refused.ts';
import type { Tool, Work } from './tool.ts';

/** Gives whole superpixels the class that is drawn with: areas of about one colour, which the host finds. */
class SuperpixelTool implements Tool {
  readonly #work: Work;
  #numbers: Uint32Array | null = null;
  /** The numbers, from 1 on, as they are outlined. */
  #plane: InstancePlane | null = null;
  #size = 0;
  #left = false;
  #stroke: Stroke | null = null;
  readonly #taken = new Set<number>();

  constructor(work: Work) {
    this.#work = work;
    void this.#find();
  }

  down(at: Point): void {
    // Another size was set since.
    if (this.#size !== this.#work.options.superpixel) return void this.#find();
    if (!this.#numbers) return;
    this.#taken.clear();
    this.#stroke = this.#work.begin();
    this.#paint(at);
  }

  drag(at: readonly Point[]): void {
    for (const point of at) this.#paint(point);
  }

  up(): void {
    if (this.#stroke) this.#work.commit(this.#stroke, 'superpixels');
    this.#stroke = null;
  }

  hover(at: Point): void {
    const number = this.#numberAt(at);
    if (this.#plane && !this.#left) this.#work.outline(this.#plane, number === null ? 0 : (number % 65535) + 1);
  }

  cancel(): void {
    if (this.#stroke) this.#work.session.cancel(this.#stroke);
    this.#stroke = null;
  }

  leave(): void {
    this.#left = true;
    this.#work.outline(null, 0);
  }

  async #find(): Promise<void> {
    const size = this.#work.options.superpixel;
    this.#size = size;
    try {
      const { key } = await ask('assist.superpixels', { item: this.#work.session.item, size });
      const { width, height, bytes } = await loadBytes(resources.assist(key));
      if (this.#left || this.#size !== size) return;
      this.#numbers = new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4);
      this.#plane = { width, height, data: Uint16Array.from(this.#numbers, (number) => (number % 65535) + 1) };
      this.#work.outline(this.#plane, 0);
    } catch (error) {
      this.#work.say(refusalLine(asRefusal(error)));
    }
  }

  #numberAt(at: Point): number | null {
    const { document } = this.#work.session;
    const pixel = pixelAt(at, document);
    return pixel && this.#numbers ? this.#numbers[pixel.y * document.width + pixel.x] : null;
  }

  #paint(at: Point): void {
    const number = this.#numberAt(at);
    const stroke = this.#stroke;
    if (number === null || !stroke || this.#taken.has(number)) return;
    this.#taken.add(number);
    const { width, height } = this.#work.session.document;
    const numbers = this.#numbers!;
    for (let y = 0; y < height; y++) {
      for (let from = y * width, end = from + width; from < end; from++) {
        if (numbers[from] !== number) continue;
        let to = from + 1;
        while (to < end && numbers[to] === number) to++;
        stroke.span(y, from - y * width, to - y * width, this.#work.label);
        from = to;
      }
    }
    this.#work.session.show(stroke);
  }
}

export const superpixels = (work: Work): Tool => new SuperpixelTool(work);
