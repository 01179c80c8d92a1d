import { Button } from '@mantine/core';
import type { DatasetSummary } from '../../src-main/contract/dataset.ts';
import { classesByGain, gainOf } from '../runs/gain-words.ts';
import { difference, percent, whole } from '../shared/format.ts';
import { useApp } from '../state/app.ts';
import { useAsk } from '../state/queries.ts';

/** Classes that are named: the others are a click away. */
const NAMED = 3;

/** What the labels made before the newest run brought, in a line, and the way to the figures of all classes. */
export function LastGain({ dataset }: { dataset: DatasetSummary }) {
  const runs = useAsk('runs.list', {}, { keep: true }).data ?? [];
  const newest = runs
    .filter((run) => run.dataset === dataset.id)
    .reduce<(typeof runs)[number] | null>((last, run) => (last && last.startedAt > run.startedAt ? last : run), null);
  const gain = useAsk('runs.gain', newest && { run: newest.run }, { keep: true }).data;
  const showRun = useApp((state) => state.showRun);
  if (!newest || !gain) {
    return (
      <p className="quiet" data-testid="less-gain">
        Once another run is evaluated, this tells by class what the labels made since the last run brought.
      </p>
    );
  }
  const [before, after] = gain.mIoU;
  const most = classesByGain(gain)
    .slice(0, NAMED)
    .filter((c) => (gainOf(gain.classes[c]) ?? 0) > 0)
    .map((c) => `${dataset.classes[c]?.name} ${difference(gainOf(gain.classes[c]))}`);
  return (
    <div className="row" data-testid="less-gain">
      <span className="grow quiet">
        {newest.name}, after labels of {whole(gain.images)} {gain.images === 1 ? 'image' : 'images'}: mIoU{' '}
        {percent(before)} → {percent(after)}
        {most.length > 0 && `; ${most.join(', ')}`}
      </span>
      <Button variant="default" onClick={() => showRun(newest.run, 'gain')} data-testid="less-gain-open">
        By class
      </Button>
    </div>
  );
}
