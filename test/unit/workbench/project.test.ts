import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { recipe } from '../../../src-main/contract/recipe.ts';
import { openDatabase } from '../../../src-main/store/database.ts';
import { saveDataset } from '../../../src-main/store/datasets.ts';
import { migrations } from '../../../src-main/store/migrations.ts';
import { addRun } from '../../../src-main/store/runs.ts';
import { RemoteHost } from '../../../src-main/workbench/link.ts';
import { linkAddress } from '../../../src-main/workbench/places.ts';
import type { Workbench } from '../../../src-main/workbench/workbench.ts';
import { ended, newWorkbench, ownFolder, request, start, token, until } from './helpers.ts';

let own: ReturnType<typeof ownFolder>;
let project: string;
const open: Workbench[] = [];

beforeEach(() => {
  own = ownFolder();
  project = path.join(own.folder, 'project');
});

afterEach(async () => {
  for (const one of open.splice(0)) await one.close({ stopRuns: true });
  own.remove();
}, 60_000);

function workbench(): Workbench {
  const made = newWorkbench();
  open.push(made);
  return made;
}

test('the engines are listed best first, each with a word on whether it is there', async () => {
  const engines = await request(workbench(), 'app.engines', {});
  expect(engines.map(({ id }) => id)).toEqual(['cuda', 'cpu', 'webgpu', 'wasm']);
  expect(engines.every(({ detail }) => detail.length > 0)).toBe(true);
  expect(engines.at(-1)).toMatchObject({ id: 'wasm', ready: true });
});

test('a project is made, closed, and opened again from the list of recent ones', async () => {
  const host = workbench();
  mkdirSync(project);
  const file = await token(host, 'new-project', project);
  expect(await request(host, 'project.create', { file })).toEqual({ name: 'project', folder: project });
  await expect(request(host, 'datasets.list', {})).resolves.toEqual([]);
  await request(host, 'project.close', {});
  await expect(request(host, 'datasets.list', {})).rejects.toThrow(/No project is open/);
  await request(host, 'project.open', { recent: 0 });
  expect((await request(host, 'app.info', {})).project?.folder).toBe(project);
});

test('a folder with other things in it does not become a project', async () => {
  mkdirSync(project);
  writeFileSync(path.join(project, 'thesis.doc'), 'important');
  await expect(workbench().openProject(project, { create: true })).rejects.toThrow(/neither empty nor/);
  expect(readdirSync(project)).toEqual(['thesis.doc']);
  await expect(workbench().openProject(path.join(own.folder, 'nowhere'))).rejects.toThrow(/no Stillroom project/);
  expect(existsSync(path.join(own.folder, 'nowhere'))).toBe(false);
});

test('opening a project that cannot be opened leaves the open one open', async () => {
  const host = workbench();
  await host.openProject(project, { create: true });
  await expect(host.openProject(path.join(own.folder, 'nowhere'))).rejects.toThrow();
  expect(host.project?.folder).toBe(project);
  await expect(request(host, 'runs.list', {})).resolves.toEqual([]);
});

test('a second host is refused and told who has it; one that was killed leaves nothing in the way', async () => {
  const holder = start('test/unit/workbench/hold-project.ts', [project]);
  const end = ended(holder);
  await new Promise((resolve) => holder.stdout?.once('data', resolve));
  const refused = await workbench()
    .openProject(project)
    .catch((error: unknown) => error);
  expect(String(refused)).toContain(`process ${holder.pid}`);
  holder.kill('SIGKILL');
  await end;
  await expect(workbench().openProject(project)).resolves.toMatchObject({ folder: project });
});

test('two hosts in one process cannot share a project either', async () => {
  await workbench().openProject(project, { create: true });
  await expect(workbench().openProject(project)).rejects.toThrow(/already open/);
});

test('while another program holds an older project, opening it waits and the process goes on', async () => {
  mkdirSync(project);
  const file = path.join(project, 'project.sqlite');
  const list = migrations as string[];
  const [newest] = list.splice(-1);
  const other = openDatabase(file, { create: true });
  list.push(newest);
  other.exec('BEGIN IMMEDIATE');
  let settled = false;
  const opened = workbench()
    .openProject(project)
    .finally(() => {
      settled = true;
    });
  // The copy is made before anything is written.
  await until(() => existsSync(`${file}.before-${list.length}`));
  for (let i = 0; i < 100; i++) await turn();
  expect(settled).toBe(false);
  other.exec('ROLLBACK');
  other.close();
  await expect(opened).resolves.toMatchObject({ folder: project });
  const now = new Sqlite(file, { readonly: true });
  expect(now.pragma('user_version', { simple: true })).toBe(list.length);
  now.close();
});

