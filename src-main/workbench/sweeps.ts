/** Sweeps: their runs are started one after another, as ordinary runs, and what to try next follows from those before. */
import { describe, Problem } from '../contract/problem.ts';
import type { RunStart } from '../contract/recipe.ts';
import { recipe as schema } from '../contract/recipe.ts';
import { setField } from '../contract/recipe-fields.ts';
import { endedTrials, type Space, type Sweep, type SweepTrial, type Value } from '../contract/sweep.ts';
import { gridValues } from '../search/space.ts';
import { plannedRuns, suggest } from '../search/suggest.ts';
import type { WritableDatabase } from '../store/database.ts';
import { getDataset } from '../store/datasets.ts';
import { getRun } from '../store/runs.ts';
import {
  addSweep,
  addTrial,
  changeSweep,
  endTrial,
  getSweep,
  listSweeps,
  setTrialRun,
  stopLostSweeps,
} from '../store/sweeps.ts';
import { PATIENCE_MS } from '../store/writer.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Job } from './jobs.ts';
import type { Keeper } from './projects.ts';
import { bindingOf } from './recipes.ts';
import { evaluatedOn, requireTarget } from './run-data.ts';
import type { Runs } from './runs.ts';

/** After so many runs that failed, and none that did not, a sweep is given up: the others would most likely fail too. */
const FAILED_AT_FIRST = 3;

interface Going {
  job: Job;
  stopping: boolean;
  /** The run that is at work or waits. */
  run: string | null;
}

export class Sweeps implements Keeper {
  private readonly context: Context;
  private readonly catalogue: Catalogue;
  private readonly runs: Runs;
  private readonly going = new Map<number, Going>();

  constructor(context: Context, catalogue: Catalogue, runs: Runs) {
    this.context = context;
    this.catalogue = catalogue;
    this.runs = runs;
  }

  /**
   * Records a sweep and begins it.
   * @returns its number
   * @throws Problem where its runs could not be compared, or a field cannot have what it is to have; nothing is then recorded
   */
  async start(sweep: Sweep): Promise<number> {
    const { project } = this.context;
    const runs = plannedRuns(sweep);
    const split = this.comparedOn(sweep.base);
    await this.requireFields(sweep);
    const id = await project.write((database) => addSweep(database, sweep, { runs, split }));
    this.go(id);
    return id;
  }

  /** @throws Problem where it has all its runs */
  async resume(id: number): Promise<void> {
    const { summary } = getSweep(this.context.project.database, id);
    if (summary.status === 'finished') throw new Problem('The sweep has finished.', { next: 'Start a new one.' });
    if (this.going.has(id)) return;
    this.go(id);
    await this.write((database) => changeSweep(database, id, 'running'));
    this.changed(id);
  }

  /** Ends a sweep after a checkpoint of the run that is at work; one that has ended is left as it is. */
  async stop(id: number): Promise<void> {
    const going = this.going.get(id);
    if (!going) return;
    going.stopping = true;
    going.job.update({ phase: 'Stopping' });
    if (going.run !== null) await this.runs.stop(going.run);
  }

  opened(): Promise<void> {
    const message = 'Stillroom ended while the sweep was going. Continue it: it goes on with the run that was at work.';
    return this.context.project.write((database) => stopLostSweeps(database, message));
  }

  async closing(options: { stopRuns: boolean }): Promise<void> {
    const all = [...this.going];
    if (options.stopRuns) await Promise.all(all.map(([id]) => this.stop(id)));
    await Promise.all(all.map(([, { job }]) => job.ended.catch(() => {})));
  }

  /** What runs are compared on, in words. @throws Problem where they are not evaluated */
  private comparedOn({ recipe, dataset, target }: RunStart): string {
    const { database } = this.context.project;
    const on = evaluatedOn(database, { recipe, dataset, target: requireTarget(recipe, target) });
    if (on) return on.dataset === dataset ? on.split : `${on.split} of ${getDataset(database, on.dataset).name}`;
    throw new Problem('The runs of a sweep are compared by their evaluation, and the recipe has none.', {
      where: 'data.evaluationSplit',
      next: 'Choose a split to evaluate on.',
    });
  }

  /** Each end of each range, and each choice, must be one that the recipe may have. */
  private async requireFields({ base, fields }: Sweep): Promise<void> {
    const binding = bindingOf(this.context.project, base);
    await this.catalogue.require(base.recipe, binding);
    for (const { field, space } of fields) {
      for (const value of endsOf(space)) {
        const [first] = await this.catalogue.check(recipeWith(base, [field], [value]), binding);
        if (first) {
          throw new Problem(`${field} cannot be ${JSON.stringify(value)}: ${first.message}`, {
            where: first.field,
            next: 'Change what the sweep goes over.',
          });
        }
      }
    }
  }

