/** What runs log, step by step. */
import type { Curve } from '../contract/window.ts';
import type { Database, WritableDatabase } from './database.ts';

export interface Metric {
  name: string;
  step: number;
  /** What is not finite is kept as such: a gap. */
  value: number;
}

/** Writes one batch in one transaction; a step that is done again replaces what it logged before. */
export function saveMetrics(database: WritableDatabase, run: string, metrics: Metric[]): void {
  const intern = database.prepare('INSERT INTO metric_names (name) VALUES (?) ON CONFLICT DO NOTHING');
  const nameId = database.prepare('SELECT id FROM metric_names WHERE name = ?').pluck();
  const insert = database.prepare('INSERT OR REPLACE INTO metrics (run, name, step, value) VALUES (?, ?, ?, ?)');
  database.transaction(() => {
    const runId = database.prepare('SELECT id FROM runs WHERE folder = ?').pluck().get(run);
    const ids = new Map<string, unknown>();
    for (const { name, step, value } of metrics) {
      if (!ids.has(name)) {
        intern.run(name);
        ids.set(name, nameId.get(name));
      }
      insert.run(runId, ids.get(name), step, Number.isFinite(value) ? value : null);
    }
  })();
}

/** Forgets what a run logged after a step: it goes on from there. */
export function dropMetricsAfter(database: WritableDatabase, run: string, step: number): void {
  database
    .prepare('DELETE FROM metrics WHERE run = (SELECT id FROM runs WHERE folder = ?) AND step > ?')
    .run(run, step);
}

/** The names of a run's curves. */
export function metricNames(database: Database, run: string): string[] {
  return database
    .prepare(
      `SELECT n.name FROM metric_names n, runs r WHERE r.folder = ?
       AND EXISTS (SELECT 1 FROM metrics m WHERE m.run = r.id AND m.name = n.id) ORDER BY n.id`,
    )
    .pluck()
    .all(run) as string[];
}

/**
 * One curve, reduced to at most `points` buckets of equal width in steps. A bucket stands at its last step and has the
 * smallest, the largest and the last value in it; a bucket without a finite value is left out.
 */
export function curve(database: Database, run: string, name: string, points: number): Curve {
  const found: Curve = { name, steps: [], min: [], max: [], last: [] };
  const ids = database
    .prepare('SELECT r.id AS run, n.id AS name FROM runs r, metric_names n WHERE r.folder = ? AND n.name = ?')
    .get(run, name) as { run: number; name: number } | undefined;
  if (!ids) return found;
  // Two lookups at the ends of the index; one query for both would read the whole curve.
  const end = (direction: 'ASC' | 'DESC') =>
    database
      .prepare(`SELECT step FROM metrics WHERE run = ? AND name = ? ORDER BY step ${direction} LIMIT 1`)
      .pluck()
      .get(ids.run, ids.name) as number | undefined;
  const first = end('ASC');
  const last = end('DESC');
  if (first === undefined || last === undefined) return found;
  // Each bucket is a range of the index: nothing is sorted, however long the curve.
  const range = 'FROM metrics WHERE run = ? AND name = ? AND step BETWEEN ? AND ?';
  const bucket = database.prepare(`SELECT min(value) AS min, max(value) AS max ${range}`);
  const lastIn = database.prepare(`SELECT step, value ${range} AND value IS NOT NULL ORDER BY step DESC LIMIT 1`);
  const width = Math.max(1, Math.ceil((last - first + 1) / points));
  for (let from = first; from <= last; from += width) {
    const bounds = [ids.run, ids.name, from, from + width - 1];
    const end = lastIn.get(...bounds) as { step: number; value: number } | undefined;
    if (!end) continue;
    const { min, max } = width === 1 ? { min: end.value, max: end.value } : (bucket.get(...bounds) as MinMax);
    found.steps.push(end.step);
    found.min.push(min);
    found.max.push(max);
    found.last.push(end.value);
  }
  return found;
}

interface MinMax {
  min: number;
  max: number;
}
