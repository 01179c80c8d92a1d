import { create } from 'zustand';

/** A file of weights whose network the user has to tell; null: none is asked about. */
export const useNaming = create<{ picked: { file: string; label: string } | null }>(() => ({ picked: null }));
