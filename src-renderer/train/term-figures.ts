/** What each term of a run's loss brings, from the last values of its curves. Pure. */
import type { Curve } from '../../src-main/contract/window.ts';

/** Under this share of the largest gradient a term has hardly any say. */
export const HARDLY = 1e-3;

export interface TermFigures {
  id: string;
  /** Unweighted, at the last step; null where it was not computed. */
  value: number | null;
  /** What it makes of the loss, 0–1, signs left aside. */
  share: number | null;
  /** Norm of its gradient, times the weight that it has now; null before there is one. */
  gradient: number | null;
  /** That divided by the gradient of `against`. */
  gradientShare: number | null;
  /** `off`: its schedule gives it no weight at this step. `hardly`: it moves the student as good as not. */
  says: 'something' | 'hardly' | 'off';
}

export interface RunTermFigures {
  /** What gradients are held against: the cross-entropy, by which weights are set; null: the largest, where it has none. */
  against: string | null;
  /** In the order of their curves. */
  terms: TermFigures[];
}

export function termFigures(curves: readonly Curve[]): RunTermFigures {
  const curveOf = (name: string) => curves.find((curve) => curve.name === name);
  const last = (name: string) => curveOf(name)?.last.at(-1) ?? null;
  const lastStep = (name: string) => curveOf(name)?.steps.at(-1) ?? -1;
  const terms = curves
    .filter(({ name }) => name.endsWith('.weighted'))
    .map(({ name }) => {
      const id = name.slice(0, -'.weighted'.length);
      const [value, weighted, norm] = [last(`${id}.value`), last(name), last(`${id}.gradientNorm`)];
      // A term that its schedule switches off is not computed, so that it has no value at that step.
      const off = weighted === 0 && lastStep(`${id}.value`) < lastStep(name);
      // The norms are of the unweighted terms and older: the weight of now is what value and weighted value tell.
      const weight = off ? 0 : value ? (weighted ?? 0) / value : null;
      return { id, value, weighted, gradient: norm === null || weight === null ? null : norm * weight, weight };
    });
  const whole = terms.reduce((sum, { weighted }) => sum + Math.abs(weighted ?? 0), 0);
  const largest = Math.max(0, ...terms.map(({ gradient }) => gradient ?? 0));
  const labels = terms.find(({ id, gradient }) => /^ce(\.|$)/.test(id) && (gradient ?? 0) > 0);
  const reference = labels?.gradient ?? largest;
  const figures = terms.map(({ id, value, weighted, gradient, weight }): TermFigures => {
    const share = weighted === null || whole === 0 ? null : Math.abs(weighted) / whole;
    const known = gradient !== null && largest > 0;
    const decides = known ? gradient / largest : share;
    const says = weight === 0 ? 'off' : decides !== null && decides < HARDLY ? 'hardly' : 'something';
    const gradientShare = known ? gradient / reference : null;
    return { id, value: says === 'off' ? null : value, share, gradient, gradientShare, says };
  });
  return { against: labels?.id ?? null, terms: figures };
}
