/** Writing to a project's database without blocking the process, also while another program holds the database. */
import Sqlite from 'better-sqlite3';
import type { WritableDatabase } from './database.ts';

/** How long a write waits for other programs: one that a user waits for, and one without which a long job is lost. */
export const PATIENCE_MS = { user: 5000, job: 60_000 } as const;

/** SQLite waits by blocking the process, so it may do so this long only; between the attempts the process is free. */
export const BLOCK_MS = 20;
const AGAIN_MS = 100;

interface Waiting {
  /** Does it. @throws SqliteError where the database is held */
  attempt(): void;
  fail(error: unknown): void;
  /** When it is given up, on the clock of `performance`. */
  until: number;
}

export class Writer {
  private readonly database: WritableDatabase;
  /** What is not written yet, in the order in which it was asked for. */
  private waiting: Waiting[] = [];
  /** Whether something is written, or tried again in a while. */
  private going = false;
  private idle: (() => void)[] = [];

  /** @param database it will hardly wait by itself any more */
  constructor(database: WritableDatabase) {
    this.database = database;
    database.pragma(`busy_timeout = ${BLOCK_MS}`);
  }

  /**
   * Does some writing in one transaction, after what was asked for before it; at once where nobody holds the database.
   * @param patience for how many ms it is tried
   * @returns what `work` does, once it is lasting
   * @throws SqliteError (SQLITE_BUSY) where another program did not let go in that time; whatever `work` throws
   */
  write<T>(work: (database: WritableDatabase) => T, patience: number = PATIENCE_MS.user): Promise<T> {
    return new Promise<T>((resolve, fail) => {
      const attempt = () => resolve(this.database.transaction(() => work(this.database)).immediate());
      this.waiting.push({ attempt, fail, until: performance.now() + patience });
      if (!this.going) this.go();
    });
  }

  /** When nothing waits any more. */
  async settled(): Promise<void> {
    while (this.going) await new Promise<void>((resolve) => this.idle.push(resolve));
  }

  private go(): void {
    this.going = true;
    while (this.waiting.length > 0) {
      const held = this.tryFirst();
      if (!held) continue;
      const now = performance.now();
      for (const late of this.waiting.filter(({ until }) => until <= now)) late.fail(held);
      this.waiting = this.waiting.filter(({ until }) => until > now);
      if (this.waiting.length === 0) break;
      setTimeout(() => this.go(), AGAIN_MS);
      return;
    }
    this.going = false;
    for (const resolve of this.idle.splice(0)) resolve();
  }

  /** @returns what says that another program holds the database; null: the first that waits is done, or has failed */
  private tryFirst(): unknown {
    const [{ attempt, fail }] = this.waiting;
    try {
      attempt();
    } catch (error) {
      if (isBusy(error)) return error;
      fail(error);
    }
    this.waiting.shift();
    return null;
  }
}

function isBusy(error: unknown): boolean {
  return error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY');
}
