/** The labelled items of a data set, for whoever works on them: an edited label map takes the place of its source. */
import type { JobData } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { Database } from './database.ts';
import { getDataset, labelValues } from './datasets.ts';
import { correctedFile } from './label-counts.ts';

type JobItem = JobData['items'][number];
type ItemRow = Omit<JobItem, 'corrected'> & { edited: string | null };

/** Columns and table of `ItemRow`, without those that the folder no longer has. */
const ITEMS = `SELECT i.id, i.key, i.split, i.image, i.labels, e.hash AS edited
  FROM items i LEFT JOIN label_edits e ON e.item = i.id AND i.changed = 1
  WHERE i.gone = 0 AND i.dataset = @dataset`;

function jobItem(folder: string, { edited, ...item }: ItemRow): JobItem {
  return edited === null ? item : { ...item, labels: correctedFile(folder, item.id, edited), corrected: true };
}

/**
 * What a job needs of one split, or of all (null): its labelled items in the order of their keys.
 * @param folder of the project, in which the edited label maps have been written (`Annotations.prepare`)
 * @param options.unlabelled also those without a label map
 * @param options.readable only those whose image can be read
 * @throws Problem where there are none
 */
export function jobData(
  database: Database,
  folder: string,
  id: number,
  split: string | null,
  options: { unlabelled?: boolean; readable?: boolean } = {},
): JobData {
  const dataset = getDataset(database, id);
  const items = database
    .prepare(
      `${ITEMS} AND (@split IS NULL OR i.split = @split) AND (@all OR i.labelled = 1) AND i.width >= @width ORDER BY i.key`,
    )
    .all({ dataset: id, split, all: options.unlabelled ? 1 : 0, width: options.readable ? 1 : 0 }) as ItemRow[];
  if (items.length === 0) {
    const known = dataset.splits.map((one) => one.name).join(', ') || 'none';
    const kind = options.unlabelled ? 'images' : 'labelled images';
    const place = split === null ? '' : ` in the split “${split}”`;
    throw new Problem(`The data set ${dataset.name} has no ${kind}${place}.`, {
      where: dataset.root,
      next: `Choose another split; it has: ${known}.`,
    });
  }
  const { root, classes, hash } = dataset;
  return { root, classes, values: labelValues(database, id), items: items.map((item) => jobItem(folder, item)), hash };
}

/** The labelled items of a data set, split by split in the order of their keys; `ignoring`: it has ignored pixels. */
export function labelledItems(
  database: Database,
  folder: string,
  dataset: number,
): (JobItem & { ignoring: boolean })[] {
  const rows = database
    .prepare(
      `SELECT r.*, (SELECT width * height FROM items WHERE id = r.id) >
         coalesce((SELECT sum(pixels) FROM item_classes WHERE item = r.id), 0) AS ignoring
       FROM (${ITEMS} AND i.labelled = 1) r ORDER BY r.split, r.key`,
    )
    .all({ dataset }) as (ItemRow & { ignoring: number })[];
  return rows.map(({ ignoring, ...row }) => ({ ...jobItem(folder, row), ignoring: ignoring === 1 }));
}

/** How many readable images a split has, how many of them are labelled, and how many pixels all and these have. */
export interface SplitFacts {
  name: string;
  images: number;
  allPixels: number;
  labelled: number;
  pixels: number;
}

/** Of each split. */
export function labelledSplits(database: Database, id: number): SplitFacts[] {
  return database
    .prepare(
      `SELECT split AS name, sum(width > 0) AS images, sum(width * height) AS allPixels, sum(labelled) AS labelled, sum(iif(labelled, width * height, 0)) AS pixels
       FROM items WHERE dataset = ? AND gone = 0 GROUP BY split ORDER BY min(id)`,
    )
    .all(id) as SplitFacts[];
}
