/** What labels made between two runs brought. */
import type { RunGain } from '../contract/annotation.ts';
import type { Recipe } from '../contract/recipe.ts';
import type { Database } from './database.ts';
import { getRun } from './runs.ts';

interface RunRow {
  id: number;
  run: string;
  dataset: number;
  recipe: string;
  pixels: string | null;
  startedAt: string;
}

interface ResultRow {
  mIoU: number | null;
  ious: string;
  at: string;
}

const RUNS = `SELECT id, folder AS run, dataset, recipe, label_pixels AS pixels, started_at AS startedAt FROM runs`;

/**
 * A run's newest result on its evaluation split, beside that of the newest run before it on the same data set that was
 * evaluated on the same split; null where one of the two is not there.
 * @throws Problem where there is no such run
 */
export function runGain(database: Database, run: string): RunGain | null {
  getRun(database, run);
  const after = database.prepare(`${RUNS} WHERE folder = ?`).get(run) as RunRow;
  const split = (JSON.parse(after.recipe) as Recipe).data.evaluationSplit;
  if (split === null) return null;
  const result = resultOf(database, after, split);
  const earlier = database
    .prepare(`${RUNS} WHERE dataset = ? AND id < ? ORDER BY id DESC`)
    .all(after.dataset, after.id) as RunRow[];
  const before = earlier.find((one) => resultOf(database, one, split));
  if (!result || !before) return null;
  const former = resultOf(database, before, split)!;
  const [pixels, formerPixels] = [after, before].map((one) => one.pixels && (JSON.parse(one.pixels) as number[]));
  const [ious, formerIous] = [result, former].map((one) => JSON.parse(one.ious) as (number | null)[]);
  const edited = { dataset: after.dataset, from: before.startedAt, to: after.startedAt };
  return {
    run,
    before: before.run,
    split,
    images: editedImages(database, { ...edited, split: null }),
    evaluatedImages: editedImages(database, { ...edited, split, from: former.at, to: result.at }),
    otherRecipe: nameless(after.recipe) !== nameless(before.recipe),
    mIoU: [former.mIoU, result.mIoU],
    classes: ious.map((iou, c) => ({
      before: formerIous[c] ?? null,
      after: iou,
      pixels: pixels && formerPixels ? (pixels[c] ?? 0) - (formerPixels[c] ?? 0) : null,
    })),
  };
}

function resultOf(database: Database, { id, dataset }: RunRow, split: string): ResultRow | null {
  const row = database
    .prepare(
      `SELECT e.miou AS mIoU, e.ious, e.at FROM evaluations e JOIN models m ON m.id = e.model
       WHERE m.run = ? AND e.dataset = ? AND e.split = ? ORDER BY e.id DESC LIMIT 1`,
    )
    .get(id, dataset, split);
  return (row as ResultRow | undefined) ?? null;
}

/** Images whose label maps were edited in a time. @param between.split null: of all splits */
function editedImages(
  database: Database,
  between: { dataset: number; split: string | null; from: string; to: string },
): number {
  return database
    .prepare(
      `SELECT count(DISTINCT j.item) FROM label_journal j JOIN items i ON i.id = j.item
       WHERE j.at > @from AND j.at <= @to AND i.dataset = @dataset AND (@split IS NULL OR i.split = @split)`,
    )
    .pluck()
    .get(between) as number;
}

function nameless(recipe: string): string {
  return JSON.stringify({ ...(JSON.parse(recipe) as Recipe), name: '' });
}
