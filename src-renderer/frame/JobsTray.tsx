import { ActionIcon, Popover, Progress, UnstyledButton } from '@mantine/core';
import { IconX } from '@tabler/icons-react';
import type { JobSummary } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { jobFigures } from '../shared/job-figures.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';
import './tray.css';

/** All long work: what, how far, how fast, when done, stop. */
export function JobsTray() {
  const jobs = useAsk('jobs.list', {}, { keep: true }).data ?? [];
  const working = jobs.filter(({ status }) => status === 'running' || status === 'paused');
  const failed = jobs.filter(({ status }) => status === 'failed').length;
  const first = working[0];
  return (
    <Popover position="top-end" shadow="md" width={380}>
      <Popover.Target>
        <UnstyledButton fz={12} className="row" data-testid="jobs">
          {first && <Progress value={share(first)} w={80} size={6} aria-label={`${first.title}, progress`} />}
          <span>jobs {working.length}</span>
          {failed > 0 && <span className="bad">{failed} failed</span>}
        </UnstyledButton>
      </Popover.Target>
      <Popover.Dropdown p={0} data-testid="jobs-list">
        <div aria-live="polite" className="tray">
          {jobs.length === 0 && <p className="quiet tray-none">Nothing is being worked on.</p>}
          {jobs.map((job) => (
            <JobRow key={job.id} job={job} />
          ))}
        </div>
      </Popover.Dropdown>
    </Popover>
  );
}

function share(job: JobSummary): number {
  return job.total > 0 ? Math.min(100, (100 * job.done) / job.total) : 0;
}

function JobRow({ job }: { job: JobSummary }) {
  const working = job.status === 'running' || job.status === 'paused';
  return (
    <div className="tray-job" data-status={job.status}>
      <div className="row">
        <span className="ellipsis grow">{job.title}</span>
        {working && (
          <ActionIcon
            size={20}
            aria-label={`Stop ${job.title}`}
            onClick={() => attempt(() => ask('jobs.cancel', { job: job.id }))}
          >
            <IconX size={14} />
          </ActionIcon>
        )}
      </div>
      {working && <Progress value={share(job)} size={4} aria-label={job.title} />}
      <div className={job.status === 'failed' ? 'bad' : 'quiet'}>
        {job.status === 'failed' ? job.message : jobFigures(job)}
      </div>
    </div>
  );
}
