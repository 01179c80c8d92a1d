import { create } from 'zustand';
import { clamp, type Point, pan, resolve, type Size, type View, zoomAt } from './viewport.ts';

interface ViewportState {
  view: View;
  image: Size | null;
  /** Size of one pane: all panes of a stage have the same. */
  pane: Size;
  /** The image point under the pointer. */
  hover: Point | null;
  /** Whether the stage holds all overlays back (H is held). */
  bare: boolean;
  /** Whether dragging moves the image whatever the tool (Space is held). */
  panning: boolean;
  setImage(image: Size): void;
  setPane(pane: Size): void;
  setHover(hover: Point | null): void;
  setBare(bare: boolean): void;
  setPanning(panning: boolean): void;
  /** Zooms by a factor at a point of the pane; without one at its middle. */
  zoom(factor: number, at?: Point): void;
  pan(by: Point): void;
  fit(): void;
  /** One image pixel per CSS pixel. */
  actual(): void;
}

/** The one viewport that all panes follow. */
export const useViewport = create<ViewportState>((set, get) => ({
  view: 'fit',
  image: null,
  pane: { width: 1, height: 1 },
  hover: null,
  bare: false,
  panning: false,
  setImage(image) {
    const known = get().image;
    if (known?.width === image.width && known.height === image.height) return;
    set({ image, view: 'fit', hover: null });
  },
  setPane: (pane) => set({ pane }),
  setHover: (hover) => set({ hover }),
  setBare: (bare) => set({ bare }),
  setPanning: (panning) => set({ panning }),
  zoom(factor, at) {
    const { view, image, pane } = get();
    if (!image) return;
    const middle = { x: pane.width / 2, y: pane.height / 2 };
    set({ view: zoomAt(resolve(view, image, pane), image, pane, at ?? middle, factor) });
  },
  pan(by) {
    const { view, image, pane: size } = get();
    if (image) set({ view: pan(resolve(view, image, size), image, size, by) });
  },
  fit: () => set({ view: 'fit' }),
  actual() {
    const { view, image, pane } = get();
    if (image) set({ view: clamp({ ...resolve(view, image, pane), scale: 1 }, image, pane) });
  },
}));
