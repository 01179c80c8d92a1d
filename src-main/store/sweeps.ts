/** Sweeps of a project and their trials. */
import { Problem } from '../contract/problem.ts';
import type { Sweep, SweepSummary, SweepTrial } from '../contract/sweep.ts';
import type { Database, WritableDatabase } from './database.ts';

/** Adds a sweep that has begun. @returns its number */
export function addSweep(
  database: WritableDatabase,
  sweep: Sweep,
  { runs, split }: Pick<SweepSummary, 'runs' | 'split'>,
): number {
  const added = database
    .prepare(`INSERT INTO sweeps (definition, runs, split, status, started_at) VALUES (?, ?, ?, 'running', ?)`)
    .run(JSON.stringify(sweep), runs, split, new Date().toISOString());
  return Number(added.lastInsertRowid);
}

/** @param message why; null where there is nothing to say */
export function changeSweep(
  database: WritableDatabase,
  sweep: number,
  status: SweepSummary['status'],
  message: string | null = null,
): void {
  const finishedAt = status === 'running' ? null : new Date().toISOString();
  database
    .prepare('UPDATE sweeps SET status = ?, message = ?, finished_at = ? WHERE id = ?')
    .run(status, message, finishedAt, sweep);
}

/** Sweeps that were going when their host died are stopped. @param message why */
export function stopLostSweeps(database: WritableDatabase, message: string): void {
  const at = new Date().toISOString();
  database
    .prepare(`UPDATE sweeps SET status = 'stopped', message = ?, finished_at = ? WHERE status = 'running'`)
    .run(message, at);
}

export function addTrial(
  database: WritableDatabase,
  sweep: number,
  { number, values }: Pick<SweepTrial, 'number' | 'values'>,
): void {
  database
    .prepare(`INSERT INTO sweep_trials (sweep, number, field_values, state) VALUES (?, ?, ?, 'going')`)
    .run(sweep, number, JSON.stringify(values));
}

/** @param run its folder's name */
export function setTrialRun(database: WritableDatabase, sweep: number, number: number, run: string): void {
  database
    .prepare('UPDATE sweep_trials SET run = (SELECT id FROM runs WHERE folder = ?) WHERE sweep = ? AND number = ?')
    .run(run, sweep, number);
}

export function endTrial(
  database: WritableDatabase,
  sweep: number,
  number: number,
  { state, message }: Pick<SweepTrial, 'state' | 'message'>,
): void {
  database
    .prepare('UPDATE sweep_trials SET state = ?, message = ? WHERE sweep = ? AND number = ?')
    .run(state, message, sweep, number);
}

const SELECT = `SELECT s.id AS sweep, s.definition, s.runs, s.split, s.status, s.started_at AS startedAt,
  s.finished_at AS finishedAt, s.message, d.name AS datasetName
  FROM sweeps s JOIN datasets d ON d.id = json_extract(s.definition, '$.base.dataset')`;

type Row = Pick<
  SweepSummary,
  'sweep' | 'runs' | 'split' | 'status' | 'startedAt' | 'finishedAt' | 'message' | 'datasetName'
> & {
  definition: string;
};

/** Newest first. */
export function listSweeps(database: Database): SweepSummary[] {
  return (database.prepare(`${SELECT} ORDER BY s.id DESC`).all() as Row[]).map((row) => summary(database, row));
}

/** A sweep as it was asked for, and what has become of it. @throws Problem where there is none of that number */
export function getSweep(database: Database, sweep: number): { definition: Sweep; summary: SweepSummary } {
  const row = database.prepare(`${SELECT} WHERE s.id = ?`).get(sweep) as Row | undefined;
  if (row) return { definition: JSON.parse(row.definition) as Sweep, summary: summary(database, row) };
  throw new Problem(`There is no sweep ${sweep} in this project.`, { next: 'See Runs, or the number it was given.' });
}

function summary(database: Database, { definition, ...row }: Row): SweepSummary {
  const { base, search, fields } = JSON.parse(definition) as Sweep;
  const { name } = base.recipe;
  const trials = trialsOf(database, row.sweep);
  const best = trials.reduce<SweepTrial | null>(
    (found, trial) => (trial.mIoU !== null && trial.mIoU > (found?.mIoU ?? -1) ? trial : found),
    null,
  );
  return { ...row, name, search, fields, trials, best: best?.number ?? null };
}

function trialsOf(database: Database, sweep: number): SweepTrial[] {
  const rows = database
    .prepare(
      `SELECT t.number, t.field_values AS "values", t.state, r.folder AS run, t.message,
         CASE t.state WHEN 'done' THEN r.miou END AS mIoU
       FROM sweep_trials t LEFT JOIN runs r ON r.id = t.run WHERE t.sweep = ? ORDER BY t.number`,
    )
    .all(sweep) as (Omit<SweepTrial, 'values'> & { values: string })[];
  return rows.map((row) => ({ ...row, values: JSON.parse(row.values) }));
}
