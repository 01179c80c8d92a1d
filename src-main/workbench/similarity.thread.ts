/** The thread that looks at a model's features: near-duplicates, unusual labels, maps. */
import { serveThread } from '../base/thread-pool.ts';
import type { DuplicateGroup, LabelOutlier } from '../contract/embedding.ts';
import { labelOutliers } from '../embedding/label-outliers.ts';
import { nearDuplicates } from '../embedding/near-duplicates.ts';
import { principalAxes, startScran } from '../embedding/principal.ts';
import { project, type Step } from '../embedding/projection.ts';
import { meanOf, unitAround } from '../embedding/vectors.ts';
import { type Database, openForReading } from '../store/database.ts';
import { getDataset } from '../store/datasets.ts';
import { classVectors, getEmbedding, itemVectors, vectorClasses } from '../store/embeddings.ts';
import type { SimilarityAnswer, SimilarityRequest } from './embeddings.ts';

/** Axes that rule out pairs of images before they are compared whole. */
const DUPLICATE_AXES = 24;
/** What an answer holds of long lists. */
const MOST_GROUPS = 300;
const MOST_MEMBERS = 60;
const MOST_OUTLIERS = 500;

let map: { items: Int32Array<ArrayBuffer>; steps: Generator<Step> } | null = null;

function duplicates(database: Database, embedding: number, similarity: number): SimilarityAnswer {
  const { items, keys, labelled, ...rows } = itemVectors(database, embedding);
  const unit = unitAround({ ...rows, count: items.length }, meanOf({ ...rows, count: items.length }));
  const { groups: found, exact } = nearDuplicates(unit, similarity, principalAxes(unit, DUPLICATE_AXES));
  const groups: DuplicateGroup[] = found.slice(0, MOST_GROUPS).map(({ members, similarities }) => ({
    items: members
      .slice(0, MOST_MEMBERS)
      .map((row, i) => ({ item: items[row], key: keys[row], labelled: labelled[row], similarity: similarities[i] })),
    total: members.length,
  }));
  const images = found.reduce((sum, { members }) => sum + members.length, 0);
  return { kind: 'duplicates', groups, total: found.length, images, exact };
}

function outliers(database: Database, embedding: number): SimilarityAnswer {
  const { classes } = getDataset(database, getEmbedding(database, embedding).dataset);
  const names = classes.map(({ name }) => name);
  const found: LabelOutlier[] = labelOutliers(vectorClasses(database, embedding), names, (ofClass) => {
    const vectors = classVectors(database, embedding, ofClass);
    return { ...vectors, count: vectors.items.length };
  });
  return { kind: 'outliers', outliers: found.slice(0, MOST_OUTLIERS), total: found.length };
}

function next(): SimilarityAnswer {
  const { items, steps } = map!;
  const { value, done } = steps.next();
  if (done) throw new Error('The map was finished already.');
  const { points, ...step } = value;
  return points ? { kind: 'map', items, points } : { kind: 'step', ...step };
}

serveThread<SimilarityRequest, SimilarityAnswer>(async (request) => {
  if (request.kind === 'next') return next();
  await startScran();
  const database = openForReading(request.database);
  try {
    if (request.kind === 'duplicates') return duplicates(database, request.embedding, request.similarity);
    if (request.kind === 'outliers') return outliers(database, request.embedding);
    const { items, keys: _, labelled: __, ...rows } = itemVectors(database, request.embedding);
    map = { items, steps: project({ ...rows, count: items.length }, request.method) };
    return { kind: 'step', phase: 'Reading the features', done: 0, total: 0 };
  } finally {
    database.close();
  }
});
