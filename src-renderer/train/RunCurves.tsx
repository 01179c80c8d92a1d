import { useEffect, useRef } from 'react';
import type { RunSummary } from '../../src-main/contract/window.ts';
import { Curves } from '../shared/Curves.tsx';
import { RefusalBox } from '../shared/RefusalBox.tsx';
import { useAsk } from '../state/queries.ts';
import { curveGroups, curveLabel } from './curve-groups.ts';
import { RunTerms } from './RunTerms.tsx';

/** At most so often are the curves of a run at work fetched, in ms. */
const EVERY = 1000;

/** All curves of a run, drawn further while it goes on. */
export function RunCurves({ run }: { run: RunSummary }) {
  const detail = useAsk('runs.get', { run: run.run }, { keep: true });
  const names = detail.data?.run === run.run ? detail.data.metrics : [];
  const curves = useAsk(
    'runs.curves',
    names.length > 0 ? { run: run.run, names: names.slice(0, 128), points: 600 } : null,
    {
      keep: true,
    },
  );
  const last = useRef(0);
  const { reload } = curves;
  const again = useRef(reload);
  again.current = () => {
    last.current = performance.now();
    reload();
    // The names of the curves come with the first steps, and of mIoU with the first evaluation.
    detail.reload();
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: each step or evaluation calls for new curves
  useEffect(() => {
    const wait = Math.max(0, EVERY - (performance.now() - last.current));
    const timer = setTimeout(() => again.current(), wait);
    return () => clearTimeout(timer);
  }, [run.step, run.mIoU, run.status]);

  if (curves.error) return <RefusalBox refusal={curves.error} retry={reload} />;
  const groups = curveGroups(names);
  if (groups.length === 0) return <p className="quiet">The first curves come with the first steps.</p>;
  return (
    <>
      {curves.data && <RunTerms curves={curves.data} />}
      <div className="curves" data-testid="curves">
        {groups.map(({ title, names: own }) => (
          <Curves
            key={title}
            title={title}
            curves={own.map((name) => ({
              label: curveLabel(name),
              curve: curves.data?.find((curve) => curve.name === name) ?? null,
            }))}
            percent={title === 'mIoU'}
          />
        ))}
      </div>
    </>
  );
}
