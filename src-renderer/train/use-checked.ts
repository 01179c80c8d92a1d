import { useEffect, useState } from 'react';
import type { Answers } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { asRefusal } from '../refused.ts';
import { useDraft } from './draft.ts';
import type { Json } from './paths.ts';

/** Has the host check the draft a moment after the last change. Answers whether a check is still to come. */
export function useChecked(recipe: Json | null, dataset: number | null, teacher: number | null): boolean {
  const [checked, setChecked] = useState<unknown[]>([]);
  useEffect(() => {
    if (recipe === null) return;
    let wanted = true;
    const timer = setTimeout(async () => {
      let answer: Partial<Answers['recipes.check']>;
      try {
        answer = await ask('recipes.check', { recipe, dataset, teacher });
      } catch (error) {
        answer = { problems: [{ field: '', message: asRefusal(error).message }], memory: null };
      }
      if (!wanted) return;
      useDraft.setState(answer);
      setChecked([recipe, dataset, teacher]);
    }, 250);
    return () => {
      wanted = false;
      clearTimeout(timer);
    };
  }, [recipe, dataset, teacher]);
  return checked[0] !== recipe || checked[1] !== dataset || checked[2] !== teacher;
}
