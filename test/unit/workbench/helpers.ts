import { type ChildProcess, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { randomBits } from '../../../src-main/base/random.ts';
import { type Recipe, recipe } from '../../../src-main/contract/recipe.ts';
import type { Answers, Params, RequestName } from '../../../src-main/contract/window.ts';
import { encodeImage, encodeLabels } from '../../../src-main/datasets/codec.ts';
import type { Host } from '../../../src-main/workbench/link.ts';
import { Workbench } from '../../../src-main/workbench/workbench.ts';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../..');

/** A folder of one's own, and the user's folders in it, so that tests touch nobody's settings. */
export function ownFolder(): { folder: string; remove: () => void } {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-test-'));
  for (const name of ['XDG_CONFIG_HOME', 'XDG_RUNTIME_DIR', 'STILLROOM_DATA']) {
    process.env[name] = path.join(folder, name);
    mkdirSync(path.join(folder, name));
  }
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }) };
}

export function newWorkbench(root = ROOT): Workbench {
  return new Workbench({ home: 'cli', version: '0.0.0', root });
}

/** An application whose worker only says what a real one would say. @returns its root, in this folder */
export function fakeApp(folder: string): string {
  const root = path.join(folder, 'app');
  mkdirSync(path.join(root, 'dist', 'main'), { recursive: true });
  writeFileSync(path.join(root, 'package.json'), '{"type":"module"}');
  const fake = pathToFileURL(path.join(ROOT, 'test/unit/workbench/fake-worker.ts'));
  writeFileSync(path.join(root, 'dist', 'main', 'worker.js'), `import '${fake}';\n`);
  return root;
}

/** A typed request. */
export function request<N extends RequestName>(host: Host, name: N, params: Params<N>): Promise<Answers[N]> {
  return host.handle(name, params) as Promise<Answers[N]>;
}

export async function token(host: Host, purpose: Params<'files.pick'>['purpose'], file: string): Promise<string> {
  return (await request(host, 'files.pick', { purpose, path: file }))!.file;
}

/** An open project in a folder of its own, with a small data set, whose runs a fake worker does. */
export async function projectOfStreets() {
  const own = ownFolder();
  const project = path.join(own.folder, 'project');
  const root = fakeApp(own.folder);
  const host = newWorkbench(root);
  await host.openProject(project, { create: true });
  const data = await importData(host, makeCamvid(path.join(own.folder, 'streets')));
  return { own, project, root, host, data };
}

/** A recipe that the fake worker is done with at once. */
export const quickRecipe = (name: string, steps = 6): Recipe =>
  recipe.parse({
    version: 1,
    name,
    data: {},
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1 } } },
    methods: [{ method: 'ce', weight: 1 }],
    schedule: { steps },
    batch: 2,
    crop: [16, 16],
  });

/** Waits until something holds. */
export async function until<T>(
  what: () => Promise<T | undefined | false> | T | undefined | false,
  ms = 45_000,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const found = await what();
    if (found) return found;
    if (performance.now() > end) throw new Error('It did not come about in time.');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export async function importData(host: Host, folder: string): Promise<Answers['datasets.list'][number]> {
  const { job } = await request(host, 'datasets.import', { file: await token(host, 'dataset', folder) });
  const ended = await until(async () =>
    (await request(host, 'jobs.list', {})).find((one) => one.id === job && one.status !== 'running'),
  );
  if (ended.status === 'failed') throw new Error(ended.message ?? '');
  return (await request(host, 'datasets.list', {})).at(-1)!;
}

/** A small data set in the layout of CamVid. */
export function makeCamvid(folder: string, counts: Record<string, number> = { train: 6, val: 4 }): string {
  for (const [split, count] of Object.entries(counts)) {
    for (let i = 0; i < count; i++) writeItem(folder, split, `img${i}`, i);
  }
  return folder;
}

export function writeItem(folder: string, split: string, name: string, seed: number, width = 32, height = 24): void {
  const size = { width, height };
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => randomBits(seed, 'image', i) & 255);
  const labels = Uint8Array.from({ length: width * height }, (_, i) => (seed + Math.floor(i / 100)) % 12);
  mkdirSync(path.join(folder, split), { recursive: true });
  mkdirSync(path.join(folder, `${split}annot`), { recursive: true });
  writeFileSync(path.join(folder, split, `${name}.png`), encodeImage({ ...size, data }));
  writeFileSync(path.join(folder, `${split}annot`, `${name}.png`), encodeLabels({ ...size, data: labels }));
}

/** Runs a script of the tests, or of the sources, in a process of its own on the same Electron. */
export function start(script: string, args: string[] = [], env: NodeJS.ProcessEnv = {}): ChildProcess {
  return spawn(process.execPath, [path.join(ROOT, script), ...args], {
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', ...env },
    stdio: ['pipe', 'pipe', 'pipe'],
  });
}

export interface Ended {
  code: number | null;
  out: string;
  err: string;
}

export function ended(child: ChildProcess): Promise<Ended> {
  let out = '';
  let err = '';
  child.stdout?.on('data', (data) => {
    out += data;
  });
  child.stderr?.on('data', (data) => {
    err += data;
  });
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, out, err })));
}
