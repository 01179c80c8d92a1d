/** Models of a project: imported from files, or made by runs. */
import type { ModelCard, ModelSummary } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import type { ModelSpeed } from '../contract/speed.ts';
import type { Database, WritableDatabase } from './database.ts';

export interface ModelRecord {
  /** Its weights file, relative to the project's folder, with forward slashes. */
  file: string;
  card: ModelCard;
  /** The run that made it, by its folder's name. */
  run: string | null;
  parameters: number;
  macs: number;
  inputSize: [number, number];
}

interface Row {
  id: number;
  file: string;
  card: string;
  run: string | null;
  parameters: number;
  macs: number;
  height: number;
  width: number;
  addedAt: string;
  speed: string | null;
}

const SELECT = `SELECT m.id, m.file, m.card, r.folder AS run, m.parameters, m.macs,
  m.input_height AS height, m.input_width AS width, m.added_at AS addedAt, m.speed
  FROM models m LEFT JOIN runs r ON r.id = m.run`;

/** Adds a model, or renews that of the same run or with the same file, which keeps its number. */
export function saveModel(database: WritableDatabase, record: ModelRecord): number {
  return database
    .prepare(
      `INSERT INTO models (file, card, run, parameters, macs, input_height, input_width, added_at)
       VALUES (@file, @card, (SELECT id FROM runs WHERE folder = @run), @parameters, @macs, @height, @width, @at)
       ON CONFLICT (run) DO UPDATE SET file = excluded.file, card = excluded.card
       ON CONFLICT (file) DO UPDATE SET card = excluded.card
       RETURNING id`,
    )
    .pluck()
    .get({
      file: record.file,
      card: JSON.stringify(record.card),
      run: record.run,
      parameters: record.parameters,
      macs: record.macs,
      height: record.inputSize[0],
      width: record.inputSize[1],
      at: new Date().toISOString(),
    }) as number;
}

/** Keeps how fast a model is. */
export function saveSpeed(database: Database, model: number, speed: ModelSpeed): void {
  database.prepare('UPDATE models SET speed = ? WHERE id = ?').run(JSON.stringify(speed), model);
}

export function listModels(database: Database): ModelSummary[] {
  return (database.prepare(`${SELECT} ORDER BY m.id`).all() as Row[]).map(summary);
}

/** @throws Problem where there is none of that number */
export function getModel(database: Database, id: number): ModelSummary & { file: string } {
  const row = database.prepare(`${SELECT} WHERE m.id = ?`).get(id) as Row | undefined;
  if (!row) throw new Problem(`There is no model ${id} in this project.`, { next: 'Look at the list again.' });
  return { ...summary(row), file: row.file };
}

/** An imported model by the hash of the file it came from. */
export function findImportedModel(database: Database, sha256: string): ModelSummary | null {
  const row = database.prepare(`${SELECT} WHERE m.run IS NULL AND json_extract(m.card, '$.sha256') = ?`).get(sha256) as
    | Row
    | undefined;
  return row ? summary(row) : null;
}

function summary(row: Row): ModelSummary {
  const { id, run, parameters, macs, addedAt } = row;
  const inputSize: [number, number] = [row.height, row.width];
  const speed = row.speed === null ? null : JSON.parse(row.speed);
  return { id, card: JSON.parse(row.card), run, parameters, macs, inputSize, addedAt, speed };
}
