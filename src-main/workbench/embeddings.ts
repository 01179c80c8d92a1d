/** Features of data sets by models: computed by a worker, looked at in threads. */
import { ThreadPool } from '../base/thread-pool.ts';
import {
  type ColourBy,
  colourBy,
  type EmbeddingAnswers,
  embeddingTap,
  type LabelOutlier,
  type ProjectionMethod,
  projectionMethod,
} from '../contract/embedding.ts';
import type { FromWorker } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import type { Step } from '../embedding/projection.ts';
import { getDataset } from '../store/datasets.ts';
import {
  dropEmbedding,
  getEmbedding,
  itemsToEmbed,
  openEmbedding,
  saveFeatures,
  saveProjection,
} from '../store/embeddings.ts';
import { getModel } from '../store/models.ts';
import { PATIENCE_MS } from '../store/writer.ts';
import type { Catalogue } from './catalogue.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { Job } from './jobs.ts';
import type { Keeper } from './projects.ts';
import type { Reader } from './reader.ts';
import { wantedEngine } from './settings.ts';
import { goThroughImages, StoppableJobs } from './stoppable-jobs.ts';

/** What the thread is asked; a map is asked for once by `project` and then with `next` until it is there. */
export type SimilarityRequest =
  | { kind: 'duplicates'; database: string; embedding: number; similarity: number }
  | { kind: 'outliers'; database: string; embedding: number }
  | { kind: 'project'; database: string; embedding: number; method: ProjectionMethod }
  | { kind: 'next' };

export type SimilarityAnswer =
  | ({ kind: 'duplicates' } & EmbeddingAnswers['embeddings.duplicates'])
  | { kind: 'outliers'; outliers: LabelOutlier[]; total: number }
  | ({ kind: 'step' } & Omit<Step, 'points'>)
  | { kind: 'map'; items: Int32Array<ArrayBuffer>; points: Float32Array<ArrayBuffer> };

type Thread = ThreadPool<SimilarityRequest, SimilarityAnswer>;

const newThread = (): Thread => new ThreadPool(new URL('./similarity.thread.ts', import.meta.url), 1);

const METHODS: Record<ProjectionMethod, string> = { umap: 'UMAP', tsne: 't-SNE' };

export class Embeddings implements Keeper {
  private readonly context: Context;
  private readonly catalogue: Catalogue;
  private readonly reader: Reader;
  private readonly corrections: Corrections;
  private readonly jobs: StoppableJobs;
  /** What the going jobs make, so that none is made twice at a time. */
  private readonly making = new Set<string>();
  /** The thread for near-duplicates and unusual labels. */
  private thread: Thread | null = null;

  constructor(context: Context, catalogue: Catalogue, reader: Reader, corrections: Corrections) {
    this.context = context;
    this.catalogue = catalogue;
    this.reader = reader;
    this.corrections = corrections;
    this.jobs = new StoppableJobs(context);
  }

  /**
   * Begins to compute what is missing of a model's features of a data set. What a stopped job has computed stays.
   * @param tap null: the usual one
   * @throws Problem where the network has no such node, or there are no images
   */
  async start(modelId: number, datasetId: number, tap: string | null): Promise<Job> {
    const { project } = this.context;
    const model = getModel(project.database, modelId);
    const { all, usual } = await this.catalogue.taps(model.card.network);
    const node = tap ?? embeddingTap(usual);
    if (!all.includes(node)) {
      throw new Problem(`The network of ${model.card.name} has no node “${node}”.`, {
        next: `Choose another; its usual ones are ${usual.join(', ')}.`,
      });
    }
    const key = { model: modelId, dataset: datasetId, tap: node, weights: model.card.sha256 };
    await this.corrections.prepare(datasetId);
    const embedding = await project.write((database) => openEmbedding(database, key));
    const { data, stamps } = itemsToEmbed(project.database, project.folder, embedding);
    const title = `Computing features of ${getDataset(project.database, datasetId).name} by ${model.card.name}`;
    return this.go(`features ${embedding}`, 'embed', title, data.items.length, async (job, signal) => {
      if (data.items.length === 0) return;
      const hear = (message: FromWorker, engine: string) => {
        if (message.type !== 'embedded') return undefined;
        const how = { tapChannels: message.tapChannels, engine };
        const { items } = message;
        return project.write((database) => saveFeatures(database, embedding, items, stamps, how), PATIENCE_MS.job);
      };
      const what = { kind: 'embed' as const, model: project.path(model.file), tap: node, data, engine: wantedEngine() };
      await goThroughImages(this.context, job, what, hear, signal);
    });
  }

