import { useEffect } from 'react';
import { create } from 'zustand';
import type { RunSummary } from '../../src-main/contract/window.ts';
import { ask } from '../host.ts';
import { askConfirm } from '../shared/confirm.ts';
import { attempt } from '../state/actions.ts';
import { useAsk } from '../state/queries.ts';

/** The run that is being trained or paused, null where there is none, and the name of the one that was so last. */
export const useLiveRun = create<{ run: RunSummary | null; last: string | null }>(() => ({ run: null, last: null }));

/** Whether a run is at work, paused ones included. */
export function isLive({ status }: Pick<RunSummary, 'status'>): boolean {
  return status === 'running' || status === 'paused' || status === 'queued';
}

/** Keeps {@link useLiveRun} up to date; called once, by the frame. */
export function useFollowRuns(project: boolean): void {
  const runs = useAsk('runs.list', project ? {} : null, { keep: true }).data;
  useEffect(() => {
    const run = (project && runs?.find(isLive)) || null;
    useLiveRun.setState((before) => ({ run, last: run?.run ?? (project ? before.last : null) }));
  }, [runs, project]);
}

/** Asks, then stops the run with a checkpoint. */
export async function stopCurrentRun(): Promise<void> {
  const { run } = useLiveRun.getState();
  if (run) await stopRun(run);
}

export async function stopRun(run: RunSummary): Promise<void> {
  const sure = await askConfirm({
    title: `Stop ${run.name}?`,
    text: `It is at step ${run.step} of ${run.steps}. A checkpoint is written first, and it can be resumed from there.`,
    verb: 'Stop',
    keep: 'Keep running',
  });
  if (sure) await attempt(() => ask('runs.stop', { run: run.run }));
}

export async function pauseOrResumeRun(): Promise<void> {
  const { run } = useLiveRun.getState();
  if (run) await attempt(() => ask(run.status === 'paused' ? 'runs.resume' : 'runs.pause', { run: run.run }));
}
