import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { databaseProblem, openDatabase, type WritableDatabase } from '../../../src-main/store/database.ts';
import { Writer } from '../../../src-main/store/writer.ts';

let folder: string;
let database: WritableDatabase;
let other: WritableDatabase;
let writer: Writer;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'stillroom-writer-'));
  const file = path.join(folder, 'project.sqlite');
  database = openDatabase(file, { create: true });
  database.exec('CREATE TABLE written (what TEXT)');
  other = openDatabase(file);
  writer = new Writer(database);
});

afterEach(() => {
  database.close();
  other.close();
  rmSync(folder, { recursive: true, force: true });
});

const write = (what: string, patience?: number) =>
  writer.write((into) => {
    into.prepare('INSERT INTO written VALUES (?)').run(what);
    return what;
  }, patience);
const written = () => database.prepare('SELECT what FROM written ORDER BY rowid').pluck().all();

test('where nobody holds the database, it is written at once', async () => {
  const answer = write('a');
  expect(written()).toEqual(['a']);
  expect(await answer).toBe('a');
  await writer.settled();
});

test('while another program holds it, the process goes on; then all is written in the order in which it was asked for', async () => {
  other.exec('BEGIN IMMEDIATE');
  let settled = false;
  const answers = Promise.all([write('a'), write('b'), write('c')]).finally(() => {
    settled = true;
  });
  for (let i = 0; i < 100; i++) await turn();
  expect([settled, written()]).toEqual([false, []]);
  other.exec('ROLLBACK');
  // Whoever asks now is not before the others either.
  const last = write('d');
  expect(await answers).toEqual(['a', 'b', 'c']);
  expect(await last).toBe('d');
  expect(written()).toEqual(['a', 'b', 'c', 'd']);
});

test('what has waited long enough is refused in words, what waits on is written', async () => {
  other.exec('BEGIN IMMEDIATE');
  const patient = write('patient');
  const hasty = await write('hasty', 0).catch((error: unknown) => error);
  expect(String(databaseProblem(hasty, 'project.sqlite'))).toContain('Another program holds the project’s database');
  other.exec('ROLLBACK');
  expect(await patient).toBe('patient');
  expect(written()).toEqual(['patient']);
});

test('what fails is taken back and keeps nobody else', async () => {
  const failing = writer.write((into) => {
    into.exec("INSERT INTO written VALUES ('half')");
    throw new Error('no more');
  });
  await expect(failing).rejects.toThrow('no more');
  await write('a');
  expect(written()).toEqual(['a']);
});

test('it has settled when the last one is written, or refused', async () => {
  other.exec('BEGIN IMMEDIATE');
  const refused = write('a', 0).catch(() => 'refused');
  const answer = write('b');
  const settled = writer.settled();
  expect(await refused).toBe('refused');
  other.exec('ROLLBACK');
  await settled;
  expect(written()).toEqual(['b']);
  await answer;
});
