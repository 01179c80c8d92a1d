/** The lines of the table of runs: runs of their own, and sweeps with their runs under them. Pure. */
import type { SweepSummary } from '../../src-main/contract/sweep.ts';
import type { RunSummary } from '../../src-main/contract/window.ts';

export interface Entry {
  id: string;
  /** A run's; of a sweep that of its best run, or its newest, where there is one. */
  run: RunSummary | null;
  sweep: SweepSummary | null;
  under: Entry[];
}

export const sweepId = (sweep: number) => `sweep ${sweep}`;

/** @param runs newest first */
export function entriesOf(runs: readonly RunSummary[], sweeps: readonly SweepSummary[]): Entry[] {
  const known = new Set(sweeps.map(({ sweep }) => sweep));
  const alone = runs.filter(({ sweep }) => sweep === null || !known.has(sweep));
  return [
    ...alone.map((run) => ({ id: run.run, run, sweep: null, under: [] })),
    ...sweeps.map((sweep) => {
      const under = runs
        .filter((run) => run.sweep === sweep.sweep)
        .map((run) => ({ id: run.run, run, sweep: null, under: [] }));
      const best = sweep.trials.find(({ number }) => number === sweep.best)?.run;
      const run = under.find(({ id }) => id === best)?.run ?? under[0]?.run ?? null;
      return { id: sweepId(sweep.sweep), run, sweep, under };
    }),
  ];
}

/** The highest mIoU of a sweep so far. */
export function bestMIoU({ trials, best }: SweepSummary): number | null {
  return trials.find(({ number }) => number === best)?.mIoU ?? null;
}
