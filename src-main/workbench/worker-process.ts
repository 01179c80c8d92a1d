/** A worker: one process for one job. */
import { type ChildProcess, fork } from 'node:child_process';
import path from 'node:path';
import { computeEnvironment } from '../base/compute-environment.ts';
import type { FromWorker, Job, ToWorker } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';

/** Lines of a dead worker's last words that are kept. */
const LAST_WORDS = 20;

export class WorkerProcess {
  /**
   * Ends when the process has; `null` where it did its job, otherwise what to tell the user.
   * A `failed` message is told here, and not to the listener.
   */
  readonly ended: Promise<WorkerEnd>;
  private readonly child: ChildProcess;
  private words: string[] = [];
  private failure: Problem | null = null;

  /**
   * Starts the process and gives it its job.
   * @param root the application's folder
   * @param listen hears what it says, in order
   */
  constructor(root: string, job: Job, listen: (message: FromWorker) => void) {
    // Not detached: what kills our process group takes the worker along. TensorFlow's own words go to stderr.
    this.child = fork(path.join(root, 'dist', 'main', 'worker.js'), [], {
      execPath: process.execPath,
      env: { ...computeEnvironment(process.env), ELECTRON_RUN_AS_NODE: '1' },
      serialization: 'advanced',
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => this.overhear(text));
    }
    this.ended = new Promise((resolve) => {
      this.child.on('error', (error) => resolve({ kind: 'died', words: error.message }));
      this.child.on('close', (code, signal) => {
        if (this.failure) resolve({ kind: 'failed', problem: this.failure });
        else if (code === 0) resolve({ kind: 'done' });
        else resolve({ kind: 'died', words: `${signal ?? `code ${code}`}${this.lastWords()}` });
      });
    });
    this.child.on('message', (message: FromWorker) => {
      if (message.type === 'failed') {
        const { where, next } = message;
        this.failure = new Problem(message.message, { where, next });
        if (message.stack) console.error(message.stack);
      } else listen(message);
    });
    this.tell({ type: 'job', job });
  }

  tell(message: ToWorker): void {
    if (this.child.connected) this.child.send(message, () => {});
  }

  /** Ends the process at once; for jobs that leave nothing half-done. */
  kill(): void {
    this.child.kill('SIGKILL');
  }

  private overhear(text: string): void {
    this.words.push(...text.split('\n').filter((line) => line.trim() !== ''));
    this.words = this.words.slice(-LAST_WORDS);
  }

  private lastWords(): string {
    const telling = this.words.findLast((line) => /error|fail|abort|memory|killed/i.test(line)) ?? this.words.at(-1);
    return telling ? `: ${telling.trim().slice(0, 300)}` : '';
  }
}

export type WorkerEnd = { kind: 'done' } | { kind: 'failed'; problem: Problem } | { kind: 'died'; words: string };

/**
 * Runs a job that is worth nothing half-done, to its end.
 * @param signal kills it
 * @throws Problem where the worker said why it failed, was stopped, or died
 */
export async function runJob(
  root: string,
  job: Job,
  listen: (message: FromWorker) => void,
  signal?: AbortSignal,
): Promise<void> {
  signal?.throwIfAborted();
  const worker = new WorkerProcess(root, job, listen);
  const stop = () => worker.kill();
  signal?.addEventListener('abort', stop, { once: true });
  const end = await worker.ended;
  signal?.removeEventListener('abort', stop);
  if (end.kind === 'done') return;
  if (signal?.aborted) throw new Problem('It was stopped.');
  if (end.kind === 'failed') throw end.problem;
  throw new Problem(`The worker process died (${end.words}).`, {
    next: 'Try again; npx stillroom doctor tells whether the engine works.',
  });
}
