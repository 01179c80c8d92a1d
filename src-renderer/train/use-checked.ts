import { useEffect, useState } from 'react';
import type { Answers } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { asRefusal } from '../refused.ts';
import { useDraft } from './draft.ts';
import type { Json } from './paths.ts';

/**
 * Has the host check the draft a moment after the last change. Answers whether a check is still to come.
 * @param evaluations what is known of them: another one may change who is the best teacher of a class
 */
export function useChecked(
  recipe: Json | null,
  dataset: number | null,
  chosen: { teacher: number | null; others: number[]; start: number | null; target: number | null },
  evaluations: unknown,
): boolean {
  const { teacher, others, start, target } = chosen;
  const [checked, setChecked] = useState<unknown[]>([]);
  useEffect(() => {
    if (recipe === null) return;
    let wanted = true;
    const timer = setTimeout(async () => {
      let answer: Partial<Answers['recipes.check']>;
      try {
        answer = await ask('recipes.check', { recipe, dataset, teacher, others, start, target });
      } catch (error) {
        answer = { problems: [{ field: '', message: asRefusal(error).message }], memory: null };
      }
      if (!wanted) return;
      useDraft.setState(answer);
      setChecked([recipe, dataset, teacher, others, start, target, evaluations]);
    }, 250);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [recipe, dataset, teacher, others, start, target, evaluations]);
  return [recipe, dataset, teacher, others, start, target, evaluations].some((value, i) => checked[i] !== value);
}
