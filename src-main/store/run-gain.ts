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
  const pair = pairOf(database, run);
  if (!pair) return null;
  const { before, after, split, former, result } = pair;
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

/**
 * The images whose label maps were edited between the starts of a run and of the one that `runGain` holds it against:
 * the last entries of their journals then, 0 where there were none.
 * @throws Problem where there is no such run
 */
export function editsForRun(database: Database, run: string): { item: number; from: number; to: number }[] {
  const pair = pairOf(database, run);
  if (!pair) return [];
  return database
    .prepare(
      `SELECT j.item, max(j.sequence) AS "to", (
         SELECT coalesce(max(sequence), 0) FROM label_journal WHERE item = j.item AND at <= @from
       ) AS "from"
       FROM label_journal j JOIN items i ON i.id = j.item
       WHERE j.at > @from AND j.at <= @to AND i.dataset = @dataset GROUP BY j.item`,
    )
    .all({ dataset: pair.after.dataset, from: pair.before.startedAt, to: pair.after.startedAt }) as {
    item: number;
    from: number;
    to: number;
  }[];
}

/** A run and the newest one before it that was evaluated on the same split of the same data set, with their results. */
function pairOf(database: Database, run: string) {
  getRun(database, run);
  const after = database.prepare(`${RUNS} WHERE folder = ?`).get(run) as RunRow;
  const split = (JSON.parse(after.recipe) as Recipe).data.evaluationSplit;
  const result = split !== null && resultOf(database, after, split);
  if (!result) return null;
  const earlier = database
    .prepare(`${RUNS} WHERE dataset = ? AND id < ? ORDER BY id DESC`)
    .iterate(after.dataset, after.id) as IterableIterator<RunRow>;
  for (const before of earlier) {
    const former = resultOf(database, before, split);
    if (former) return { before, after, split, former, result };
  }
  return null;
}

function resultOf(database: Database, { id, dataset }: RunRow, split: string): ResultRow | null {
  const row = database
    .prepare(
      `SELECT e.miou AS mIoU, e.ious, e.at FROM evaluations e JOIN models m ON m.id = e.model
       WHERE m.run = ? AND e.dataset = ? AND e.split = ? AND e.crf = 0 ORDER BY e.id DESC LIMIT 1`,
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
