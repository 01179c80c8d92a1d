import type { Recipe } from '../contract/recipe.ts';
import { methodOf } from '../distillation/total.ts';
import type { Graph } from '../networks/graph.ts';
import { poolLogits } from '../networks/pool-logits.ts';

/**
 * A teacher's network as a recipe asks it: with its logits at the student's stride where no term reads them otherwise.
 * @param teacher as it was written
 */
export function teacherGraph({ methods }: Pick<Recipe, 'methods'>, teacher: Graph, student: Graph): Graph {
  const asking = methods
    .filter(({ weight }) => weight > 0)
    .map((term) => ({ ...methodOf(term), taps: term.taps }))
    .filter(({ method }) => method.teacher);
  const tapped = [...teacher.defaultTaps, ...asking.flatMap(({ taps }) => taps?.teacher ?? [])];
  const whole = tapped.includes(teacher.output) || asking.some(({ method }) => method.logits === 'label');
  return whole ? teacher : poolLogits(teacher, student.logitsStride);
}
