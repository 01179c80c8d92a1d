import { Button } from '@mantine/core';
import type { ModelSummary } from '../../src-main/contract/model.ts';
import { speedText } from '../../src-main/contract/speed.ts';
import { ask } from '../host.ts';
import { time } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';

/** How fast a model is on this machine, as measured last, and a way to measure it now. */
export function MeasureSpeed({ model }: { model: ModelSummary }) {
  const jobs = useAsk('jobs.list', {}, { keep: true }).data ?? [];
  const busy = jobs.some(({ kind, status }) => kind === 'speed' && status === 'running');
  const measure = () => attempt(() => ask('models.measureSpeed', { model: model.id, size: model.inputSize }));
  return (
    <div className="measure-speed">
      <SpeedText model={model} />
      <Button variant="default" onClick={measure} loading={busy} data-testid="measure-speed">
        Measure speed
      </Button>
    </div>
  );
}

function SpeedText({ model: { speed } }: { model: ModelSummary }) {
  if (!speed) return <span className="quiet">Its speed was not measured yet.</span>;
  const { passes, machine, at } = speed;
  return (
    <span data-testid="speed" title={`${passes} passes on ${machine}, ${time(at)}`}>
      {speedText(speed)}
    </span>
  );
}