  private go(id: number): void {
    const { summary } = getSweep(this.context.project.database, id);
    const { name, runs } = summary;
    const what = { kind: 'sweep' as const, title: `Sweep of ${name}`, sweep: id, total: runs };
    const job = this.context.jobs.start(what, () => this.stop(id));
    job.update({ done: endedTrials(summary) });
    const going: Going = { job, stopping: false, run: null };
    this.going.set(id, going);
    this.changed(id);
    void this.drive(id, going);
  }

  private async drive(id: number, going: Going): Promise<void> {
    let failure: unknown = null;
    let finished = false;
    try {
      while (!finished && !going.stopping) finished = await this.next(id, going);
      const status = finished ? 'finished' : 'stopped';
      await this.write((database) => changeSweep(database, id, status));
    } catch (error) {
      failure = error;
      // What keeps this from being noted is most likely what failed
      await this.write((database) => changeSweep(database, id, 'failed', describe(error))).catch(() => {});
    }
    this.going.delete(id);
    this.changed(id);
    if (failure === null) going.job.finish(finished ? 'Done' : 'Stopped');
    else going.job.fail(failure);
  }

  /** One step on the way: another trial is thought of, or the one that is open is done. @returns whether that was all */
  private async next(id: number, going: Going): Promise<boolean> {
    const { definition, summary } = getSweep(this.context.project.database, id);
    const { trials, runs } = summary;
    const open = trials.find(({ state }) => state === 'going');
    const done = endedTrials(summary);
    going.job.update({ done });
    if (!open && done >= runs) return true;
    going.job.update({ phase: `Run ${done + 1} of ${runs}` });
    if (open) await this.run(id, going, definition, open);
    else {
      const values = await suggest(definition, trials, (phase) => going.job.update({ phase }));
      await this.write((database) => addTrial(database, id, { number: done + 1, values }));
    }
    this.changed(id);
    return false;
  }

  private async run(id: number, going: Going, definition: Sweep, trial: SweepTrial): Promise<void> {
    const end = await this.train(id, going, definition, trial).catch((error: unknown) => {
      if (!(error instanceof Problem)) throw error;
      return { state: 'failed' as const, message: error.line };
    });
    if (!end) return;
    await this.write((database) => endTrial(database, id, trial.number, end));
    const { trials } = getSweep(this.context.project.database, id).summary;
    if (trials.length < FAILED_AT_FIRST || trials.some(({ state }) => state !== 'failed')) return;
    throw new Problem(`All ${trials.length} runs so far failed, the last one so: ${end.message}`, {
      next: 'Change what the sweep goes over, or continue it all the same.',
    });
  }

  /** @returns what has become of a trial's run; null where it was stopped with the sweep */
  private async train(
    id: number,
    going: Going,
    { base, fields }: Sweep,
    { number, values, run: before }: SweepTrial,
  ): Promise<Pick<SweepTrial, 'state' | 'message'> | null> {
    const { database } = this.context.project;
    const paths = fields.map(({ field }) => field);
    let run = before;
    if (run === null) {
      const recipe = schema.parse(recipeWith(base, paths, values, `${base.recipe.name} ${number}`));
      run = await this.runs.start({ ...base, recipe }, (database, name) => setTrialRun(database, id, number, name));
    } else if (getRun(database, run).status !== 'finished') await this.runs.resume(run);
    going.run = run;
    this.changed(id);
    // It may have been asked for before there was a run
    if (going.stopping) await this.runs.stop(run);
    await this.runs.ended(run);
    going.run = null;
    const { status, message, mIoU } = getRun(database, run);
    if (status === 'finished') {
      if (mIoU !== null) return { state: 'done', message: null };
      return { state: 'failed', message: 'Its evaluation has no mIoU.' };
    }
    if (going.stopping) return null;
    return { state: 'failed', message: message ?? 'It was stopped before its last step.' };
  }

  private write(work: (database: WritableDatabase) => void): Promise<void> {
    return this.context.project.write(work, PATIENCE_MS.job);
  }

  private changed(sweep: number): void {
    this.context.tell('sweeps.changed', { sweep });
  }
}

/** The base's recipe with values in some fields, not checked. */
function recipeWith(base: RunStart, fields: readonly string[], values: readonly Value[], name?: string): unknown {
  const recipe = structuredClone(base.recipe);
  if (name !== undefined) recipe.name = name;
  for (const [i, field] of fields.entries()) setField(recipe, field, values[i]);
  return recipe;
}

function endsOf(space: Space): Value[] {
  return space.kind === 'choices' ? gridValues(space) : [space.from, space.to];
}

export function sweepHandlers(context: Context, sweeps: Sweeps): HandlersOf<'sweeps'> {
  return {
    'sweeps.start': async (sweep) => ({ sweep: await sweeps.start(sweep) }),
    'sweeps.list': () => listSweeps(context.project.database),
    'sweeps.stop': async ({ sweep }) => {
      await sweeps.stop(sweep);
      return null;
    },
    'sweeps.resume': async ({ sweep }) => {
      await sweeps.resume(sweep);
      return null;
    },
  };
}
