/** On which of a run's two data sets a term counts. */
import type { TermDomain } from '../contract/recipe.ts';

/** The labelled data set, or the one that is adapted to. */
export type Domain = 'source' | 'target';

export function countsOn({ domain = 'source' }: { domain?: TermDomain }, where: Domain): boolean {
  return domain === where || domain === 'both';
}

/** What a term's value on one of them is called: `kd` on the source, `kd@target` on the target. */
export function nameOn(id: string, where: Domain = 'source'): string {
  return where === 'source' ? id : `${id}@target`;
}

/** What a term is called among a recipe's: a method may be there once for the source and once for the target. */
export function termKey(id: string, { domain }: { domain?: TermDomain }): string {
  return nameOn(id, domain === 'target' ? 'target' : 'source');
}
