import { create } from 'zustand';
import type { FieldProblem, Recipe } from '../../src-main/contract/recipe.ts';
import { getAt, type Json, setAt } from './paths.ts';

interface DraftState {
  /** The recipe being written; null until there is a preset to begin with. */
  recipe: Json | null;
  /** The teacher, by its number; null: none. */
  teacher: number | null;
  /** Whether the user chose a teacher, or none, themselves. */
  teacherChosen: boolean;
  problems: FieldProblem[];
  tab: 'form' | 'json';
  begin(recipe: Recipe): void;
  set(path: string, value: Json | undefined): void;
  replace(recipe: Json): void;
  setTeacher(teacher: number | null): void;
  setProblems(problems: FieldProblem[]): void;
  setTab(tab: DraftState['tab']): void;
}

/** The recipe of the Train view: kept while other views are shown. */
export const useDraft = create<DraftState>((set) => ({
  recipe: null,
  teacher: null,
  teacherChosen: false,
  problems: [],
  tab: 'form',
  begin: (recipe) => set({ recipe: recipe as Json, problems: [] }),
  set: (path, value) => set((state) => ({ recipe: setAt(state.recipe ?? {}, path, value) })),
  replace: (recipe) => set({ recipe }),
  setTeacher: (teacher) => set({ teacher, teacherChosen: true }),
  setProblems: (problems) => set({ problems }),
  setTab: (tab) => set({ tab }),
}));

/** One value of the draft. */
export function useDraftValue(path: string): Json | undefined {
  return useDraft((state) => getAt(state.recipe ?? undefined, path));
}