test('projects that are opened at once are opened one after the other', async () => {
  const host = workbench();
  const other = path.join(own.folder, 'other');
  const folders = [project, project, other, project];
  const opened = await Promise.all(folders.map((folder) => host.openProject(folder, { create: true })));
  expect(opened.map(({ folder }) => folder)).toEqual(folders);
  expect(host.project?.folder).toBe(project);
  await expect(workbench().openProject(other)).resolves.toMatchObject({ folder: other });
});

test('the link answers requests, tells news, and is for this user only', async () => {
  const host = workbench();
  await host.openProject(project, { create: true });
  const address = linkAddress(project);
  expect(statSync(address).mode & 0o777).toBe(0o600);
  expect(statSync(path.dirname(address)).mode & 0o777).toBe(0o700);
  const remote = (await RemoteHost.connect(project))!;
  const news: string[] = [];
  remote.onNews((name) => news.push(name));
  expect((await request(remote, 'app.info', {})).project?.folder).toBe(project);
  await expect(remote.handle('no.such', {})).rejects.toThrow(/no request “no.such”/);
  await expect(remote.handle('items.get', { item: 'x' })).rejects.toMatchObject({ where: 'item' });
  // The command line names paths; whether they are any good is for the request itself to say.
  const file = await token(remote, 'dataset', path.join(own.folder, 'nowhere'));
  const { job } = await request(remote, 'datasets.import', { file });
  const failed = await until(async () =>
    (await request(remote, 'jobs.list', {})).find((one) => one.id === job && one.status === 'failed'),
  );
  expect(failed.message).toMatch(/nowhere.*not there/);
  await until(() => news.includes('jobs.changed'));
  await host.close({ stopRuns: true });
  await remote.gone;
  await expect(remote.handle('app.info', {})).rejects.toThrow(/has ended/);
  expect(await RemoteHost.connect(project)).toBeNull();
});

test('a command line that goes away in the middle of an answer takes nobody with it', async () => {
  const host = workbench();
  await host.openProject(project, { create: true });
  const socket = connect(linkAddress(project));
  await new Promise((resolve) => socket.once('connect', resolve));
  // Never read: what is left unread when it closes comes back to the host as a broken connection.
  socket.pause();
  for (let id = 1; id <= 200; id++) socket.write(`${JSON.stringify({ id, name: 'methods.list', params: {} })}\n`);
  await request(host, 'methods.list', {});
  await new Promise((resolve) => setTimeout(resolve, 300));
  socket.destroy();
  await new Promise((resolve) => setTimeout(resolve, 300));
  expect((await request(host, 'app.info', {})).project?.folder).toBe(project);
});

test('a window cannot name a path by itself', async () => {
  const host = workbench();
  await host.openProject(project, { create: true });
  await expect(request(host, 'datasets.import', { file: '/etc' })).rejects.toThrow(/not chosen by you/);
});

test('kill -9 while metrics are written loses nothing that was said to be written', async () => {
  mkdirSync(project);
  const file = path.join(project, 'project.sqlite');
  const database = openDatabase(file, { create: true });
  const values = new Array<number>(256).fill(255);
  const dataset = saveDataset(database, { name: 'd', layout: 'camvid', root: '/d', classes: [], values });
  const made = recipe.parse({
    version: 1,
    name: 'made',
    data: {},
    student: { network: { id: 'espnet-c' } },
    methods: [{ method: 'ce', weight: 1 }],
    schedule: { steps: 9 },
    batch: 1,
    crop: [16, 16],
  });
  addRun(database, {
    recipe: made,
    dataset,
    teacher: null,
    parameters: 1,
    codeVersion: '',
    dataHash: '',
    machine: '',
    memoryEstimate: 2e9,
  });
  database.close();
  let batch = 0;
  for (let round = 0; round < 12; round++) {
    const writer = start('test/unit/workbench/write-metrics.ts', [file, String(batch)]);
    const end = ended(writer);
    await new Promise((resolve) => writer.stdout?.once('data', resolve));
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    writer.kill('SIGKILL');
    const { out } = await end;
    const said = out.trimEnd().split('\n').map(Number);
    const check = openDatabase(file);
    expect(check.pragma('integrity_check', { simple: true })).toBe('ok');
    const steps = check.prepare('SELECT count(*) AS n, max(step) AS last FROM metrics').get() as {
      n: number;
      last: number;
    };
    // Whole batches without a gap, and at least those that were said to be written.
    expect(steps.n % 20).toBe(0);
    expect(steps.last).toBe(steps.n - 1);
    expect(steps.n / 20).toBeGreaterThanOrEqual(said.at(-1)! + 1);
    batch = steps.n / 20;
    check.close();
  }
});
