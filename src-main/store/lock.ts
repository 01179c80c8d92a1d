/**
 * One host per project, by a lock that the operating system holds: an empty SQLite file with an exclusive transaction
 * open on it. It goes when its process ends, however that ends, so there are no stale locks.
 */
import Sqlite from 'better-sqlite3';

export interface ProjectLock {
  release(): void;
}

/** Takes the lock, or answers null where another process (or another part of this one) has it. */
export function takeLock(file: string): ProjectLock | null {
  const database = new Sqlite(file, { timeout: 0 });
  try {
    database.exec('BEGIN EXCLUSIVE');
    return { release: () => database.close() };
  } catch (error) {
    database.close();
    if (error instanceof Sqlite.SqliteError && error.code.startsWith('SQLITE_BUSY')) return null;
    throw error;
  }
}
