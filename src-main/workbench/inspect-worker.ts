/** A worker that stays up and answers questions about single images. */
import type { InspectRequest, Job, Prediction, Segment, SegmentRequest, SimilarityMaps } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';
import { WorkerProcess } from './worker-process.ts';

/** What a request of each kind is answered with. */
interface Inspected {
  predict: Prediction;
  maps: SimilarityMaps;
  prepare: null;
  segment: Segment | null;
}

export class InspectWorker {
  /** Ends when the process has. */
  readonly ended: Promise<void>;
  private readonly worker: WorkerProcess;
  /** It takes questions once its engine has started. */
  private readonly started: Promise<void>;
  private readonly waiting = new Map<number, { resolve: (result: never) => void; reject: (error: unknown) => void }>();
  private nextId = 1;

  /** @param root the application's folder */
  constructor(root: string, job: Extract<Job, { kind: 'inspect' | 'segment' }>) {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.started = promise;
    this.worker = new WorkerProcess(root, job, (message) => {
      if (message.type === 'started') resolve();
      if (message.type === 'inspected') this.waiting.get(message.id)?.resolve(message.result as never);
      if (message.type === 'refused') {
        const { message: text, where, next } = message;
        this.waiting.get(message.id)?.reject(new Problem(text, { where, next }));
      }
    });
    this.ended = this.worker.ended.then((end) => {
      const died = new Problem('The process that looks at images ended.', { next: 'Open the image again.' });
      for (const { reject } of this.waiting.values()) reject(end.kind === 'failed' ? end.problem : died);
      this.waiting.clear();
    });
  }

  /** @throws Problem where model or image cannot be used, or the process ends before it answers */
  ask<K extends keyof Inspected>(
    request: Extract<InspectRequest | SegmentRequest, { kind: K }>,
  ): Promise<Inspected[K]> {
    const id = this.nextId++;
    return new Promise<Inspected[K]>((resolve, reject) => {
      this.waiting.set(id, { resolve, reject });
      void this.started.then(() => this.worker.tell({ type: 'inspect', id, request }));
    }).finally(() => this.waiting.delete(id));
  }

  /** Questions that were not answered yet. */
  get busy(): boolean {
    return this.waiting.size > 0;
  }

  async close(): Promise<void> {
    this.worker.kill();
    await this.ended;
  }
}
