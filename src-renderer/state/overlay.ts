import { create } from 'zustand';

interface OverlayState {
  /** 0–1. */
  opacity: number;
  contours: boolean;
  /** Classes that are switched off. */
  hidden: ReadonlySet<number>;
  setOpacity(opacity: number): void;
  toggleContours(): void;
  toggle(label: number): void;
  /** Switches all classes off, or on again where any is off. */
  toggleAll(classes: number): void;
  showAll(): void;
}

/** How labels are drawn over pictures, in the viewer and in Compare. */
export const useOverlay = create<OverlayState>((set) => ({
  opacity: 0.6,
  contours: false,
  hidden: new Set(),
  setOpacity: (opacity) => set({ opacity: Math.round(Math.min(1, Math.max(0, opacity)) * 100) / 100 }),
  toggleContours: () => set((state) => ({ contours: !state.contours })),
  toggle: (label) =>
    set((state) => {
      const hidden = new Set(state.hidden);
      if (!hidden.delete(label)) hidden.add(label);
      return { hidden };
    }),
  toggleAll: (classes) =>
    set((state) => ({
      hidden: state.hidden.size > 0 ? new Set() : new Set(Array.from({ length: classes }, (_, index) => index)),
    })),
  showAll: () => set({ hidden: new Set() }),
}));
