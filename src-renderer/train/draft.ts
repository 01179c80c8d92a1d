import { create } from 'zustand';
import type { MemoryNeed } from '../../src-main/contract/memory.ts';
import type { Precision } from '../../src-main/contract/precision.ts';
import type { FieldProblem, Recipe } from '../../src-main/contract/recipe.ts';
import { getAt, type Json, setAt } from './paths.ts';

interface DraftState {
  /** The recipe being written; null until there is a preset to begin with. */
  recipe: Json | null;
  /** The teacher, by its number; null: none. */
  teacher: number | null;
  /** The teachers beside it, in order. */
  others: number[];
  /** Which teacher is the best at each class, where that is asked for and known; as in the answer to `recipes.check`. */
  best: readonly (number | null)[] | null;
  /** The model that the student starts from, by its number; null: random weights. */
  start: number | null;
  /** The data set that it is adapted to, by its number, where the recipe has a target. */
  target: number | null;
  /** Whether the user chose a teacher, or none, themselves. */
  teacherChosen: boolean;
  /** What the run would be evaluated on, as a sentence, where it has two data sets. */
  evaluatedOn: string | null;
  problems: FieldProblem[];
  /** What the recipe needs; null where that is not known. */
  memory: MemoryNeed | null;
  /** What the engine may compute in. */
  precisions: readonly Precision[];
  tab: 'form' | 'json';
  begin(recipe: Recipe): void;
  set(path: string, value: Json | undefined): void;
  replace(recipe: Json): void;
  setTeacher(teacher: number | null): void;
  setOthers(others: number[]): void;
  setStart(start: number | null): void;
  setTarget(target: number | null): void;
  setTab(tab: DraftState['tab']): void;
}

/** The recipe of the Train view: kept while other views are shown. */
export const useDraft = create<DraftState>((set) => ({
  recipe: null,
  teacher: null,
  others: [],
  best: null,
  start: null,
  target: null,
  teacherChosen: false,
  evaluatedOn: null,
  problems: [],
  memory: null,
  precisions: ['float32'],
  tab: 'form',
  begin: (recipe) => set({ recipe: recipe as Json, problems: [] }),
  set: (path, value) => set((state) => ({ recipe: setAt(state.recipe ?? {}, path, value) })),
  replace: (recipe) => set({ recipe }),
  setTeacher: (teacher) =>
    set(({ others }) => ({
      teacher,
      teacherChosen: true,
      others: teacher === null ? [] : others.filter((id) => id !== teacher),
    })),
  setOthers: (others) => set({ others, teacherChosen: true }),
  setStart: (start) => set({ start }),
  setTarget: (target) => set({ target }),
  setTab: (tab) => set({ tab }),
}));

/** Drops the draft and all that it is to be run with. */
export function resetDraft(): void {
  const { tab } = useDraft.getState();
  useDraft.setState({ ...useDraft.getInitialState(), tab });
}

/** One value of the draft. */
export function useDraftValue(path: string): Json | undefined {
  return useDraft((state) => getAt(state.recipe ?? undefined, path));
}

/** The draft with what it is to be run with: what a run, or a sweep, is started by. */
export function draftOn(dataset: number) {
  const { recipe, teacher, others, start, target } = useDraft.getState();
  const chosen = { teacher, others, start, target: targetOf(target, dataset) };
  return { recipe: recipe as unknown as Recipe, dataset, ...chosen };
}

/** What the student is adapted to from a data set: never that itself. */
export function targetOf(target: number | null, dataset: number | null): number | null {
  return target === dataset ? null : target;
}
