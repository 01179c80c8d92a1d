/** Opening a project's database: checked before it is touched, migrated with a backup, safe against a power cut. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { Problem } from '../contract/problem.ts';
import { migrations } from './migrations.ts';

export type Database = Sqlite.Database;

declare const writable: unique symbol;
/** What may be written to. A host has it in its `Writer` only, so that nothing else of it waits for other programs. */
export type WritableDatabase = Database & { readonly [writable]: true };

/** 'Stil': marks the file as ours, in the header field that SQLite keeps for it. */
const APPLICATION_ID = 0x5374696c;

/** How long SQLite waits for other programs, which blocks whoever asked it. */
const WAIT_MS = 5000;

/**
 * Checks the database of a project and brings it to this version's shape. Before a migration the database is copied to
 * `FILE.before-N` (N: the version it is brought to). That may take a while, and waits for other programs: a host has a
 * thread do it.
 * @param file made where it is absent and `create` is set
 * @throws Problem where it is absent, damaged, not a project's, or from a newer version; the file is then unchanged
 */
export function prepareDatabase(file: string, options: { create?: boolean } = {}): void {
  const fresh = !existsSync(file);
  if (fresh && !options.create) {
    throw new Problem('There is no Stillroom project here.', {
      where: path.dirname(file),
      next: 'Choose the folder that holds project.sqlite, or create a project.',
    });
  }
  if (!fresh) inspect(file);
  const database = connectDatabase(file);
  try {
    migrate(database, file);
  } catch (error) {
    throw databaseProblem(error, file);
  } finally {
    database.close();
  }
}

/**
 * A connection to a database that was prepared.
 * @param wait for how many ms SQLite waits for other programs
 * @throws Problem where it cannot be had
 */
export function connectDatabase(file: string, wait = WAIT_MS): WritableDatabase {
  const database = new Sqlite(file, { timeout: wait });
  try {
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('foreign_keys = ON');
    return database as WritableDatabase;
  } catch (error) {
    database.close();
    throw databaseProblem(error, file);
  }
}

/** Both in one. @throws Problem as they do */
export function openDatabase(file: string, options: { create?: boolean } = {}): WritableDatabase {
  prepareDatabase(file, options);
  return connectDatabase(file);
}

/** A connection for reading only, for threads beside the one that writes. */
export function openForReading(file: string): Database {
  return new Sqlite(file, { readonly: true, fileMustExist: true, timeout: WAIT_MS });
}

let kept: { file: string; database: Database } | null = null;

/** The same for threads that read again and again: it is kept as long as the same project is read. */
export function keptForReading(file: string): Database {
  if (kept?.file === file) return kept.database;
  kept?.database.close();
  kept = { file, database: openForReading(file) };
  return kept.database;
}

/** Looks into an existing file through a connection that cannot write. */
function inspect(file: string): void {
  let database: Database | undefined;
  try {
    database = openForReading(file);
    const id = database.pragma('application_id', { simple: true });
    const version = Number(database.pragma('user_version', { simple: true }));
    const empty = version === 0 && database.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() === 0;
    if (id !== APPLICATION_ID && !empty) {
      throw new Problem('This database is not a Stillroom project.', {
        where: file,
        next: 'Choose another folder; the file was left as it is.',
      });
    }
    if (version > migrations.length) {
      throw new Problem('This project was made by a newer version of Stillroom.', {
        where: file,
        next: `Update Stillroom to open it (it has version ${version}, this Stillroom knows up to ${migrations.length}); it was left as it is.`,
      });
    }
    const check = database.pragma('quick_check(1)', { simple: true });
    if (check !== 'ok') throw damaged(file, String(check));
  } catch (error) {
    throw databaseProblem(error, file);
  } finally {
    database?.close();
  }
}

function migrate(database: Database, file: string): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version === migrations.length) return;
  if (version > 0) {
    const backup = `${file}.before-${migrations.length}`;
    // A backup that is already there stems from an attempt that did not get through: the older one is the better one.
    if (!existsSync(backup)) database.prepare('VACUUM INTO ?').run(backup);
  }
  database.transaction(() => {
    for (const step of migrations.slice(version)) database.exec(step);
    const broken = database.pragma('foreign_key_check') as unknown[];
    if (broken.length > 0) throw new Error(`The migration left ${broken.length} rows without what they refer to.`);
    database.pragma(`application_id = ${APPLICATION_ID}`);
    database.pragma(`user_version = ${migrations.length}`);
  })();
}

function damaged(file: string, detail: string): Problem {
  return new Problem(`The project's database is damaged (${detail}).`, {
    where: file,
    next: `It was left as it is; put back a copy of yours, or of ${path.basename(file)}.before-N beside it.`,
  });
}

/** What SQLite throws, as something the user can act on. */
export function databaseProblem(error: unknown, file: string): unknown {
  if (!(error instanceof Sqlite.SqliteError)) return error;
  const { code } = error;
  if (code === 'SQLITE_NOTADB' || code.startsWith('SQLITE_CORRUPT')) return damaged(file, error.message);
  if (code.startsWith('SQLITE_BUSY')) {
    return new Problem('Another program holds the project’s database, so nothing can be written.', {
      where: file,
      next: 'Close that program; it is tried again.',
    });
  }
  if (code === 'SQLITE_FULL') {
    return new Problem('The project could not be written: the disk is full.', {
      where: file,
      next: 'Make room on it and try again; nothing that was saved before is lost.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_READONLY') || code.startsWith('SQLITE_CANTOPEN') || code.startsWith('SQLITE_PERM')) {
    return new Problem("The project's database cannot be opened for writing.", {
      where: file,
      next: 'Change the permissions of the folder, or copy the project to another place.',
      cause: error,
    });
  }
  if (code.startsWith('SQLITE_IOERR')) {
    return new Problem("The disk reported an error in the project's database.", {
      where: file,
      next: 'Check the disk, then open the project again.',
      cause: error,
    });
  }
  return error;
}
