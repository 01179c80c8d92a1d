/** Runs of a project and what happened in them. */
import { Problem } from '../contract/problem.ts';
import type { Recipe } from '../contract/recipe.ts';
import type { RunDetail, RunStatus, RunSummary } from '../contract/window.ts';
import type { Database, WritableDatabase } from './database.ts';
import { metricNames } from './metrics.ts';

export interface NewRun {
  recipe: Recipe;
  dataset: number;
  /** The data set that it adapts to. */
  target?: number | null;
  teacher: number | null;
  /** The teachers beside it. */
  others?: readonly number[];
  /** By class the place of the teacher that it is taught by; null: by all. */
  best?: readonly (number | null)[] | null;
  parameters: number;
  codeVersion: string;
  dataHash: string;
  machine: string;
  memoryEstimate: number | null;
}

/** Columns that change while a run goes on, by the names of the contract. */
const COLUMNS = {
  status: 'status',
  step: 'step',
  resumedFrom: 'resumed_from',
  lastCheckpoint: 'last_checkpoint',
  mIoU: 'miou',
  bestMIoU: 'best_miou',
  loss: 'loss',
  learningRate: 'learning_rate',
  imagesPerSecond: 'images_per_second',
  engine: 'engine',
  weightsSha256: 'weights_sha256',
  memoryPeak: 'memory_peak',
  finishedAt: 'finished_at',
  message: 'message',
} as const;

export interface RunChange {
  status?: RunStatus;
  step?: number;
  resumedFrom?: number;
  lastCheckpoint?: number | null;
  mIoU?: number | null;
  bestMIoU?: number | null;
  loss?: number | null;
  learningRate?: number | null;
  imagesPerSecond?: number | null;
  engine?: string;
  weightsSha256?: string;
  memoryPeak?: number;
  finishedAt?: string | null;
  message?: string | null;
}

/**
 * Adds a queued run.
 * @returns its folder's name: the recipe's name, made plain, and the first number that is free
 */
export function addRun(database: WritableDatabase, run: NewRun): string {
  const plain = run.recipe.name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .slice(0, 40);
  const taken = new Set(database.prepare('SELECT folder FROM runs').pluck().all());
  let n = 1;
  while (taken.has(`${plain || 'run'}-${n}`)) n += 1;
  const folder = `${plain || 'run'}-${n}`;
  const { lastInsertRowid: id } = database
    .prepare(
      `INSERT INTO runs (folder, name, status, recipe, dataset, target, teacher, parameters, steps, code_version, data_hash,
         machine, memory_estimate, best_teachers, started_at, label_pixels)
       VALUES (@folder, @name, 'queued', @recipe, @dataset, @target, @teacher, @parameters, @steps, @codeVersion, @dataHash,
         @machine, @memoryEstimate, @best, @at, (SELECT json_extract(totals, '$.pixels') FROM datasets WHERE id = @dataset))`,
    )
    .run({
      folder,
      name: n === 1 ? run.recipe.name : `${run.recipe.name} ${n}`,
      recipe: JSON.stringify(run.recipe),
      dataset: run.dataset,
      target: run.target ?? null,
      teacher: run.teacher,
      parameters: run.parameters,
      steps: run.recipe.schedule.steps,
      codeVersion: run.codeVersion,
      dataHash: run.dataHash,
      machine: run.machine,
      memoryEstimate: run.memoryEstimate,
      best: run.best ? JSON.stringify(run.best) : null,
      at: new Date().toISOString(),
    });
  const other = database.prepare('INSERT INTO run_teachers (run, place, model) VALUES (?, ?, ?)');
  for (const [k, model] of (run.others ?? []).entries()) other.run(id, k + 1, model);
  return folder;
}

export function changeRun(database: WritableDatabase, run: string, change: RunChange): void {
  const names = (Object.keys(change) as (keyof RunChange)[]).filter((name) => change[name] !== undefined);
  if (names.length === 0) return;
  const set = names.map((name) => `${COLUMNS[name]} = @${name}`).join(', ');
  const finite = Object.fromEntries(
    names.map((name) => {
      const value = change[name];
      return [name, typeof value === 'number' && !Number.isFinite(value) ? null : value];
    }),
  );
  database.prepare(`UPDATE runs SET ${set} WHERE folder = @run`).run({ ...finite, run });
}

/** Takes back a run whose folder could not be made. */
export function dropRun(database: WritableDatabase, run: string): void {
  database.prepare('DELETE FROM runs WHERE folder = ?').run(run);
}

/**
 * Runs that were going when their host died: what had a worker is broken, what waited is stopped.
 * @returns their names
 */
export function breakLostRuns(database: WritableDatabase): string[] {
  return database
    .prepare(
      `UPDATE runs SET
         message = CASE status WHEN 'queued' THEN 'It had not begun when Stillroom ended.'
           ELSE 'Stillroom ended while it was running. Resume it: it goes on from its last checkpoint.' END,
         status = CASE status WHEN 'queued' THEN 'stopped' ELSE 'broken' END
       WHERE status IN ('queued', 'running', 'paused') RETURNING folder`,
    )
    .pluck()
    .all() as string[];
}

