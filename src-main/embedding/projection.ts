/**
 * Maps of many vectors in the plane, by scran.js: UMAP (McInnes et al., arXiv 1802.03426) and t-SNE with the Barnes-Hut
 * approximation (van der Maaten, JMLR 2014). Both see the vectors through their strongest principal axes and the nearest
 * neighbours among them. Fixed seeds: the same vectors give the same map.
 */
import * as scran from 'scran.js';
import type { ProjectionMethod } from '../contract/embedding.ts';
import { Problem } from '../contract/problem.ts';
import { principalAxes } from './principal.ts';
import { alongAxes, meanOf, type Rows, unitAround } from './vectors.ts';

/** Axes that neighbours are looked for along. */
export const AXES = 32;
/** From more vectors than this on, neighbours are looked for with an index that may miss some. */
const EXACT = 20_000;
const LEAST = 10;
/** How long one step may take. */
const STEP_MS = 200;
const UMAP = { neighbors: 15, minDist: 0.1 };
const TSNE = { perplexity: 30, iterations: 1000 };

/** What has been done, in words and numbers; `points` (x and y in turn) at the end. */
export interface Step {
  phase: string;
  done: number;
  total: number;
  points?: Float32Array<ArrayBuffer>;
}

/**
 * Computes a map a step at a time; startScran() must have been called.
 * @param rows unit vectors
 * @throws Problem where there are too few
 */
export function* project(rows: Rows, method: ProjectionMethod): Generator<Step> {
  const { count } = rows;
  if (count < LEAST) {
    throw new Problem(`A map needs at least ${LEAST} images; ${count} have features.`, {
      next: 'Compute features of a larger data set.',
    });
  }
  yield { phase: 'Finding principal axes', done: 0, total: 0 };
  const unit = unitAround(rows, meanOf(rows));
  const axes = principalAxes(unit, AXES);
  if (axes.length === 0)
    throw new Problem('All images look the same to this model.', { next: 'Choose another model.' });
  const { values } = alongAxes(unit, axes);
  yield { phase: 'Finding neighbours', done: 0, total: 0 };
  const options = { numberOfDims: axes.length, numberOfCells: count, approximate: count > EXACT };
  const index = scran.buildNeighborSearchIndex(values, options);
  yield* method === 'umap' ? umap(index, count) : tsne(index, count);
}

function* umap(index: Index, count: number): Generator<Step> {
  const neighbors = Math.min(UMAP.neighbors, count - 1);
  const found = scran.findNearestNeighbors(index, neighbors);
  // As many as the authors' own implementation takes.
  const epochs = count > 10_000 ? 200 : 500;
  const status = scran.initializeUmap(found, { neighbors, epochs, minDist: UMAP.minDist });
  while (status.currentEpoch() < status.totalEpochs()) {
    status.run({ runTime: STEP_MS });
    yield { phase: 'UMAP', done: status.currentEpoch(), total: status.totalEpochs() };
  }
  yield { phase: 'UMAP', done: epochs, total: epochs, points: interleaved(status.extractCoordinates()) };
}

function* tsne(index: Index, count: number): Generator<Step> {
  // A perplexity needs three times as many neighbours.
  const perplexity = Math.min(TSNE.perplexity, (count - 1) / 3);
  const neighbors = scran.perplexityToNeighbors(perplexity);
  const found = scran.findNearestNeighbors(index, neighbors);
  const status = scran.initializeTsne(found, { perplexity, neighbors });
  const { iterations } = TSNE;
  while (status.iterations() < iterations) {
    status.run({ maxIterations: iterations, runTime: STEP_MS });
    yield { phase: 't-SNE', done: status.iterations(), total: iterations };
  }
  yield { phase: 't-SNE', done: iterations, total: iterations, points: interleaved(status.extractCoordinates()) };
}

type Index = ReturnType<typeof scran.buildNeighborSearchIndex>;

function interleaved({ x, y }: { x: Float64Array; y: Float64Array }): Float32Array<ArrayBuffer> {
  return Float32Array.from({ length: 2 * x.length }, (_, n) => (n & 1 ? y : x)[n >> 1]);
}
