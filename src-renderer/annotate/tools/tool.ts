import type { Stroke } from '../../../src-main/labels/stroke.ts';
import type { Point } from '../../canvas/viewport.ts';
import type { LabelSession } from '../session.ts';

/** What the tool options bar shows for a tool. */
export type OptionId = 'size' | 'shape' | 'tolerance' | 'everywhere';

export interface ToolOptions {
  /** Diameter of the brush, or side of the square, in pixels of the image. */
  size: number;
  round: boolean;
  /** How far colours may differ from the one that was clicked, 0–255. */
  tolerance: number;
  /** Whether pixels count that do not hang together with the one that was clicked. */
  everywhere: boolean;
}

/** What a tool works on and with; read anew at each event. */
export interface Work {
  readonly session: LabelSession;
  /** The picture under the labels, once it is there. */
  readonly image: ImageBitmap | null;
  /** The class that is drawn with. */
  readonly label: number;
  readonly options: ToolOptions;
  /** The instance that is chosen; 0: none. */
  readonly selected: number;
  /** CSS pixels per pixel of the image: how near is near. */
  readonly scale: number;
  /** A stroke that leaves locked classes alone. */
  begin(): Stroke;
  /** Ends a stroke, has it saved and, where it changed nothing, says why that may be. */
  commit(stroke: Stroke, tool: string): boolean;
  choose(label: number): void;
  select(instance: number): void;
  say(text: string): void;
  /** What the tool draws over the picture has changed. */
  redraw(): void;
}

export interface Keys {
  shift: boolean;
  alt: boolean;
  ctrl: boolean;
}

/** Keys that a tool may take while it is chosen. */
export type ToolKey = 'finish' | 'cancel' | 'back' | 'delete' | 'duplicate';

/** Lines and handles over the picture, in image coordinates. */
export interface Overlay {
  line(points: ArrayLike<number>, options?: { closed?: boolean; dashed?: boolean }): void;
  handle(x: number, y: number, filled: boolean): void;
}

/**
 * A tool while it is chosen: it takes the pointer (places in image coordinates, perhaps outside of the image) and turns
 * it into strokes.
 */
export interface Tool {
  down?(at: Point, keys: Keys): void;
  /** Places while the button is held, oldest first. */
  drag?(at: readonly Point[], keys: Keys): void;
  up?(): void;
  /** Places while no button is held. */
  hover?(at: Point): void;
  double?(): void;
  /** @returns whether the key meant something now */
  key?(key: ToolKey): boolean;
  draw?(overlay: Overlay): void;
  /** Gives up what was begun: another tool or image is chosen, or Esc was pressed. */
  cancel(): void;
}
