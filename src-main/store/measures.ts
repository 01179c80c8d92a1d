/** Figures of items other than an evaluation's results: how much two models differ on each, how unsure one is. */
import type { MeasureSummary } from '../contract/item-query.ts';
import type { ItemValue } from '../contract/job.ts';
import type { Database, WritableDatabase } from './database.ts';

export interface MeasureRecord {
  kind: MeasureSummary['kind'];
  rare: boolean;
  dataset: number;
  split: string | null;
  model: number;
  other: number | null;
  engine: string;
  values: ItemValue[];
}

/** Writes a measure, whole or not at all. A former one of the same kind, models and split goes. */
export function saveMeasure(database: WritableDatabase, record: MeasureRecord): number {
  const { values, rare, ...rest } = record;
  const about = { ...rest, rare: rare ? 1 : 0 };
  const row = database.prepare('INSERT INTO item_measures (measure, item, value) VALUES (?, ?, ?)');
  return database.transaction(() => {
    database
      .prepare(
        `DELETE FROM measures WHERE kind = @kind AND rare = @rare AND dataset = @dataset AND split IS @split
         AND (model IS @model AND other IS @other OR model IS @other AND other IS @model)`,
      )
      .run(about);
    const mean = values.length === 0 ? null : values.reduce((sum, { value }) => sum + value, 0) / values.length;
    const { lastInsertRowid } = database
      .prepare(
        `INSERT INTO measures (kind, rare, dataset, split, model, other, mean, items, engine, at)
         VALUES (@kind, @rare, @dataset, @split, @model, @other, @mean, @items, @engine, @at)`,
      )
      .run({ ...about, mean, items: values.length, at: new Date().toISOString() });
    for (const { item, value } of values) row.run(lastInsertRowid, item, value);
    return Number(lastInsertRowid);
  })();
}

/** Newest first. */
export function listMeasures(database: Database, dataset: number): MeasureSummary[] {
  const rows = database
    .prepare(
      `SELECT s.id, s.kind, s.rare, s.dataset, s.split, s.model, json_extract(m.card, '$.name') AS modelName, s.other,
         json_extract(o.card, '$.name') AS otherName, s.items, s.mean, s.at
       FROM measures s JOIN models m ON m.id = s.model LEFT JOIN models o ON o.id = s.other
       WHERE s.dataset = ? ORDER BY s.id DESC`,
    )
    .all(dataset) as (Omit<MeasureSummary, 'rare'> & { rare: number })[];
  return rows.map((row) => ({ ...row, rare: row.rare === 1 }));
}
