import type { PaneInput } from '../canvas/Pane.tsx';
import type { Point } from '../canvas/viewport.ts';
import { MAX_SIZE, useAnnotate } from './store.ts';
import type { Keys, Tool, ToolKey, Work } from './tools/tool.ts';

const keysOf = (event: MouseEvent): Keys => ({
  shift: event.shiftKey,
  alt: event.altKey,
  ctrl: event.ctrlKey || event.metaKey,
});

/** Brings the pointer to the tool that is chosen, for one image. */
export class Painter implements PaneInput {
  readonly tool: Tool;
  readonly #work: Work;
  #held = false;

  constructor(work: Work, tool: Tool) {
    this.#work = work;
    this.tool = tool;
  }

  down(at: Point, event: PointerEvent): void {
    // An old stroke is on its way here to be undone: a new one must not come between.
    if (this.#work.session.busy) return;
    this.#held = true;
    this.tool.down?.(at, keysOf(event));
  }

  move(at: Point[], event: PointerEvent): void {
    if (this.#held) this.tool.drag?.(at, keysOf(event));
    else this.tool.hover?.(at[at.length - 1]);
  }

  up(): void {
    if (!this.#held) return;
    this.#held = false;
    this.tool.up?.();
  }

  cancel(): void {
    this.#held = false;
    this.tool.cancel();
  }

  double(): void {
    this.tool.double?.();
  }

  /** Alt and the wheel change the brush's size, by a tenth of it. */
  wheel(event: WheelEvent): boolean {
    if (!event.altKey) return false;
    const { options, setOptions } = useAnnotate.getState();
    const turned = event.deltaY || event.deltaX;
    const step = Math.max(1, Math.round(options.size / 10));
    if (turned !== 0) setOptions({ size: Math.min(MAX_SIZE, options.size + (turned < 0 ? step : -step)) });
    return true;
  }

  /** Whether a stroke is under way: nothing may be undone then. */
  get held(): boolean {
    return this.#held;
  }

  key(key: ToolKey): boolean {
    if (key === 'cancel' && this.#held) {
      this.cancel();
      return true;
    }
    return this.tool.key?.(key) ?? false;
  }
}
