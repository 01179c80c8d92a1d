import type { Curve } from '../../src-main/contract/window.ts';
import { figure, percent } from '../shared/format.ts';
import { type TermFigures, termFigures } from './term-figures.ts';

/** What each term of the loss brings now: a term that does nothing is seen, and named. */
export function RunTerms({ curves }: { curves: readonly Curve[] }) {
  const { terms, against } = termFigures(curves);
  if (terms.length === 0) return null;
  return (
    <section aria-label="Terms of the loss" className="run-terms" data-testid="run-terms">
      <table className="sheet">
        <thead>
          <tr>
            <th>Term</th>
            <th className="number">value</th>
            <th className="number">% of the loss, weighted</th>
            <th className="number">gradient norm, weighted</th>
            <th className="number">% of {against ? `${against}’s` : 'the largest'}</th>
          </tr>
        </thead>
        <tbody>
          {terms.map(({ id, value, share, gradient, gradientShare, says }) => (
            <tr key={id} className={says === 'something' ? undefined : 'quiet'} data-testid={`run-term-${id}`}>
              <td>{id}</td>
              <td className="number">{says === 'off' ? 'off' : figure(value)}</td>
              <td className="number">{percent(share, 2)}</td>
              <td className="number">{figure(gradient)}</td>
              <td className="number">{percent(gradientShare, 2)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      {terms.map((term) => {
        const said = remark(term);
        return said && <p key={term.id}>{said}</p>;
      })}
    </section>
  );
}

function remark({ id, says, gradientShare }: TermFigures): string | null {
  if (says === 'something') return null;
  if (says === 'off') return `${id} is off at this step: its schedule gives it no weight, so it is not computed.`;
  const why = gradientShare === null ? 'it is under 0.1 % of the loss' : 'its gradient is under 0.1 % of the largest';
  return `${id} does hardly anything: ${why}. Give it a larger weight, or leave it out.`;
}
