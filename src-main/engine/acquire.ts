/**
 * Getting a native engine into the per-user cache, once: its wheels by pip, out of them the libraries and the headers,
 * and the binding built or copied beside TensorFlow's.
 *
 *     CACHE/engine/tensorflow-cpu-2.21.0-onednn-3.2/{libtensorflow_cc.so.2, libtensorflow_framework.so.2,
 *                                                    libdnnl.so.3, include/, tfjs_binding-HASH.node}
 *     CACHE/engine/tensorflow-cuda-2.21.0/{tensorflow/ (the same), nvidia/NAME/lib/}
 *
 * The folder with libraries and headers appears whole or not at all, and so does the binding in it; the headers stay,
 * so that a changed binding is built without the wheel. Wheels that were downloaded stay in CACHE/engine/downloads
 * until then, so a later failure does not fetch them again; a wheel that the user puts there is taken without pip.
 */
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../bin/lock.mjs';
import { startProgress } from '../../bin/progress.mjs';
import { fetchWheel, type Report } from '../base/fetch-wheel.ts';
import { fileProblem } from '../base/files.ts';
import { cacheFolder } from '../base/folders.ts';
import { unpackWheel } from '../base/wheel.ts';
import { Problem } from '../contract/problem.ts';
import { bindingName, placeBinding, shippedBinding } from './binding.ts';
import { downloadMegabytes, type NativeEngine, type WheelPart } from './native-engines.ts';

const RETRY_MS = 10 * 60_000;

/** Where an engine lies when it is there. */
export function engineFolder(engine: NativeEngine): string {
  return path.join(cacheFolder(), 'engine', engine.folder);
}

/** The folder in it with TensorFlow's libraries and the binding. */
function libraryFolder(engine: NativeEngine): string {
  return path.join(engineFolder(engine), engine.library);
}

/** Whether the engine is in the cache. */
export function hasEngine(engine: NativeEngine): boolean {
  return fs.existsSync(path.join(libraryFolder(engine), bindingName()));
}

/**
 * The folder with TensorFlow's library and the binding, fetched and built when it is not there yet. Two processes that
 * ask at once do it once.
 * @param again false: a try that failed in the last ten minutes is not repeated, its Problem is thrown again, so that
 *   a machine without network does not wait for pip at every job
 * @throws Problem with what was tried: another platform, no pip, no network, no compiler, no room
 */
export async function acquireEngine(engine: NativeEngine, again = true, report?: Report): Promise<string> {
  const folder = engineFolder(engine);
  if (hasEngine(engine)) return libraryFolder(engine);
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Problem(`There is no native engine for ${process.platform} on ${process.arch} yet.`);
  }
  const failure = `${folder}.failed`;
  const waiting = () => startProgress('Waiting for another Stillroom process that gets the engine', report).done();
  return withLock(
    `${folder}.lock`,
    async () => {
      if (hasEngine(engine)) return libraryFolder(engine);
      if (!again) throwRecent(failure);
      try {
        await make(engine, report);
      } catch (error) {
        const problem = fileProblem(error, folder, 'prepare the engine in');
        await fsp.writeFile(failure, problem.line).catch(() => {});
        throw problem;
      }
      await fsp.rm(failure, { force: true });
      return libraryFolder(engine);
    },
    waiting,
  );
}

/** Throws what an earlier try said, if it is recent. */
function throwRecent(failure: string): void {
  const stat = fs.statSync(failure, { throwIfNoEntry: false });
  if (stat && Date.now() - stat.mtimeMs < RETRY_MS) throw new Problem(fs.readFileSync(failure, 'utf8'));
}

/** Makes the folder. Runs under the lock, so whatever an earlier try left behind is ours to remove. */
async function make(engine: NativeEngine, report?: Report): Promise<void> {
  const library = libraryFolder(engine);
  const include = path.join(library, 'include');
  if (!fs.existsSync(include)) await makeLibraries(engine, report);
  const progress = startProgress(
    shippedBinding() ? 'Placing the binding' : 'Building the binding to TensorFlow',
    report,
  );
  await placeBinding(library, include).then(() => progress.done(), rethrow(progress));
}

/** The folder with the libraries and the headers. */
async function makeLibraries(engine: NativeEngine, report?: Report): Promise<void> {
  const folder = engineFolder(engine);
  const part = `${folder}.part`;
  const downloads = path.join(path.dirname(folder), 'downloads');
  await fsp.rm(part, { recursive: true, force: true });
  await fsp.mkdir(downloads, { recursive: true });
  await checkRoom(engine, downloads);
  const wheels: string[] = [];
  for (const { wheel } of engine.parts) wheels.push(await fetchWheel(wheel, downloads, report));
  try {
    await fsp.mkdir(part);
    for (const [i, one] of engine.parts.entries()) await unpack(one, wheels[i], part, report);
    await fsp.rm(folder, { recursive: true, force: true });
    await fsp.rename(part, folder);
    await fsp.rm(downloads, { recursive: true, force: true });
  } finally {
    await fsp.rm(part, { recursive: true, force: true });
  }
}

async function checkRoom(engine: NativeEngine, folder: string): Promise<void> {
  const disk = await fsp.statfs(folder);
  const free = (disk.bavail * disk.bsize) / 1e9;
  // pip holds the largest of the wheels twice for a moment.
  const largest = Math.max(...engine.parts.map(({ wheel }) => wheel.megabytes));
  const needed = (engine.unpackedMegabytes + downloadMegabytes(engine) + largest) / 1000;
  if (free > needed) return;
  throw new Problem(`The engine needs ${needed.toFixed(1)} GB of disk and ${free.toFixed(1)} GB are free.`, {
    where: folder,
    next: 'Make room, or set STILLROOM_CACHE to a folder on another disk.',
  });
}

/** Unpacks what is wanted of a wheel into the folder that the engine is made in. */
async function unpack({ wheel, place, needed }: WheelPart, file: string, part: string, report?: Report): Promise<void> {
  const target = (entry: string) => {
    const to = place(entry);
    return to === undefined ? undefined : path.join(part, to);
  };
  const progress = startProgress(`Unpacking ${wheel.name}`, report);
  const show = (share: number) => progress.update(`${Math.round(100 * share)} %`);
  const written = await unpackWheel(file, target, show).catch(rethrow(progress));
  progress.done();
  const missing = needed.find((name) => !written.includes(name));
  if (missing) throw new Problem(`The wheel holds no ${missing}.`, { where: file, next: 'Delete it and try again.' });
}

function rethrow(progress: { fail(): void }): (error: unknown) => never {
  return (error) => {
    progress.fail();
    throw error;
  };
}
