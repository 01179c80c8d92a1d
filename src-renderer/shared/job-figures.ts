import type { JobSummary } from '../../src-main/contract/window.ts';
import { duration, rate, whole } from './format.ts';

/** How far a job is, how fast it goes on and when it is done, as far as that is known. Pure. */
export function jobFigures(job: JobSummary): string {
  const working = job.status === 'running' || job.status === 'paused';
  const unit = job.kind === 'train' || job.kind === 'project' ? 'steps' : job.kind === 'engine' ? '' : 'images';
  return [
    job.phase || job.status,
    job.total > 0 && `${whole(job.done)} of ${whole(job.total)}`,
    job.rate !== null && working && `${rate(job.rate)} ${unit}/s`,
    job.secondsLeft !== null && working && `${duration(job.secondsLeft)} left`,
  ]
    .filter(Boolean)
    .join(' · ');
}
