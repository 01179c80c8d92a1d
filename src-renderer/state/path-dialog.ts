import { create } from 'zustand';
import type { Params } from '../../src-main/contract/window.ts';

export type Purpose = Params<'files.pick'>['purpose'];

interface PathDialog {
  purpose: Purpose | null;
  settle: (path: string | null) => void;
}

/** The question for a path, which a browser cannot ask the system for. */
export const usePathDialog = create<PathDialog>(() => ({ purpose: null, settle: () => {} }));

/** Asks the user to type a path on the machine where Stillroom runs; null when they close the dialog. */
export function askPath(purpose: Purpose): Promise<string | null> {
  return new Promise((resolve) => {
    usePathDialog.setState({
      purpose,
      settle: (path) => {
        usePathDialog.setState({ purpose: null });
        resolve(path);
      },
    });
  });
}
