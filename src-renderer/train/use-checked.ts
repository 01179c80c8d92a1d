import { useEffect, useState } from 'react';
import type { Answers } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { asRefusal } from '../refused.ts';
import { useDraft } from './draft.ts';
import type { Json } from './paths.ts';

/** Has the host check the draft a moment after the last change. Answers whether a check is still to come. */
export function useChecked(
  recipe: Json | null,
  dataset: number | null,
  teacher: number | null,
  start: number | null,
): boolean {
  const [checked, setChecked] = useState<unknown[]>([]);
  useEffect(() => {
    if (recipe === null) return;
    let wanted = true;
    const timer = setTimeout(async () => {
      let answer: Partial<Answers['recipes.check']>;
      try {
        answer = await ask('recipes.check', { recipe, dataset, teacher, start });
      } catch (error) {
        answer = { problems: [{ field: '', message: asRefusal(error).message }], memory: null };
      }
      if (!wanted) return;
      useDraft.setState(answer);
      setChecked([recipe, dataset, teacher, start]);
    }, 250);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [recipe, dataset, teacher, start]);
  return [recipe, dataset, teacher, start].some((value, i) => checked[i] !== value);
}
