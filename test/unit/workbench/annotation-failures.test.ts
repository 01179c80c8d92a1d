import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import type { LabelDocument } from '../../../src-main/labels/document.ts';
import type { OpenProject } from '../../../src-main/workbench/project.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { importData, makeCamvid, newWorkbench, ownFolder, request } from './helpers.ts';
import { fetchPlanes, paint } from './painting.ts';

let own: ReturnType<typeof ownFolder>;
let host: Workbench;
let item: number;
let document: LabelDocument;

beforeEach(async () => {
  own = ownFolder();
  host = newWorkbench();
  const data = makeCamvid(path.join(own.folder, 'streets'), { train: 1 });
  await host.openProject(path.join(own.folder, 'project'), { create: true });
  const { id } = await importData(host, data);
  [item] = (await request(host, 'items.query', itemQuery.parse({ dataset: id }))).items.map((one) => one.id);
  document = await fetchPlanes(host, item);
  await request(host, 'annotations.save', { item, sequence: 0, edit: paint(document, 0) });
}, 60_000);

afterEach(async () => {
  await host.close({ stopRuns: true });
  own.remove();
}, 60_000);

/** The connection that the host writes with. */
function connection() {
  return (host as unknown as { context: { project: OpenProject } }).context.project.database;
}

/** Lets no file of this process grow beyond so many bytes: SQLite then meets a failing write. */
function limitFiles(bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:unlimited`]);
}

test.each([
  [
    'the disk is full',
    () => connection().pragma('max_page_count = 1'),
    () => connection().pragma('max_page_count = 1000000'),
    'the disk is full',
  ],
  [
    'nothing may be written',
    () => connection().pragma('query_only = 1'),
    () => connection().pragma('query_only = 0'),
    'cannot be opened for writing',
  ],
  ['a write fails', () => limitFiles(512), () => limitFiles('unlimited'), 'The disk reported an error'],
])(
  'where %s, a stroke is refused in words, what was saved stays, and the next try saves it',
  async (_, begin, end, words) => {
    const saved = structuredClone(document);
    const edit = paint(document, 1);
    // Random values do not deflate: more pages than the file has to spare.
    const big = {
      ...edit,
      shapes: Array.from({ length: 4000 }, (_, i) => ({
        before: null,
        after: { id: 1 + i, class: i % 11, rings: [] },
      })),
    };
    begin();
    try {
      await expect(request(host, 'annotations.save', { item, sequence: 1, edit: big })).rejects.toThrow(words);
      await expect(request(host, 'annotations.save', { item, sequence: 1, edit: big })).rejects.toThrow(words);
    } finally {
      end();
    }
    expect((await fetchPlanes(host, item)).classes).toEqual(saved.classes);
    expect(await request(host, 'annotations.open', { item })).toMatchObject({ sequence: 1, shapes: [] });
    expect(await request(host, 'annotations.save', { item, sequence: 1, edit: big })).toEqual({ sequence: 2 });
    expect((await fetchPlanes(host, item)).classes).toEqual(document.classes);
    expect((await request(host, 'annotations.open', { item })).shapes.length).toBe(4000);
    expect(connection().pragma('integrity_check', { simple: true })).toBe('ok');
  },
);
