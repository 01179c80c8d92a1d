import { create } from 'zustand';
import type { ClassInfo } from '../../src-main/contract/dataset.ts';
import type { Reading } from '../../src-main/contract/preview.ts';

/** A folder as it is described by hand: where its images and label maps lie, and the classes, one a line. */
export interface Draft {
  images: string | null;
  labels: string | null;
  classes: string;
}

interface ImportState {
  /** The folder that is looked at, as `files.pick` answered it; null: the dialog is closed. */
  file: string | null;
  /** How it is to be read, where the user said so. */
  reading: Reading | null;
  /** The data set's name, where the user changed it. */
  name: string | null;
  /** The classes, where the user changed them. */
  classes: ClassInfo[] | null;
  draft: Draft;
  open(file: string): void;
  close(): void;
  setReading(reading: Reading | null): void;
  setName(name: string): void;
  setClasses(classes: ClassInfo[]): void;
  setDraft(draft: Partial<Draft>): void;
}

const EMPTY: Draft = { images: null, labels: null, classes: '' };

/** The import dialog: what of which folder it shows. */
export const useImport = create<ImportState>((set) => ({
  file: null,
  reading: null,
  name: null,
  classes: null,
  draft: EMPTY,
  open: (file) => set({ file, reading: null, name: null, classes: null, draft: EMPTY }),
  close: () => set({ file: null }),
  setReading: (reading) => set({ reading, classes: null }),
  setClasses: (classes) => set({ classes }),
  setName: (name) => set({ name }),
  setDraft: (draft) => set((state) => ({ draft: { ...state.draft, ...draft } })),
}));