export function addEvent(
  database: WritableDatabase,
  run: string,
  event: { level: 'info' | 'warning' | 'error'; text: string },
): void {
  database
    .prepare('INSERT INTO events (run, at, level, text) SELECT id, @at, @level, @text FROM runs WHERE folder = @run')
    .run({ ...event, run, at: new Date().toISOString() });
}

/** Steps after a start whose waiting says nothing: the loader's threads have only begun to fetch ahead. */
const WARM_UP = 5;

const SELECT = `SELECT r.folder AS run, r.name, s.sweep, r.status, r.step, r.steps, r.dataset, d.name AS datasetName,
  r.target, g.name AS targetName, r.teacher,
  json_extract(t.card, '$.name') AS teacherName, r.best_teachers AS bestTeachers,
  (SELECT json_group_array(json_object('id', id, 'name', name)) FROM (SELECT o.model AS id,
     json_extract(c.card, '$.name') AS name FROM run_teachers o JOIN models c ON c.id = o.model
     WHERE o.run = r.id ORDER BY o.place)) AS otherTeachers, m.id AS model, r.recipe, r.parameters, r.miou AS mIoU,
  r.best_miou AS bestMIoU, r.loss, r.learning_rate AS learningRate, r.images_per_second AS imagesPerSecond,
  r.last_checkpoint AS lastCheckpoint, r.engine, r.started_at AS startedAt, r.finished_at AS finishedAt, r.message,
  r.resumed_from AS resumedFrom, r.weights_sha256 AS weightsSha256, r.code_version AS codeVersion,
  r.data_hash AS dataHash, r.machine, r.memory_estimate AS memoryEstimate, r.memory_peak AS memoryPeak,
  (SELECT avg(value) FROM (SELECT w.value FROM metrics w WHERE w.run = r.id
     AND w.name = (SELECT id FROM metric_names WHERE name = 'wait')
     AND w.step > r.resumed_from + ${WARM_UP} ORDER BY w.step DESC LIMIT 20)) AS wait
  FROM runs r JOIN datasets d ON d.id = r.dataset LEFT JOIN datasets g ON g.id = r.target LEFT JOIN models t ON t.id = r.teacher
  LEFT JOIN models m ON m.run = r.id LEFT JOIN sweep_trials s ON s.run = r.id`;

interface Row
  extends Omit<
    RunDetail,
    | 'recipe'
    | 'network'
    | 'methods'
    | 'secondsLeft'
    | 'folder'
    | 'metrics'
    | 'events'
    | 'otherTeachers'
    | 'bestTeachers'
  > {
  recipe: string;
  otherTeachers: string;
  bestTeachers: string | null;
}

/** Newest first. */
export function listRuns(database: Database): RunSummary[] {
  return (database.prepare(`${SELECT} ORDER BY r.id DESC`).all() as Row[]).map((row) => summary(row));
}

/** @throws Problem where there is none of that name */
export function getRun(database: Database, run: string): RunSummary {
  return summary(find(database, run));
}

/** All of a run but its folder's place. @throws Problem where there is none of that name */
export function getRunDetail(database: Database, run: string): Omit<RunDetail, 'folder'> {
  const row = find(database, run);
  const { resumedFrom, weightsSha256, codeVersion, dataHash, machine } = row;
  const events = database
    .prepare('SELECT at, level, text FROM events WHERE run = (SELECT id FROM runs WHERE folder = ?) ORDER BY id')
    .all(run) as RunDetail['events'];
  const recipe = JSON.parse(row.recipe) as Recipe;
  const metrics = metricNames(database, run);
  return { ...summary(row), recipe, resumedFrom, weightsSha256, codeVersion, dataHash, machine, metrics, events };
}

function find(database: Database, run: string): Row {
  const row = database.prepare(`${SELECT} WHERE r.folder = ?`).get(run) as Row | undefined;
  if (row) return row;
  const known = database.prepare('SELECT folder FROM runs ORDER BY id DESC LIMIT 5').pluck().all().join(', ');
  throw new Problem(`There is no run “${run}” in this project.`, {
    next: known ? `The newest are: ${known}.` : 'It has no runs yet.',
  });
}

function summary(row: Row): RunSummary {
  const { recipe: text, resumedFrom, weightsSha256, codeVersion, dataHash, machine, ...rest } = row;
  const recipe = JSON.parse(text) as Recipe;
  const { id, options } = recipe.student.network;
  const network = [id, ...Object.entries(options).map(([name, value]) => `${name}=${value}`)].join(' ');
  const rate = row.status === 'running' ? row.imagesPerSecond : null;
  return {
    ...rest,
    otherTeachers: JSON.parse(rest.otherTeachers),
    bestTeachers: rest.bestTeachers === null ? null : JSON.parse(rest.bestTeachers),
    network,
    methods: recipe.methods.map((term) => term.method),
    // Recipes of before there was one lack it.
    average: recipe.student.average ?? null,
    secondsLeft: rate ? ((row.steps - row.step) * recipe.batch) / rate : null,
  };
}
