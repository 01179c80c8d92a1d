/** A batch in parts, one after another: the mean over the whole from the means over its parts. */
import type { StepMetrics } from '../contract/job.ts';
import { nameOn } from '../distillation/domains.ts';
import type { BoundTerm, TotalLoss } from '../distillation/total.ts';
import type { Batch } from './loader.ts';

type Losses = Pick<TotalLoss, 'total' | 'terms'>;

/** The same of a whole step, in which some terms may take no part. */
export interface StepLosses {
  total: number;
  terms: StepMetrics['terms'];
}

/** `count` parts of as many images each, in order; they share the batch's memory. */
export function partsOf(batch: Batch, count: number): Batch[] {
  return Array.from({ length: count }, (_, i) => {
    const cut = <A extends Uint8Array | Int32Array | Float32Array>(array: A) => {
      const length = array.length / count;
      return array.subarray(i * length, (i + 1) * length) as A;
    };
    return {
      image: cut(batch.image),
      labels: cut(batch.labels),
      items: cut(batch.items),
      taught: batch.taught?.map(cut),
    };
  });
}

/**
 * How much each part counts in each term's mean over the whole batch: [part][term], 1 in all for each term. A term of
 * which nothing can be counted is 0 in every part, and so are its shares.
 */
export function sharesOf(
  terms: readonly BoundTerm[],
  parts: readonly Batch[],
  crop: readonly [number, number],
): number[][] {
  if (parts.length === 1) return [terms.map(() => 1)];
  const masses = parts.map(({ labels }) => terms.map(({ method, params }) => method.mass?.(labels, params, crop) ?? 1));
  const sums = terms.map((_, t) => masses.reduce((sum, part) => sum + part[t], 0));
  return masses.map((part) => part.map((mass, t) => (sums[t] === 0 ? 0 : mass / sums[t])));
}

/**
 * What the whole batch would have said, from what its parts said with weights times their shares.
 *
 * Tensors of different parts are different variables, so a term's gradient over all of them has the norm
 * √Σ (share · norm)².
 */
export function joinLosses(parts: readonly Losses[], shares: readonly number[][]): Losses {
  const sum = (of: (part: Losses, i: number) => number) => parts.reduce((all, part, i) => all + of(part, i), 0);
  const terms = parts[0].terms.map(({ id, gradientNorm, own }, t) => ({
    id,
    value: sum((part, i) => shares[i][t] * part.terms[t].value),
    weighted: sum((part) => part.terms[t].weighted),
    ...(gradientNorm === undefined
      ? {}
      : { gradientNorm: Math.sqrt(sum((part, i) => (shares[i][t] * part.terms[t].gradientNorm!) ** 2)) }),
    ...(own === undefined ? {} : { own: sum((part) => part.terms[t].own!) / parts.length }),
  }));
  return { total: sum((part) => part.total), terms };
}

/**
 * What a step said, from what it said on each data set.
 * @param comparing the methods that compare two data sets: what they say on both becomes one entry
 */
export function joinDomains(sides: readonly StepLosses[], comparing: readonly string[]): StepLosses {
  const all = sides.flatMap(({ terms }) => terms);
  const terms = all.flatMap((term) => {
    const there = comparing.includes(term.id) ? all.find(({ id }) => id === nameOn(term.id, 'target')) : undefined;
    if (there) return [{ ...there, id: term.id, ...(there.own === undefined ? {} : { own: term.own! + there.own }) }];
    return comparing.some((id) => nameOn(id, 'target') === term.id) ? [] : [term];
  });
  return { total: sides.reduce((sum, { total }) => sum + total, 0), terms };
}
