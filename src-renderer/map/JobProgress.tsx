import { Button, Progress } from '@mantine/core';
import type { JobSummary } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { duration, rate, whole } from '../shared/format.ts';
import { attempt } from '../state/actions.ts';

/** How far a job is that the view waits for, and the way to stop it. */
export function JobProgress({ job, unit }: { job: JobSummary; unit: string }) {
  const { title, phase, done, total, secondsLeft } = job;
  const figures = [
    phase,
    total > 0 && `${whole(done)} of ${whole(total)}`,
    job.rate !== null && `${rate(job.rate)} ${unit}/s`,
    secondsLeft !== null && `${duration(secondsLeft)} left`,
  ].filter(Boolean);
  return (
    <div className="empty" data-testid="map-progress">
      <h2>{title}</h2>
      <Progress
        className="map-progress"
        value={total > 0 ? (100 * done) / total : 100}
        animated={total === 0}
        aria-label={title}
      />
      <p className="quiet" role="status">
        {figures.join(' · ')}
      </p>
      <Button
        variant="default"
        onClick={() => attempt(() => ask('jobs.cancel', { job: job.id }))}
        data-testid="map-stop"
      >
        Stop
      </Button>
    </div>
  );
}
