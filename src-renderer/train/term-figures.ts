/** What each term of a run's loss brings, from the last values of its curves. Pure. */
import type { Curve } from '../../src-main/contract/window.ts';

/** Under this share of the largest term a term has hardly any say. */
export const HARDLY = 1e-3;

export interface TermFigures {
  id: string;
  /** Unweighted, at the last step. */
  value: number | null;
  /** What it makes of the loss, 0–1, signs left aside. */
  share: number | null;
  /** Norm of its gradient, times the weight that it has now; null before there is one. */
  gradient: number | null;
  /** That against the largest of all terms, 0–1. */
  gradientShare: number | null;
  /** `off`: its schedule gives it no weight at this step. `hardly`: it moves the student as good as not. */
  says: 'something' | 'hardly' | 'off';
}

/** The terms in the order of their curves. */
export function termFigures(curves: readonly Curve[]): TermFigures[] {
  const last = (name: string) => curves.find((curve) => curve.name === name)?.last.at(-1) ?? null;
  const terms = curves
    .filter(({ name }) => name.endsWith('.weighted'))
    .map(({ name }) => {
      const id = name.slice(0, -'.weighted'.length);
      const [value, weighted, norm] = [last(`${id}.value`), last(name), last(`${id}.gradientNorm`)];
      // The norms are of the unweighted terms and older: the weight of now is what value and weighted value tell.
      const weight = value ? (weighted ?? 0) / value : null;
      return { id, value, weighted, gradient: norm === null || weight === null ? null : norm * weight, weight };
    });
  const most = (of: (number | null)[]) => Math.max(0, ...of.map((one) => one ?? 0));
  const whole = terms.reduce((sum, { weighted }) => sum + Math.abs(weighted ?? 0), 0);
  const largest = most(terms.map(({ gradient }) => gradient));
  return terms.map(({ id, value, weighted, gradient, weight }) => {
    const share = weighted === null || whole === 0 ? null : Math.abs(weighted) / whole;
    const gradientShare = gradient === null || largest === 0 ? null : gradient / largest;
    const decides = gradientShare ?? share;
    const says = weight === 0 ? 'off' : decides !== null && decides < HARDLY ? 'hardly' : 'something';
    return { id, value, share, gradient, gradientShare, says };
  });
}