  /** Begins to make a map. @throws Problem where there are no such features */
  project(embedding: number, method: ProjectionMethod): Job {
    const { project } = this.context;
    const { dataset, modelName } = getEmbedding(project.database, embedding);
    const { name } = getDataset(project.database, dataset);
    const title = `Making a ${METHODS[method]} map of ${name} by ${modelName}`;
    return this.go(`map ${embedding} ${method}`, 'project', title, 0, async (job, signal) => {
      const thread = newThread();
      // A stop need not wait for a step: nothing is lost with the thread.
      signal.addEventListener('abort', () => void thread.close(), { once: true });
      try {
        let answer = await thread.run({ kind: 'project', database: project.databaseFile, embedding, method });
        while (answer.kind === 'step') {
          job.update(answer);
          answer = await thread.run({ kind: 'next' });
        }
        if (answer.kind !== 'map') throw new Error('The map answered out of turn.');
        const map = answer;
        await project.write((database) => saveProjection(database, embedding, method, map), PATIENCE_MS.job);
      } finally {
        await thread.close();
      }
    });
  }

  async duplicates(embedding: number, similarity: number): Promise<EmbeddingAnswers['embeddings.duplicates']> {
    getEmbedding(this.context.project.database, embedding);
    const { databaseFile: database } = this.context.project;
    const answer = await this.use({ kind: 'duplicates', database, embedding, similarity });
    if (answer.kind !== 'duplicates') throw new Error('The thread answered out of turn.');
    const { kind: _, ...found } = answer;
    return found;
  }

  async outliers(embedding: number): Promise<EmbeddingAnswers['embeddings.outliers']> {
    getEmbedding(this.context.project.database, embedding);
    const { databaseFile: database } = this.context.project;
    const answer = await this.use({ kind: 'outliers', database, embedding });
    if (answer.kind !== 'outliers') throw new Error('The thread answered out of turn.');
    return { outliers: answer.outliers, total: answer.total };
  }

  list(dataset: number): Promise<EmbeddingAnswers['embeddings.list']> {
    getDataset(this.context.project.database, dataset);
    return this.reader.embeddings(this.context.project.databaseFile, dataset);
  }

  async remove(embedding: number): Promise<void> {
    if ([...this.making].some((what) => what.split(' ')[1] === String(embedding))) {
      throw new Problem('These features are still being worked on.', { next: 'Stop the job first.' });
    }
    await this.context.project.write((database) => dropEmbedding(database, embedding));
    this.context.tell('embeddings.changed', {});
  }

  /** The arrays behind the addresses of `projectionResources`; null where there are none. */
  async map(embedding: string, method: string, search: URLSearchParams): Promise<Uint8Array<ArrayBuffer> | null> {
    const which = projectionMethod.safeParse(method);
    const by = search.has('kind') ? colourOf(search) : null;
    if (!/^\d{1,15}$/.test(embedding) || !which.success || by === undefined) return null;
    const { databaseFile } = this.context.project;
    return (await this.reader.map(databaseFile, Number(embedding), which.data, by)).data;
  }

  private use(request: SimilarityRequest): Promise<SimilarityAnswer> {
    this.thread ??= newThread();
    return this.thread.run(request);
  }

  /** Does a job, one of its name at a time; it ends early when it is stopped. */
  private go(
    name: string,
    kind: 'embed' | 'project',
    title: string,
    total: number,
    work: (job: Job, signal: AbortSignal) => Promise<void>,
  ): Job {
    if (this.making.has(name)) throw new Problem(`${title} goes on already.`, { next: 'Look at the list of jobs.' });
    const stopped = () =>
      new Problem(`${title} was stopped.`, kind === 'embed' ? { next: 'Compute again to go on from there.' } : {});
    this.making.add(name);
    const job = this.jobs.start({ kind, title, total, stopped, news: 'embeddings.changed' }, (job, signal) =>
      work(job, signal).finally(() => this.making.delete(name)),
    );
    this.context.tell('embeddings.changed', {});
    return job;
  }

  async closing(options: { stopRuns: boolean }): Promise<void> {
    await this.jobs.closing(options);
    await this.thread?.close();
    this.thread = null;
  }
}

/** What an address asks to colour by; undefined: nothing that is known. */
function colourOf(search: URLSearchParams): ColourBy | undefined {
  const given = Object.fromEntries(search);
  const parsed = colourBy.safeParse('evaluation' in given ? { ...given, evaluation: Number(given.evaluation) } : given);
  return parsed.data;
}

export function embeddingHandlers(embeddings: Embeddings): HandlersOf<'embeddings'> {
  return {
    'embeddings.list': ({ dataset }) => embeddings.list(dataset),
    'embeddings.start': async ({ model, dataset, tap }) => ({
      job: (await embeddings.start(model, dataset, tap)).summary.id,
    }),
    'embeddings.remove': async ({ embedding }) => {
      await embeddings.remove(embedding);
      return null;
    },
    'embeddings.project': ({ embedding, method }) => ({ job: embeddings.project(embedding, method).summary.id }),
    'embeddings.duplicates': ({ embedding, similarity }) => embeddings.duplicates(embedding, similarity),
    'embeddings.outliers': ({ embedding }) => embeddings.outliers(embedding),
  };
}
