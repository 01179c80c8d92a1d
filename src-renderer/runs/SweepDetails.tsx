import { ActionIcon, Button, Progress } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import { lazy, Suspense } from 'react';
import { endedTrials, type SweepSummary, type SweepTrial } from '../../src-main/contract/sweep.ts';
import { ask } from '../host.ts';
import { askConfirm } from '../shared/confirm.ts';
import { Waiting } from '../shared/Empty.tsx';
import { percent } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { bestMIoU } from './entries.ts';
import { valueText } from './sweep-charts.ts';

const SweepCharts = lazy(() => import('./SweepCharts.tsx'));

const SEARCHES = { grid: 'grid', random: 'random search', bayes: 'Bayesian search (Optuna)' };

/** One sweep in full: how far it is, what is best, and what each value led to. */
export function SweepDetails({ sweep, close }: { sweep: SweepSummary; close: () => void }) {
  const { showRun } = useApp();
  const done = endedTrials(sweep);
  const stop = async () => {
    const sure = await askConfirm({
      title: `Stop the sweep of ${sweep.name}?`,
      text: 'The run that is at work writes a checkpoint first, and the sweep can be continued from there.',
      verb: 'Stop',
      keep: 'Keep running',
    });
    if (sure) await attempt(() => ask('sweeps.stop', { sweep: sweep.sweep }));
  };
  return (
    <div data-testid="sweep-detail" className="run-detail sweep-detail">
      <ActionIcon className="run-close" aria-label="Close" onClick={close} data-testid="sweep-close">
        <IconX size={16} />
      </ActionIcon>
      <div className="row">
        <strong className="ellipsis">{sweep.name}</strong>
        <span className="quiet" data-testid="sweep-status">
          {sweep.status}
        </span>
        <span className="quiet">
          {SEARCHES[sweep.search]}, {done} of {sweep.runs} runs, best mIoU on {sweep.split}: {percent(bestMIoU(sweep))}
        </span>
        <span className="grow" />
        {sweep.status === 'running' && (
          <Button variant="default" onClick={stop} data-testid="sweep-stop">
            Stop…
          </Button>
        )}
        {(sweep.status === 'stopped' || sweep.status === 'failed') && (
          <Button
            variant="default"
            onClick={() => attempt(() => ask('sweeps.resume', { sweep: sweep.sweep }))}
            data-testid="sweep-resume"
          >
            Continue
          </Button>
        )}
      </div>
      <Progress value={(100 * done) / sweep.runs} size={6} aria-label={`${done} of ${sweep.runs} runs`} />
      {sweep.message && <div className="refusal">{sweep.message}</div>}
      <Suspense fallback={<Waiting text="Loading the charts" />}>
        <SweepCharts sweep={sweep} />
      </Suspense>
      <Trials sweep={sweep} open={showRun} />
    </div>
  );
}

/** Best first, then those that are at work or failed. */
function Trials({ sweep, open }: { sweep: SweepSummary; open: (run: string) => void }) {
  const sorted = [...sweep.trials].sort((a, b) => (b.mIoU ?? -1) - (a.mIoU ?? -1) || a.number - b.number);
  return (
    <table className="sheet" aria-label="Runs of the sweep" data-testid="sweep-trials">
      <thead>
        <tr>
          <th className="number">Run</th>
          <th className="number">mIoU</th>
          {sweep.fields.map(({ field }) => (
            <th key={field} className="number">
              {field}
            </th>
          ))}
          <th className="sweep-why">State</th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((trial) => (
          <tr key={trial.number} data-best={trial.number === sweep.best ? '' : undefined}>
            <td className="number">
              {trial.run === null ? (
                trial.number
              ) : (
                <button type="button" className="plain-button run-link" onClick={() => open(trial.run!)}>
                  {trial.number}
                </button>
              )}
            </td>
            <td className="number">{percent(trial.mIoU, 2)}</td>
            {sweep.fields.map(({ field }, f) => (
              <td key={field} className="number">
                {valueText(trial.values[f])}
              </td>
            ))}
            <td className={trial.state === 'failed' ? 'bad sweep-why' : 'quiet sweep-why'}>{wordsOf(trial, sweep)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function wordsOf({ number, state, message }: SweepTrial, { best, status }: SweepSummary): string {
  if (state === 'failed') return `failed: ${message ?? ''}`;
  if (state === 'done') return number === best ? 'done, the best' : 'done';
  return status === 'running' ? 'at work' : 'not done';
}
