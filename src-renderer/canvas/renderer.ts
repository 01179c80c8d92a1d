import { type Rect, union } from '../../src-main/labels/document.ts';
import type { InstancePlane, Plane } from './planes.ts';
import type { Mode } from './shader.ts';
import type { Size, Viewport } from './viewport.ts';

/** One pane as it is to be drawn: a rectangle of the canvas in CSS pixels and what is seen in it. */
export interface PaneDrawing {
  rect: { x: number; y: number } & Size;
  view: Viewport;
  /** Size of the image that all coordinates speak of. */
  size: Size;
  image: ImageBitmap | null;
  labels: Plane | null;
  truth: Plane | null;
  teacher: Plane | null;
  /** Instances whose outlines are drawn, and the one that is chosen among them. */
  instances?: InstancePlane | null;
  selected?: number;
  mode: Mode;
  /** 0–1. */
  opacity: number;
  contours: boolean;
  /** The part of the rectangle that is drawn, from and to, as shares of its width: less than all of it for the swipe. */
  clip: [number, number];
}

export interface Frame {
  panes: PaneDrawing[];
  /** 256 RGBA entries; a new array when the colours change. */
  palette: Uint8Array;
  /** Colour beside the image, 0–255. */
  ground: [number, number, number];
}

const sameParts = (a: object, b: object) => {
  const [one, other] = [Object.entries(a), b as Record<string, unknown>];
  return one.length === Object.keys(b).length && one.every(([key, value]) => Object.is(value, other[key]));
};

/** Whether two frames show the same, planes that were edited in place aside. */
export function sameFrame(a: Frame, b: Frame): boolean {
  return (
    a.palette === b.palette &&
    sameParts(a.ground, b.ground) &&
    a.panes.length === b.panes.length &&
    a.panes.every((pane, index) => samePane(pane, b.panes[index]))
  );
}

function samePane(a: PaneDrawing, b: PaneDrawing): boolean {
  const { rect, view, size, clip, ...rest } = a;
  const { rect: otherRect, view: otherView, size: otherSize, clip: otherClip, ...otherRest } = b;
  return (
    sameParts(rect, otherRect) &&
    sameParts(view, otherView) &&
    size.width === otherSize.width &&
    size.height === otherSize.height &&
    sameParts(clip, otherClip) &&
    sameParts(rest, otherRest)
  );
}

/** The planes of a pane; one may be missing. */
export const planesOf = (pane: PaneDrawing) => [pane.labels, pane.truth, pane.teacher, pane.instances ?? null] as const;

/** Where any plane of a pane was edited since it was last drawn; null: nowhere. */
export function dirtyOf(pane: PaneDrawing): Rect | null {
  return planesOf(pane).reduce<Rect | null>((sum, plane) => union(sum, plane?.dirty ?? null), null);
}

/**
 * Where on the canvas a part of a pane's image is seen, in device pixels; borders and outlines of what is beside it may
 * change with it.
 */
export function seenAt({ rect, view }: PaneDrawing, part: Rect, ratio: number) {
  const scale = view.scale * ratio;
  const x = (rect.x + rect.width / 2) * ratio + (part.x - view.x) * scale;
  const y = (rect.y + rect.height / 2) * ratio + (part.y - view.y) * scale;
  return {
    left: Math.floor(x) - 2,
    top: Math.floor(y) - 2,
    right: Math.ceil(x + part.width * scale) + 2,
    bottom: Math.ceil(y + part.height * scale) + 2,
  };
}

/** Draws panes on a canvas: with WebGL 2, or without it in plain 2D. */
export interface Renderer {
  readonly kind: 'webgl2' | '2d';
  /**
   * @param ratio device pixels per CSS pixel; the canvas has its size already
   * @param onlyDirty nothing has changed since the last frame but planes that were edited, where they are dirty
   */
  draw(frame: Frame, ratio: number, onlyDirty: boolean): void;
  /** Gets the next of these images ready to be drawn, so that it costs no time later. @returns whether there was one */
  prepare(images: readonly ImageBitmap[]): boolean;
  dispose(): void;
}
