import type { RunSummary } from '../../src-main/contract/window.ts';
import { duration, figure, rate } from '../shared/format.ts';
import { useApp } from '../state/app.ts';

/** A run in one line of the status bar; leads to Train. */
export function RunLine({ run }: { run: RunSummary }) {
  const show = useApp((state) => state.show);
  const parts = [
    run.status === 'running' ? null : run.status,
    `step ${run.step}/${run.steps}`,
    run.loss !== null && `loss ${figure(run.loss)}`,
    run.status === 'running' && run.imagesPerSecond !== null && `${rate(run.imagesPerSecond)} images/s`,
    run.status === 'running' && run.secondsLeft !== null && `${duration(run.secondsLeft)} left`,
  ].filter(Boolean);
  return (
    <button type="button" className="plain-button ellipsis" onClick={() => show('train')} data-testid="status-run">
      {run.name}: {parts.join(', ')}
    </button>
  );
}
