/** Which terms of a run are about which of its data sets. */
import { countsOn, type Domain } from '../distillation/domains.ts';
import { type BoundTerm, needsTeacher } from '../distillation/total.ts';

/** What is done on one data set. */
export interface Side {
  domain: Domain;
  /** Of the terms that count there. */
  places: number[];
  /** Whether any of them asks a teacher. */
  asks: boolean;
}

/** The source first; none for a data set on which no term counts. */
export function sidesOf(terms: readonly BoundTerm[]): Side[] {
  return (['source', 'target'] as const).flatMap((domain) => {
    const places = terms.flatMap((term, place) => (countsOn(term, domain) ? [place] : []));
    return places.length > 0 ? [{ domain, places, asks: needsTeacher(places.map((place) => terms[place])) }] : [];
  });
}
