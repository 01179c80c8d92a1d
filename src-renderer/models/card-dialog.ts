import { create } from 'zustand';

/** The model whose classes and preprocessing the user is asked for; null: none. */
export const useCardDialog = create<{ model: number | null }>(() => ({ model: null }));
