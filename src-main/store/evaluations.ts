/** Results of evaluations, of the whole split and image by image. */

import type { EvaluationSummary, ItemEvaluation } from '../contract/evaluation.ts';
import type { EvaluationResult } from '../contract/job.ts';
import type { Database, WritableDatabase } from './database.ts';

export interface EvaluationRecord {
  model: number;
  dataset: number;
  split: string;
  /** Of a run in between: the step it was evaluated at. */
  step: number | null;
  /** Whether the dense CRF came after the network. */
  crf?: boolean;
  engine: string;
  result: EvaluationResult;
}

/** Writes an evaluation with its items' results, whole or not at all. A former one of the same kind (model, split, step, CRF or not) goes. */
export function saveEvaluation(database: WritableDatabase, record: EvaluationRecord): number {
  const { model, dataset, split, step, engine, result } = record;
  const crf = Number(record.crf ?? false);
  const item = database.prepare(
    'INSERT INTO item_results (evaluation, item, miou, pixel_accuracy) VALUES (@evaluation, @item, @mIoU, @pixelAccuracy)',
  );
  const iou = database.prepare('INSERT INTO item_ious (evaluation, class, item, iou) VALUES (?, ?, ?, ?)');
  return database.transaction(() => {
    database
      .prepare('DELETE FROM evaluations WHERE model = ? AND dataset = ? AND split = ? AND step IS ? AND crf = ?')
      .run(model, dataset, split, step, crf);
    const id = database
      .prepare(
        `INSERT INTO evaluations (model, dataset, split, step, crf, miou, pixel_accuracy, mean_accuracy, ious, confusion,
           outputs, images, ms_per_image, parameters, macs, input_height, input_width, engine, at)
         VALUES (@model, @dataset, @split, @step, @crf, @mIoU, @pixelAccuracy, @meanAccuracy, @ious, @confusion,
           @outputs, @images, @msPerImage, @parameters, @macs, @height, @width, @engine, @at)`,
      )
      .run({
        model,
        dataset,
        split,
        step,
        crf,
        mIoU: result.mIoU,
        pixelAccuracy: result.pixelAccuracy,
        meanAccuracy: result.meanAccuracy,
        ious: JSON.stringify(result.ious),
        confusion: JSON.stringify(result.confusion),
        outputs: result.outputs,
        images: result.images,
        msPerImage: result.msPerImage,
        parameters: result.parameters,
        macs: result.macs,
        height: result.inputSize[0],
        width: result.inputSize[1],
        engine,
        at: new Date().toISOString(),
      }).lastInsertRowid;
    for (const { item: itemId, mIoU, pixelAccuracy, ious } of result.items) {
      item.run({ evaluation: id, item: itemId, mIoU, pixelAccuracy });
      ious.forEach((value, c) => {
        if (value !== null) iou.run(id, c, itemId, value);
      });
    }
    return Number(id);
  })();
}

/**
 * Keeps the image-by-image results of a run's best and newest evaluation only; the figures of the others stay.
 * @param model the run's
 */
export function thinEvaluations(database: WritableDatabase, model: number): void {
  database
    .prepare(
      `DELETE FROM item_results WHERE evaluation IN (
         SELECT id FROM evaluations WHERE model = @model
         AND crf = 0 AND id <> (SELECT max(id) FROM evaluations WHERE model = @model AND crf = 0)
         AND id <> (SELECT id FROM evaluations WHERE model = @model AND crf = 0 ORDER BY miou DESC, id DESC LIMIT 1))`,
    )
    .run({ model });
}

const SELECT = `SELECT e.id, e.model, json_extract(m.card, '$.name') AS modelName, r.folder AS run, e.dataset, e.split,
  e.step, e.crf, e.miou AS mIoU, e.pixel_accuracy AS pixelAccuracy, e.ious, e.ms_per_image AS msPerImage, e.parameters, e.macs,
  e.input_height AS height, e.input_width AS width, e.images, e.engine, e.at
  FROM evaluations e JOIN models m ON m.id = e.model LEFT JOIN runs r ON r.id = m.run`;

/**
 * By class, of a model's newest evaluation on a split; null where there is none. Not those with the dense CRF, and not those
 * of a run in between.
 */
export function newestIous(
  database: Database,
  model: number,
  dataset: number,
  split: string,
): (number | null)[] | null {
  const ious = database
    .prepare(
      `SELECT ious FROM evaluations WHERE model = ? AND dataset = ? AND split = ? AND step IS NULL AND crf = 0
       ORDER BY id DESC LIMIT 1`,
    )
    .pluck()
    .get(model, dataset, split) as string | undefined;
  return ious === undefined ? null : JSON.parse(ious);
}

/** Newest first. @param dataset null: of all data sets */
export function listEvaluations(database: Database, dataset: number | null): EvaluationSummary[] {
  const rows = database
    .prepare(`${SELECT} WHERE @dataset IS NULL OR e.dataset = @dataset ORDER BY e.id DESC`)
    .all({ dataset }) as Row[];
  return rows.map(({ ious, crf, height, width, ...row }) => ({
    ...row,
    crf: crf === 1,
    ious: JSON.parse(ious),
    inputSize: [height, width],
  }));
}

type Row = Omit<EvaluationSummary, 'ious' | 'inputSize' | 'crf'> & {
  ious: string;
  crf: number;
  height: number;
  width: number;
};

/** Every result there is of one item, newest first. */
export function evaluationsOfItem(database: Database, item: number): ItemEvaluation[] {
  const rows = database
    .prepare(
      `SELECT r.evaluation, e.model, e.crf, r.miou AS mIoU, r.pixel_accuracy AS pixelAccuracy,
         json_array_length(e.ious) AS classes
       FROM item_results r JOIN evaluations e ON e.id = r.evaluation WHERE r.item = ? ORDER BY e.id DESC`,
    )
    .all(item) as (Omit<ItemEvaluation, 'ious' | 'crf'> & { classes: number; crf: number })[];
  const of = database.prepare('SELECT class, iou FROM item_ious WHERE evaluation = ? AND item = ?');
  return rows.map(({ classes, crf, ...row }) => {
    const ious = new Array<number | null>(classes).fill(null);
    for (const one of of.all(row.evaluation, item) as { class: number; iou: number }[]) ious[one.class] = one.iou;
    return { ...row, crf: crf === 1, ious };
  });
}
