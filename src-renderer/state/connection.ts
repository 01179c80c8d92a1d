import { create } from 'zustand';

/** Whether the host can be reached; in Electron it always can. `times` counts how often the connection came. */
export const useConnection = create<{ up: boolean; times: number; set(up: boolean): void }>((set) => ({
  up: true,
  times: 0,
  set: (up) => set((state) => ({ up, times: state.times + (up ? 1 : 0) })),
}));
