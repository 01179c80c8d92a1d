import type { LabelDocument } from '../../../src-main/labels/document.ts';
import type { Stroke } from '../../../src-main/labels/stroke.ts';
import type { OtherMap } from '../../../src-main/labels/take-over.ts';
import type { Picture } from '../../../src-main/labels/wand.ts';
import type { InstancePlane } from '../../canvas/planes.ts';
import type { Point } from '../../canvas/viewport.ts';
import type { LabelSession } from '../session.ts';

/** What the tool options bar shows for a tool. */
export type OptionId =
  | 'size'
  | 'shape'
  | 'tolerance'
  | 'everywhere'
  | 'selection'
  | 'source'
  | 'tidy'
  | 'superpixels'
  | 'segment'
  | 'box'
  | 'note';

export interface ToolOptions {
  /** Diameter of the brush, or side of the square, in pixels of the image. */
  size: number;
  round: boolean;
  /** How far colours may differ from the one that was clicked, 0–255. */
  tolerance: number;
  /** Whether pixels count that do not hang together with the one that was clicked. */
  everywhere: boolean;
  /** About how long the sides of superpixels are, in pixels. */
  superpixel: number;
  /** Where labels are taken from, and how sure a model must be of a pixel, 0–1. */
  source: SourceId;
  confidence: number;
  /** How far tidying reaches, in pixels, and the largest speck or hole, in pixels of area. */
  radius: number;
  area: number;
}

/** Models as Compare chooses them, or the image before this one in the list. */
export type SourceId = 'teacher' | 'student' | 'third' | 'previous';

/** What a tool works on and with; read anew at each event. */
export interface Work {
  readonly session: LabelSession;
  /** The colours of the picture under the labels; null until it is there. */
  picture(): Picture | null;
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
  /** Outlines other regions than the document's instances, and one of them as chosen; null: the instances again. */
  outline(regions: InstancePlane | null, chosen: number): void;
  /** The labels of the source that is chosen, at the document's size. */
  source(): Promise<Source>;
}

/** Labels to take from: a model's, with how sure it is in 65535ths; or all of another image's. */
export type Source = { kind: 'model'; map: OtherMap } | { kind: 'document'; document: LabelDocument };

export interface Keys {
  shift: boolean;
  alt: boolean;
  ctrl: boolean;
}

/** Keys that a tool may take while it is chosen. */
export type ToolKey = 'finish' | 'cancel' | 'back' | 'delete' | 'duplicate';

/** What controls in the tool's options do. */
export type ToolAction =
  | 'merge'
  | 'split'
  | 'trace'
  | 'simplify'
  | 'remove'
  | 'takeAll'
  | 'close'
  | 'open'
  | 'dilate'
  | 'erode'
  | 'holes'
  | 'specks'
  | 'largest';

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
  /** Another class was chosen to draw with: a tool may give it to what is selected. */
  label?(label: number): void;
  /** What a control of the tool's options asks for. */
  act?(action: ToolAction): void;
  draw?(overlay: Overlay): void;
  /** Gives up what was begun. */
  cancel(): void;
  /** Another tool or image is chosen: nothing more is shown by this one. */
  leave?(): void;
}
