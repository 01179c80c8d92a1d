/** Data sets and their items: importing, finding, and the files behind an item. */
import { existsSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { fileProblem, sha256 } from '../base/files.ts';
import { ThreadPool } from '../base/thread-pool.ts';
import { Problem } from '../contract/problem.ts';
import { Indexer } from '../datasets/index-items.ts';
import { labelsFile } from '../datasets/label-source.ts';
import type { WritableDatabase } from '../store/database.ts';
import {
  dropUnfinishedDataset,
  finishDataset,
  getDataset,
  labelValues,
  listDatasets,
  saveDataset,
} from '../store/datasets.ts';
import { dropItems, itemFiles, saveItems } from '../store/items.ts';
import { getLabelEdits } from '../store/label-edits.ts';
import { PATIENCE_MS } from '../store/writer.ts';
import type { Context, HandlersOf } from './context.ts';
import type { Corrections } from './corrections.ts';
import type { Files } from './files.ts';
import type { Asked, ImportAnswer, ImportRequest } from './import.ts';
import type { Job } from './jobs.ts';
import type { LabelThreads } from './label-threads.ts';
import type { Previews } from './preview.ts';
import type { OpenProject } from './project.ts';
import type { Keeper } from './projects.ts';
import type { LabelMap, Reader } from './reader.ts';
import { StoppableJobs } from './stoppable-jobs.ts';

export class Datasets implements Keeper {
  private readonly context: Context;
  private readonly reader: Reader;
  private readonly labelThreads: LabelThreads;
  private readonly corrections: Corrections;
  private indexer: Indexer | null = null;
  private readonly importing: StoppableJobs;
  private readonly thumbnails = new Map<string, Promise<void>>();

  constructor(context: Context, reader: Reader, labelThreads: LabelThreads, corrections: Corrections) {
    this.context = context;
    this.reader = reader;
    this.labelThreads = labelThreads;
    this.corrections = corrections;
    this.importing = new StoppableJobs(context);
  }

  /**
   * Begins to read a folder into the project; the same folder again is read anew, and its items keep their numbers.
   * @returns its job
   */
  import(folder: string, asked: Asked = { name: null, reading: null, classes: null }): Job {
    const { project } = this.context;
    const title = `Importing ${path.basename(folder)}`;
    return this.importing.start({ kind: 'import', title, news: 'datasets.changed' }, (job, signal) =>
      this.read(project, folder, asked, job, signal),
    );
  }

  private async read(project: OpenProject, folder: string, asked: Asked, job: Job, signal: AbortSignal): Promise<void> {
    job.update({ phase: 'Looking at the folder' });
    const real = await realpath(folder).catch((error: unknown) => {
      throw fileProblem(error, folder, 'open');
    });
    const thread = new ThreadPool<ImportRequest, ImportAnswer>(new URL('./import.thread.ts', import.meta.url), 1);
    const write = <T>(work: (database: WritableDatabase) => T) => project.write(work, PATIENCE_MS.job);
    let dataset: number | null = null;
    try {
      const opened = await thread.run({ kind: 'open', folder: real, database: project.databaseFile, ...asked });
      if (opened.kind !== 'opened') throw new Error('The import answered out of turn.');
      const { kind: _, items, found, ...record } = opened;
      const same = JSON.stringify(found) === JSON.stringify(record.classes);
      const known = await write((database) => saveDataset(database, same ? record : { ...record, found }));
      dataset = known;
      job.update({ phase: 'Reading images and label maps', total: items });
      for (;;) {
        if (signal.aborted)
          throw new Problem(`The import of ${real} was stopped.`, { next: 'Import it again to finish.' });
        const answer = await thread.run({ kind: 'next' });
        if (answer.kind === 'batch') {
          await write((database) => saveItems(database, known, answer.records));
          job.update({ done: answer.done });
        } else if (answer.kind === 'end') {
          const left = await write((database) => dropItems(database, known, answer.gone));
          const kept = left.map((image) => ({ path: image, message: keptNote(image) }));
          const counted = await thread.run({ kind: 'totals', dataset });
          if (counted.kind !== 'totals') throw new Error('The import answered out of turn.');
          const found = { problems: [...answer.problems, ...kept], totals: counted.totals };
          await write((database) => finishDataset(database, known, found));
          this.corrections.recount(project, dataset);
          job.update({ done: items });
          return;
        }
      }
    } catch (error) {
      const begun = dataset;
      if (begun !== null) await write((database) => dropUnfinishedDataset(database, begun));
      throw error;
    } finally {
      await thread.close();
    }
  }

  /**
   * A small JPEG of an item's image, from the cache or made now.
   * @returns its path; null where there is no such item
   */
  async thumbnail(item: number): Promise<string | null> {
    const { database, folder } = this.context.project;
    const files = itemFiles(database, item);
    if (!files) return null;
    const to = path.join(folder, 'cache', 'thumbnails', files.hash.slice(0, 2), `${files.hash}.jpg`);
    await this.made(to, async () => {
      const image = await this.fileOf(files.root, files.image);
      this.indexer ??= new Indexer();
      await this.indexer.thumbnail(image, to);
    });
    return to;
  }

  /**
   * A small PNG of an item's labels, as they are edited, to lie over its thumbnail.
   * @returns where it is, or will be once `make` has been called; its name tells its content. null: there are no labels
   */
  labelThumbnail(item: number): { file: string; make(): Promise<void> } | null {
    const { project } = this.context;
    const files = itemFiles(project.database, item);
    if (!files || !(files.labels || files.changed)) return null;
    const edited = files.changed ? [item, getLabelEdits(project.database, item)?.sequence] : [];
    const { classes } = getDataset(project.database, files.dataset);
    const colours = classes.map(({ color }) => color);
    const name = sha256(JSON.stringify([files.hash, labelValues(project.database, files.dataset), colours, edited]));
    const file = project.path('cache', 'thumbnails', name.slice(0, 2), `${name}.png`);
    const make = () =>
      this.made(file, async () => {
        await this.labelThreads.ask(project, 'thumbnail', { item, edited: files.changed, file });
      });
    return { file, make };
  }

  /** Sees to it that a file of the cache is there, which is made by one at a time. */
  private async made(file: string, make: () => Promise<void>): Promise<void> {
    if (existsSync(file)) return;
    let making = this.thumbnails.get(file);
    if (!making) {
      making = make();
      this.thumbnails.set(file, making);
      making.catch(() => {}).finally(() => this.thumbnails.delete(file));
    }
    await making;
  }

  /** The image file of an item and what tells its content; null where there is no such item. */
  async image(item: number): Promise<{ file: string; hash: string } | null> {
    const files = itemFiles(this.context.project.database, item);
    return files && { file: await this.fileOf(files.root, files.image), hash: files.hash };
  }

  /** The label map of an item as classes, as it is edited; null where there is no such item or it has none. */
  async labels(item: number): Promise<LabelMap | null> {
    const { database } = this.context.project;
    const files = itemFiles(database, item);
    if (!files) return null;
    if (files.changed) {
      const { width, height, bytes } = await this.labelThreads.ask(this.context.project, 'planes', { item });
      return { width, height, data: bytes.subarray(0, width * height) };
    }
    if (!files.labels) return null;
    const file = labelsFile(files.labels);
    if (file !== null) await this.fileOf(files.root, file);
    return this.reader.labels(files.root, files.labels, labelValues(database, files.dataset));
  }

  async closing(options: { stopRuns: boolean }): Promise<void> {
    await this.importing.closing(options);
    await this.indexer?.close();
    this.indexer = null;
  }

  /** The real file behind a path of a data set. @throws Problem where it lies elsewhere: a link may lead anywhere */
  private async fileOf(root: string, relative: string): Promise<string> {
    const file = path.join(root, relative);
    const real = await realpath(file).catch((error: unknown) => {
      throw fileProblem(error, file, 'read');
    });
    if (real.startsWith((await realpath(root)) + path.sep)) return real;
    throw new Problem('This file lies outside of its data set.', {
      where: file,
      next: 'Put the file itself into the data set in place of the link.',
    });
  }
}

function keptNote(image: string): string {
  return `${image} is not in the folder any more. What was edited of its label map is kept, and there again when its file is back.`;
}

export function datasetHandlers(
  context: Context,
  datasets: Datasets,
  previews: Previews,
  files: Files,
): HandlersOf<'datasets'> {
  return {
    'datasets.list': () => listDatasets(context.project.database),
    'datasets.preview': ({ file, reading }) => previews.look(files.resolve(file), reading),
    'datasets.import': ({ file, ...asked }) => ({ job: datasets.import(files.resolve(file), asked).summary.id }),
  };
}
