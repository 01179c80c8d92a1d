import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { itemQuery } from '../../../src-main/contract/item-query.ts';
import type { LabelDocument } from '../../../src-main/labels/document.ts';
import { RemoteHost } from '../../../src-main/workbench/link.ts';
import type { OpenProject } from '../../../src-main/workbench/project.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { importData, makeCamvid, newWorkbench, ownFolder, request, until } from './helpers.ts';
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

test('of two windows on one image, one in another process, only one stroke follows on the last; the other is told', async () => {
  const remote = (await RemoteHost.connect(path.join(own.folder, 'project')))!;
  const told: unknown[] = [];
  remote.onNews((name, news) => name === 'items.changed' && told.push(news));
  const [here, there] = [structuredClone(document), structuredClone(document)];
  for (let sequence = 1; sequence < 6; sequence++) {
    const strokes = [
      { at: host, drawn: here, edit: paint(here, 2 * sequence) },
      { at: remote, drawn: there, edit: paint(there, 2 * sequence + 1) },
    ];
    const answers = await Promise.allSettled(
      strokes.map(({ at, edit }) => request(at, 'annotations.save', { item, sequence, edit })),
    );
    const saved = answers.findIndex(({ status }) => status === 'fulfilled');
    const refused = answers.find((answer) => answer.status === 'rejected');
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBe(1);
    expect(String(refused!.reason)).toContain('changed in another window');
    const now = await fetchPlanes(host, item);
    expect(now.classes).toEqual(strokes[saved].drawn.classes);
    // The other one opens the image again.
    for (const { drawn } of strokes) drawn.classes.set(now.classes);
  }
  await until(() => told.length >= 5);
  expect(told[0]).toEqual({ items: [item] });
  remote.close();
});

test('closing the project in the middle of painting loses no stroke that was answered, and keeps none that was refused', async () => {
  const wanted = new Map<number, Uint8Array>([[1, document.classes.slice()]]);
  const saves = Array.from({ length: 30 }, (_, i) => {
    const edit = paint(document, 100 + i);
    wanted.set(i + 2, document.classes.slice());
    return request(host, 'annotations.save', { item, sequence: i + 1, edit });
  });
  const answered = Promise.allSettled(saves);
  // Some are under way when the project goes.
  await saves[3];
  await request(host, 'project.close', {});
  const answers = await answered;
  const kept = 1 + answers.filter(({ status }) => status === 'fulfilled').length;
  for (const answer of answers) {
    if (answer.status === 'rejected') expect(String(answer.reason)).toContain('being closed');
  }
  await host.openProject(path.join(own.folder, 'project'));
  expect((await request(host, 'annotations.open', { item })).sequence).toBe(kept);
  expect((await fetchPlanes(host, item)).classes).toEqual(wanted.get(kept));
  expect(connection().pragma('integrity_check', { simple: true })).toBe('ok');
});
