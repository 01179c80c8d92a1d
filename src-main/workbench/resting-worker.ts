/** A worker that is started when somebody asks it something, and closed when nobody has for a while. */
import type { InspectWorker } from './inspect-worker.ts';

export class RestingWorker {
  private readonly start: () => InspectWorker;
  private readonly restMs: number;
  private worker: InspectWorker | null = null;
  private idle: NodeJS.Timeout | null = null;

  constructor(start: () => InspectWorker, restMs: number) {
    this.start = start;
    this.restMs = restMs;
  }

  /** Does something with the worker. */
  async use<T>(work: (worker: InspectWorker) => Promise<T>): Promise<T> {
    if (this.idle) clearTimeout(this.idle);
    this.idle = null;
    const worker = this.worker ?? this.begin();
    try {
      return await work(worker);
    } finally {
      if (!worker.busy && this.worker === worker) {
        this.idle = setTimeout(() => void worker.close(), this.restMs);
        this.idle.unref();
      }
    }
  }

  private begin(): InspectWorker {
    const worker = this.start();
    this.worker = worker;
    void worker.ended.then(() => {
      if (this.worker === worker) this.worker = null;
    });
    return worker;
  }

  async close(): Promise<void> {
    if (this.idle) clearTimeout(this.idle);
    this.idle = null;
    await this.worker?.close();
  }
}
