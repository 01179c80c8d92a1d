import { Button, Progress } from '@mantine/core';
import { memoryText } from '../../src-main/contract/memory.ts';
import type { RunSummary } from '../../src-main/contract/window.ts';
import { useCompare } from '../compare/store.ts';
import { ask } from '../host.ts';
import { MeasureSpeed } from '../models/MeasureSpeed.tsx';
import { duration, figure, percent, rate, whole } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import { useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';
import { isLive, stopRun } from './live.ts';
import { RunCurves } from './RunCurves.tsx';

/** One run: how far it is, how it is doing, and what can be done with it. */
export function RunPanel({ run }: { run: RunSummary }) {
  const live = isLive(run);
  const { showRun, show } = useApp();
  const jobs = useAsk('jobs.list', {}, { keep: true }).data ?? [];
  const models = useAsk('models.list', {}, { keep: true }).data ?? [];
  const model = models.find(({ id }) => id === run.model);
  const phase =
    run.status === 'running' ? jobs.find((job) => job.run === run.run && job.status === 'running')?.phase : '';
  const send = (name: 'runs.pause' | 'runs.resume') => attempt(() => ask(name, { run: run.run }));
  const compare = (tab: 'panes' | 'similarity') => {
    useCompare.getState().setTab(tab);
    if (run.teacher !== null) useCompare.getState().setModel(0, run.teacher);
    if (run.model !== null) useCompare.getState().setModel(1, run.model);
    show('compare');
  };
  return (
    <div className="run-panel" data-testid="run-panel">
      <div className="row">
        <strong className="ellipsis">{run.name}</strong>
        <span className="quiet" data-testid="run-status">
          {run.status}
          {phase && phase !== 'Training' && `, ${phase.charAt(0).toLowerCase()}${phase.slice(1)}`}
        </span>
        <span className="grow" />
        {run.status === 'running' && (
          <Button variant="default" onClick={() => send('runs.pause')} data-testid="pause-run">
            Pause
          </Button>
        )}
        {(run.status === 'paused' ||
          run.status === 'stopped' ||
          run.status === 'failed' ||
          run.status === 'broken') && (
          <Button variant="default" onClick={() => send('runs.resume')} data-testid="resume-run">
            Resume
          </Button>
        )}
        {live && (
          <Button variant="default" onClick={() => stopRun(run)} data-testid="stop-run">
            Stop…
          </Button>
        )}
        {run.lastCheckpoint !== null && run.teacher !== null && (
          <Button variant="default" onClick={() => compare('similarity')} data-testid="run-similarity">
            Similarity maps
          </Button>
        )}
        {run.model !== null && (
          <Button variant="default" onClick={() => compare('panes')} data-testid="run-compare">
            Compare
          </Button>
        )}
        <Button variant="subtle" onClick={() => showRun(run.run)}>
          Details
        </Button>
      </div>
      <Progress
        value={(100 * run.step) / Math.max(1, run.steps)}
        size={6}
        aria-label={`${run.name}, step ${run.step} of ${run.steps}`}
      />
      <dl className="run-figures" data-testid="run-figures">
        <Figure label="step" value={`${whole(run.step)} / ${whole(run.steps)}`} testid="run-step" />
        <Figure label="loss" value={figure(run.loss)} />
        <Figure
          label="mIoU"
          value={percent(run.mIoU)}
          note={run.bestMIoU === null ? '' : `best ${percent(run.bestMIoU)}`}
        />
        {run.average !== null && (
          <Figure
            label="weights"
            value="average"
            note={`of decay ${run.average}: evaluated and kept`}
            testid="run-average"
          />
        )}
        <Figure label="learning rate" value={figure(run.learningRate)} />
        <Figure label="images/s" value={live ? rate(run.imagesPerSecond) : '–'} />
        <Figure label="time left" value={live ? duration(run.secondsLeft) : '–'} />
        {run.memoryPeak !== null && (
          <Figure
            label="memory"
            value={memoryText(run.memoryPeak)}
            note={run.memoryEstimate === null ? '' : `estimated ${memoryText(run.memoryEstimate)}`}
            testid="run-memory"
          />
        )}
        <Figure
          label="waiting for data"
          value={live && run.wait !== null ? `${percent(run.wait)} %` : '–'}
          note={
            !live || run.wait === null
              ? ''
              : run.wait > 0.03
                ? 'of the time: the images come too slowly'
                : 'of the time'
          }
          testid="run-wait"
        />
        <Figure label="last checkpoint" value={run.lastCheckpoint === null ? '–' : `step ${run.lastCheckpoint}`} />
      </dl>
      {model && !live && <MeasureSpeed model={model} />}
      <p className="hidden-visually" aria-live="polite">
        {run.status === 'running' ? `Step ${Math.floor(run.step / 50) * 50} of ${run.steps}` : run.status}
      </p>
      {run.message && <div className="refusal">{run.message}</div>}
      <RunCurves run={run} />
    </div>
  );
}

function Figure({ label, value, note, testid }: { label: string; value: string; note?: string; testid?: string }) {
  return (
    <div>
      <dt>{label}</dt>
      <dd data-testid={testid}>
        {value} {note && <span className="quiet">{note}</span>}
      </dd>
    </div>
  );
}
