/** Looking at a data set's folder before it is imported: read in a thread, nothing written. */
import { randomBytes } from 'node:crypto';
import { realpath } from 'node:fs/promises';
import { fileProblem } from '../base/files.ts';
import { ThreadPool } from '../base/thread-pool.ts';
import type { DatasetPreview, FoundPreview, Reading, StrangePreview } from '../contract/preview.ts';
import { Problem } from '../contract/problem.ts';
import type { ExamplePicture } from '../datasets/examples.ts';
import { findDataset } from '../store/datasets.ts';
import type { Context } from './context.ts';
import type { Files } from './files.ts';

export interface PreviewRequest {
  folder: string;
  /** The project's, which may know how the folder was read before; null: none is open. */
  database: string | null;
  reading: Reading | null;
}

export type PreviewAnswer =
  | { kind: 'found'; preview: Omit<FoundPreview, 'kind' | 'key' | 'known'>; pictures: ExamplePicture[] }
  | { kind: 'strange'; preview: Omit<StrangePreview, 'kind' | 'near'>; near: string | null };

/** Previews whose pictures are kept. */
const KEPT = 3;

export class Previews {
  private readonly context: Context;
  private readonly files: Files;
  private readonly pictures = new Map<string, ExamplePicture[]>();
  private thread: ThreadPool<PreviewRequest, PreviewAnswer> | null = null;

  constructor(context: Context, files: Files) {
    this.context = context;
    this.files = files;
  }

  /**
   * What is in a folder. One that is going on is given up for the next.
   * @throws Problem where the folder cannot be read, or holds no image
   */
  async look(folder: string, reading: Reading | null): Promise<DatasetPreview> {
    void this.thread?.close();
    const thread = new ThreadPool<PreviewRequest, PreviewAnswer>(new URL('./preview.thread.ts', import.meta.url), 1);
    this.thread = thread;
    try {
      const real = await realpath(folder).catch((error: unknown) => {
        throw fileProblem(error, folder, 'open');
      });
      return this.answerOf(
        await thread.run({ folder: real, database: this.context.projectIfOpen?.databaseFile ?? null, reading }),
      );
    } catch (error) {
      if (this.thread === thread) throw error;
      throw new Problem('Another folder was opened before this one was read.', { where: folder });
    } finally {
      if (this.thread === thread) this.thread = null;
      await thread.close();
    }
  }

  /** One example's picture and label map; null where there is none. */
  example(preview: string, index: number): ExamplePicture | null {
    return this.pictures.get(preview)?.[index] ?? null;
  }

  async close(): Promise<void> {
    await this.thread?.close();
  }

  private answerOf(answer: PreviewAnswer): DatasetPreview {
    if (answer.kind === 'strange') {
      const near = answer.near === null ? null : { ...this.files.grant(answer.near), label: answer.near };
      return { kind: 'strange', ...answer.preview, near };
    }
    const key = randomBytes(8).toString('hex');
    this.pictures.set(key, answer.pictures);
    for (const oldest of this.pictures.keys()) {
      if (this.pictures.size <= KEPT) break;
      this.pictures.delete(oldest);
    }
    const project = this.context.projectIfOpen;
    const before = project && findDataset(project.database, answer.preview.root);
    return { kind: 'found', key, ...answer.preview, name: before?.name ?? answer.preview.name, known: before !== null };
  }
}
