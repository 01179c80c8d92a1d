/**
 * One viewport for all panes: which part of the image is seen. Pure.
 * Image coordinates are pixels, (0, 0) the upper left corner of the upper left pixel; pane coordinates are CSS pixels.
 */
export interface Size {
  width: number;
  height: number;
}

export interface Point {
  x: number;
  y: number;
}

/** `x`, `y`: the image point in the middle of a pane; `scale`: CSS pixels per image pixel. */
export interface Viewport extends Point {
  scale: number;
}

/** `fit` shows the whole image whatever the pane's size. */
export type View = Viewport | 'fit';

/** Largest scale; the smallest is half of what fits. */
export const MAX_SCALE = 64;

/** The viewport that shows the whole image in a pane. */
export function fitIn(image: Size, pane: Size): Viewport {
  const scale = Math.min(pane.width / image.width, pane.height / image.height);
  return { x: image.width / 2, y: image.height / 2, scale: Number.isFinite(scale) && scale > 0 ? scale : 1 };
}

/** What is seen in a pane of this size. */
export function resolve(view: View, image: Size, pane: Size): Viewport {
  return view === 'fit' ? fitIn(image, pane) : view;
}

/** Keeps the middle of the pane on the image and the scale within reason. */
export function clamp(view: Viewport, image: Size, pane: Size): Viewport {
  const smallest = Math.min(1, fitIn(image, pane).scale) / 2;
  return {
    x: Math.min(Math.max(view.x, 0), image.width),
    y: Math.min(Math.max(view.y, 0), image.height),
    scale: Math.min(Math.max(view.scale, smallest), MAX_SCALE),
  };
}

/** The image point under a point of the pane. */
export function toImage(view: Viewport, pane: Size, at: Point): Point {
  return { x: view.x + (at.x - pane.width / 2) / view.scale, y: view.y + (at.y - pane.height / 2) / view.scale };
}

/** Where an image point is in the pane. */
export function toPane(view: Viewport, pane: Size, at: Point): Point {
  return { x: pane.width / 2 + (at.x - view.x) * view.scale, y: pane.height / 2 + (at.y - view.y) * view.scale };
}

/** Zooms by a factor so that the image point under `at` stays where it is. */
export function zoomAt(view: Viewport, image: Size, pane: Size, at: Point, factor: number): Viewport {
  const under = toImage(view, pane, at);
  const { scale } = clamp({ ...view, scale: view.scale * factor }, image, pane);
  return clamp(
    {
      x: under.x - (at.x - pane.width / 2) / scale,
      y: under.y - (at.y - pane.height / 2) / scale,
      scale,
    },
    image,
    pane,
  );
}

/** Moves the image by a distance in CSS pixels. */
export function pan(view: Viewport, image: Size, pane: Size, by: Point): Viewport {
  return clamp({ ...view, x: view.x - by.x / view.scale, y: view.y - by.y / view.scale }, image, pane);
}

/** The pixel that holds an image point; null outside the image. */
export function pixelAt(at: Point, image: Size): Point | null {
  const x = Math.floor(at.x);
  const y = Math.floor(at.y);
  return x >= 0 && y >= 0 && x < image.width && y < image.height ? { x, y } : null;
}
