/** Whether a recipe's two data sets, and what its terms do on them, go together. */
import type { FieldProblem, Recipe } from '../contract/recipe.ts';
import { countsOn } from '../distillation/domains.ts';
import { methods } from '../distillation/registry.ts';
import type { TargetFacts } from './check-recipe.ts';

/** Whether two terms count on the same data set, so that they could be one. */
export function shareDomain(...terms: [Recipe['methods'][number], Recipe['methods'][number]]): boolean {
  return (['source', 'target'] as const).some((domain) => terms.every((term) => countsOn(term, domain)));
}

/** @param facts of the target, where it is chosen */
export function checkDomains(recipe: Recipe, facts: TargetFacts | null): FieldProblem[] {
  const problems: FieldProblem[] = [];
  const add = (field: string, message: string) => void problems.push({ field, message });
  const { target, methods: terms } = recipe;
  terms.forEach((term, i) => {
    const method = methods.find(({ id }) => id === term.method);
    if (!method || term.weight === 0) return;
    const field = `methods.${i}.domain`;
    if (method.needsBoth && (!target || term.domain !== 'both')) {
      add(field, `${method.id} tells a target data set from the source; name one, and let it count on both.`);
    } else if (countsOn(term, 'target')) {
      if (!target) add(field, 'There is no target data set to count on; name one, or let it count on the source.');
      else if (method.labels) add(field, `${method.id} learns by labels, which the target data set has not.`);
    }
  });
  if (!target) return problems;
  const known = facts?.splits.filter(({ images }) => images > 0).map(({ name }) => name);
  if (known && !known.includes(target.split))
    add('target.split', `The target data set has no split “${target.split}”; it has ${known.join(', ') || 'none'}.`);
  return problems;
}
