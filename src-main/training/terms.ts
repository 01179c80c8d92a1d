/** The student that a recipe trains, and the terms of its loss. */
import type { Recipe } from '../contract/recipe.ts';
import { auxiliaryTerms } from '../distillation/auxiliary.ts';
import { type BoundTerm, bindTerm, type TapNames } from '../distillation/total.ts';
import { withoutAuxiliaries } from '../networks/auxiliary.ts';
import type { Graph } from '../networks/graph.ts';
import { buildToTrain } from '../networks/registry.ts';

/** The student's network as it is trained, with its auxiliary outputs where the recipe wants them. @throws Problem as buildNetwork */
export function studentGraph({ student }: Pick<Recipe, 'student'>, classes: number): Graph {
  const graph = buildToTrain(student.network, classes);
  return student.auxiliary ? graph : withoutAuxiliaries(graph);
}

/** What a term taps that names no taps. */
export function defaultTaps(student: Graph, teacher: Graph | null): TapNames {
  return { student: [...student.defaultTaps], teacher: [...(teacher?.defaultTaps ?? [])] };
}

/**
 * The recipe's terms that have a weight (one without is switched off), then those of the student's auxiliary outputs.
 * @throws Problem as bindTerm
 */
export function termsOf({ methods }: Pick<Recipe, 'methods'>, student: Graph, teacher: Graph | null): BoundTerm[] {
  const taps = defaultTaps(student, teacher);
  const terms = methods.filter((term) => term.weight > 0).map((term) => bindTerm(term, taps));
  return [...terms, ...auxiliaryTerms(terms, student.auxiliaries ?? [])];
}

/** The nodes that terms tap, each once. */
export function tapsOf(terms: readonly BoundTerm[]): TapNames {
  const all = (whose: keyof TapNames) => [...new Set(terms.flatMap(({ taps }) => taps[whose]))];
  return { student: all('student'), teacher: all('teacher') };
}
