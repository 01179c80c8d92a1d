import type { Recipe } from '../contract/recipe.ts';
import { methodOf } from '../distillation/total.ts';
import type { Graph } from '../networks/graph.ts';
import { poolLogits } from '../networks/pool-logits.ts';

/**
 * A teacher's network as a recipe asks it: with its logits at the student's stride where no term reads them otherwise.
 * @param teacher as it was written
 * @param tapped whether terms read its taps: those of the first of several teachers alone
 */
export function teacherGraph(
  { methods }: Pick<Recipe, 'methods'>,
  teacher: Graph,
  student: Graph,
  tapped = true,
): Graph {
  const asking = methods
    .filter(({ weight }) => weight > 0)
    .map((term) => ({ ...methodOf(term), taps: term.taps }))
    .filter(({ method }) => method.teacher);
  const taps = [...teacher.defaultTaps, ...asking.flatMap((term) => term.taps?.teacher ?? [])];
  const whole = (tapped && taps.includes(teacher.output)) || asking.some(({ method }) => method.logits === 'label');
  return whole ? teacher : poolLogits(teacher, student.logitsStride);
}
