/**
 * A few worker threads that all run one script and take one request at a time each. The script is a file named
 * `X.thread.ts` that calls `serveThread`; the build makes each of them an entry of its own beside the other bundles.
 */
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { parentPort, Worker } from 'node:worker_threads';
import { Problem } from '../contract/problem.ts';

interface Answer<Response> {
  id: number;
  value?: Response;
  failure?: { problem: boolean; message: string; where?: string; next?: string };
}

interface Task<Request, Response> {
  id: number;
  request: Request;
  transfer: ArrayBuffer[];
  resolve(value: Response): void;
  reject(error: unknown): void;
}

/**
 * Where a thread's script lies: `source` itself when run from sources (Node strips the types), beside the running
 * bundle otherwise.
 * @param source `new URL('./X.thread.ts', import.meta.url)`
 */
export function threadScript(source: URL): URL {
  if (import.meta.url.endsWith('.ts')) return source;
  const name = path.basename(source.pathname).replace(/\.ts$/, '.js');
  return new URL(name, import.meta.url);
}

export class ThreadPool<Request, Response> {
  readonly size: number;
  readonly #script: URL;
  readonly #waiting: Task<Request, Response>[] = [];
  readonly #threads = new Map<Worker, Task<Request, Response> | undefined>();
  #closed = false;
  #next = 0;

  /**
   * @param source `new URL('./X.thread.ts', import.meta.url)`
   * @param size the number of threads, started when first needed; one for each core that the process may use
   */
  constructor(source: URL, size = availableParallelism()) {
    this.#script = threadScript(source);
    this.size = Math.max(1, size);
  }

  /**
   * Has one thread do one request; requests are begun in the order given.
   * @param transfer buffers of the request that are handed over instead of copied
   * @throws what the script's function threw: a Problem stays one. Also when the thread dies or the pool is closed.
   */
  run(request: Request, transfer: ArrayBuffer[] = []): Promise<Response> {
    return new Promise((resolve, reject) => {
      if (this.#closed) return reject(new Error('The thread pool is closed'));
      this.#waiting.push({ id: this.#next++, request, transfer, resolve, reject });
      this.#dispatch();
    });
  }

  /** Ends the threads; what they were doing, and what waits, is refused. */
  async close(): Promise<void> {
    this.#closed = true;
    const closed = new Error('The thread pool is closed');
    for (const task of this.#waiting.splice(0)) task.reject(closed);
    const threads = [...this.#threads];
    this.#threads.clear();
    await Promise.all(
      threads.map(async ([thread, task]) => {
        await thread.terminate();
        task?.reject(closed);
      }),
    );
  }

  #dispatch(): void {
    while (this.#waiting.length > 0) {
      let idle = [...this.#threads].find(([, task]) => task === undefined)?.[0];
      if (!idle && this.#threads.size < this.size) idle = this.#start();
      if (!idle) return;
      const task = this.#waiting.shift()!;
      this.#threads.set(idle, task);
      idle.ref();
      idle.postMessage({ id: task.id, request: task.request }, task.transfer);
    }
  }

  #start(): Worker {
    const thread = new Worker(fileURLToPath(this.#script));
    this.#threads.set(thread, undefined);
    let reason = '';
    thread.on('message', (answer: Answer<Response>) => {
      const task = this.#threads.get(thread);
      if (task?.id !== answer.id) return;
      this.#threads.set(thread, undefined);
      // An idle pool must not keep the process alive.
      thread.unref();
      if (answer.failure) task.reject(revive(answer.failure));
      else task.resolve(answer.value as Response);
      this.#dispatch();
    });
    thread.on('error', (error: Error) => {
      reason = `: ${error.message}`;
    });
    thread.on('exit', (code) => {
      const task = this.#threads.get(thread);
      this.#threads.delete(thread);
      task?.reject(new Error(`A worker thread ended with code ${code}${reason}`));
      if (!this.#closed) this.#dispatch();
    });
    return thread;
  }
}

function revive(failure: NonNullable<Answer<unknown>['failure']>): Error {
  return failure.problem
    ? new Problem(failure.message, { where: failure.where, next: failure.next })
    : new Error(failure.message);
}

/**
 * The thread's side: answers each request with what `handle` makes of it.
 * @param buffers the buffers of an answer that are handed over instead of copied
 */
export function serveThread<Request, Response>(
  handle: (request: Request) => Response | Promise<Response>,
  buffers: (response: Response) => ArrayBuffer[] = () => [],
): void {
  const port = parentPort;
  if (!port) throw new Error('This script is for a worker thread');
  port.on('message', async ({ id, request }: { id: number; request: Request }) => {
    try {
      const value = await handle(request);
      port.postMessage({ id, value } satisfies Answer<Response>, buffers(value));
    } catch (error) {
      const { message } = error instanceof Error ? error : new Error(String(error));
      const failure =
        error instanceof Problem
          ? { problem: true, message, where: error.where, next: error.next }
          : { problem: false, message };
      port.postMessage({ id, failure } satisfies Answer<Response>);
    }
  });
}

/**
 * Does work on each item, several at once, and gives the results in the items' order.
 * @param ahead how many are begun before the first of them is asked for
 * @throws what `work` threw, at the place of its item; the signal's reason once it is aborted
 */
export async function* inOrder<Item, Result>(
  items: Iterable<Item>,
  work: (item: Item) => Promise<Result>,
  ahead: number,
  signal?: AbortSignal,
): AsyncGenerator<Result> {
  const source = items[Symbol.iterator]();
  const begun: Promise<Result>[] = [];
  try {
    for (;;) {
      signal?.throwIfAborted();
      while (begun.length < ahead) {
        const { done, value } = source.next();
        if (done) break;
        const result = work(value);
        // A failure is thrown where its turn comes, not as an unhandled rejection before that.
        result.catch(() => {});
        begun.push(result);
      }
      const first = begun.shift();
      if (!first) return;
      yield await first;
    }
  } finally {
    source.return?.();
    await Promise.allSettled(begun);
  }
}
