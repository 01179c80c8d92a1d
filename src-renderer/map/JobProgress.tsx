import { Button, Progress } from '@mantine/core';
import type { JobSummary } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { jobFigures } from '../shared/job-figures.ts';
import { attempt } from '../state/actions.ts';

/** How far a job is that the view waits for, and the way to stop it. */
export function JobProgress({ job }: { job: JobSummary }) {
  const { title, done, total } = job;
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
        {jobFigures(job)}
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
