import { mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { describe as inWords, Problem } from '../../../src-main/contract/problem.ts';
import { databaseProblem, openDatabase } from '../../../src-main/store/database.ts';
import { saveDataset } from '../../../src-main/store/datasets.ts';
import { takeLock } from '../../../src-main/store/lock.ts';
import { migrations } from '../../../src-main/store/migrations.ts';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-db-'));
  file = path.join(folder, 'project.sqlite');
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(folder, { recursive: true, force: true });
});

function failure(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    return error as Problem;
  }
  throw new Error('It did not fail.');
}

const DATASET = { name: 'a', layout: 'camvid', root: '/a', classes: [], values: new Array<number>(256).fill(255) };

test('a new database is journalled, strict about references, and written through to the disk', () => {
  const database = openDatabase(file, { create: true });
  expect(database.pragma('journal_mode', { simple: true })).toBe('wal');
  expect(database.pragma('synchronous', { simple: true })).toBe(2);
  expect(database.pragma('foreign_keys', { simple: true })).toBe(1);
  expect(database.pragma('user_version', { simple: true })).toBe(migrations.length);
  const loose = database
    .prepare("SELECT name FROM pragma_table_list WHERE schema = 'main' AND strict = 0 AND name NOT LIKE 'sqlite_%'")
    .pluck()
    .all();
  expect(loose).toEqual([]);
  database.close();
});

test('a database that is not there is not made unless asked', () => {
  expect(failure(() => openDatabase(file)).line).toMatch(/no Stillroom project/);
  expect(readdirSync(folder)).toEqual([]);
});

test('an older project learns which share of an item’s labelled pixels each class has', () => {
  withMigrations(migrations.slice(0, 2), () => {
    const old = openDatabase(file, { create: true });
    const dataset = old
      .prepare(
        `INSERT INTO datasets (name, layout, root, classes, values_to_classes, problems, hash, added_at, totals)
         VALUES ('a', 'camvid', '/a', '[]', '[]', '[]', '', '', '{}') RETURNING id`,
      )
      .pluck()
      .get() as number;
    const item = old.prepare(
      "INSERT INTO items (id, dataset, key, split, image, width, height, hash, stamp) VALUES (?, ?, ?, 'val', '', 1, 1, '', '')",
    );
    for (const id of [1, 2]) item.run(id, dataset, `i${id}`);
    const count = old.prepare('INSERT INTO item_classes (dataset, class, item, pixels) VALUES (?, ?, ?, ?)');
    for (const [c, id, pixels] of [
      [0, 1, 30],
      [4, 1, 10],
      [4, 2, 7],
    ])
      count.run(dataset, c, id, pixels);
    old.close();
  });
  const database = openDatabase(file);
  const rows = database.prepare('SELECT item, class, share FROM item_classes ORDER BY item, class').raw().all();
  database.close();
  expect(rows).toEqual([
    [1, 0, 0.75],
    [1, 4, 0.25],
    [2, 4, 1],
  ]);
});

test('a migration keeps a copy of what was there, and what was there', () => {
  const database = openDatabase(file, { create: true });
  saveDataset(database, DATASET);
  database.close();
  const next = [...migrations, 'ALTER TABLE datasets ADD COLUMN note TEXT;'];
  const before = migrations.length;
  withMigrations(next, () => {
    const migrated = openDatabase(file);
    expect(migrated.prepare('SELECT name, note FROM datasets').get()).toEqual({ name: 'a', note: null });
    expect(migrated.pragma('user_version', { simple: true })).toBe(before + 1);
    migrated.close();
  });
  const copy = new Sqlite(`${file}.before-${before + 1}`, { readonly: true });
  expect(copy.prepare('SELECT name FROM datasets').pluck().all()).toEqual(['a']);
  expect(copy.pragma('user_version', { simple: true })).toBe(before);
  copy.close();
});

test('a migration that fails half-way changes nothing', () => {
  openDatabase(file, { create: true }).close();
  withMigrations([...migrations, 'CREATE TABLE extra (a INTEGER) STRICT; INSERT INTO nowhere VALUES (1);'], () => {
    expect(() => openDatabase(file)).toThrow(/nowhere/);
  });
  const database = openDatabase(file);
  expect(database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = 'extra'").pluck().get()).toBe(0);
  database.close();
});

test('a database from a newer version is refused and left as it is', () => {
  const database = openDatabase(file, { create: true });
  database.pragma(`user_version = ${migrations.length + 3}`);
  database.close();
  const before = readFileSync(file);
  const problem = failure(() => openDatabase(file));
  expect(problem.line).toMatch(/newer version of Stillroom/);
  expect(problem.line).toContain(file);
  expect(problem.next).toMatch(/Update Stillroom/);
  expect(readFileSync(file).equals(before)).toBe(true);
  expect(readdirSync(folder).filter((name) => name.includes('before'))).toEqual([]);
});

test('a damaged database is refused with the way out, and left as it is', () => {
  const database = openDatabase(file, { create: true });
  database.transaction(() => {
    for (let i = 0; i < 2000; i++) saveDataset(database, { ...DATASET, root: `/${i}/${'x'.repeat(100)}` });
  })();
  database.close();
  const whole = readFileSync(file);
  const wrecks: [string, () => void][] = [
    ['cut off', () => truncateSync(file, Math.floor(whole.length / 2))],
    [
      'overwritten',
      () => writeFileSync(file, Buffer.concat([whole.subarray(0, 8192), Buffer.alloc(whole.length - 8192, 7)])),
    ],
    ['not SQLite', () => writeFileSync(file, 'this is no database at all, '.repeat(100))],
  ];
  for (const [how, wreck] of wrecks) {
    writeFileSync(file, whole);
    wreck();
    const before = readFileSync(file);
    const problem = failure(() => openDatabase(file));
    expect(problem.line, how).toMatch(/damaged/);
    expect(problem.next, how).toMatch(/left as it is/);
    expect(readFileSync(file).equals(before), how).toBe(true);
  }
});

test('a database of another program is refused', () => {
  const other = new Sqlite(file);
  other.exec('CREATE TABLE songs (name TEXT)');
  other.close();
  expect(inWords(failure(() => openDatabase(file)))).toMatch(/not a Stillroom project/);
});

test('a full disk is told as such, and what was written before stays', () => {
  const database = openDatabase(file, { create: true });
  saveDataset(database, DATASET);
  database.pragma(`max_page_count = ${database.pragma('page_count', { simple: true })}`);
  const problem = failure(() => {
    try {
      for (let i = 0; ; i++) saveDataset(database, { ...DATASET, root: `/${i}/${'x'.repeat(1000)}` });
    } catch (error) {
      throw databaseProblem(error, file);
    }
  });
  expect(problem.line).toMatch(/disk is full.*nothing that was saved before is lost/);
  expect(problem.where).toBe(file);
  database.pragma('max_page_count = 100000');
  expect(database.prepare('SELECT count(*) FROM datasets').pluck().get()).toBeGreaterThan(0);
  database.close();
});

test('a lock is held once and given back', () => {
  const lockFile = path.join(folder, '.lock');
  const lock = takeLock(lockFile);
  expect(lock).not.toBeNull();
  expect(takeLock(lockFile)).toBeNull();
  lock?.release();
  const again = takeLock(lockFile);
  expect(again).not.toBeNull();
  again?.release();
});

/** Runs with other migrations in place of the real ones. */
function withMigrations(other: string[], work: () => void): void {
  const list = migrations as string[];
  const real = [...list];
  try {
    list.splice(0, list.length, ...other);
    work();
  } finally {
    list.splice(0, list.length, ...real);
  }
}
