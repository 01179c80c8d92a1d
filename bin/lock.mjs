/** A lock between processes of one user: a file that names its holder and that the holder keeps touching. */
import fs from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

const BEAT_MS = 3000;
const STALE_MS = 20_000;

/**
 * Runs `work` while no other process holds the lock. A holder that died (no such process on this machine, or no sign
 * of life for 20 s) loses it.
 * @template T
 * @param {string} file the lock file; its folder is made
 * @param {() => Promise<T>} work must not block the event loop for long, or the lock is taken for abandoned
 * @param {() => void} [waiting] called once when another process holds the lock
 * @returns {Promise<T>}
 */
export async function withLock(file, work, waiting) {
  await fs.mkdir(path.dirname(file), { recursive: true });
  const mine = `${process.pid} ${os.hostname()} ${Date.now()}`;
  let said = false;
  while (!(await take(file, mine))) {
    if (!said) waiting?.();
    said = true;
    await new Promise((resolve) => setTimeout(resolve, 150));
  }
  const beat = setInterval(() => fs.utimes(file, new Date(), new Date()).catch(() => {}), BEAT_MS);
  beat.unref();
  try {
    return await work();
  } finally {
    clearInterval(beat);
    if ((await read(file)) === mine) await fs.rm(file, { force: true });
  }
}

/** @param {string} file @param {string} mine */
async function take(file, mine) {
  try {
    await fs.writeFile(file, mine, { flag: 'wx' });
    return true;
  } catch (error) {
    if (/** @type {NodeJS.ErrnoException} */ (error).code !== 'EEXIST') throw error;
  }
  const holder = await read(file);
  if (holder === undefined || !(await abandoned(file, holder))) return false;
  // Two waiters may both see an abandoned lock: only the one whose rename succeeds clears it.
  const aside = `${file}.${process.pid}`;
  try {
    await fs.rename(file, aside);
    if ((await read(aside)) !== holder) await fs.rename(aside, file);
    else await fs.rm(aside, { force: true });
  } catch {
    // Another waiter was quicker.
  }
  return false;
}

/** @param {string} file */
async function read(file) {
  return fs.readFile(file, 'utf8').catch(() => undefined);
}

/** @param {string} file @param {string} holder */
async function abandoned(file, holder) {
  const [pid, host] = holder.split(' ');
  if (host === os.hostname() && !alive(Number(pid))) return true;
  const stat = await fs.stat(file).catch(() => undefined);
  return stat !== undefined && Date.now() - stat.mtimeMs > STALE_MS;
}

/** @param {number} pid */
function alive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return /** @type {NodeJS.ErrnoException} */ (error).code === 'EPERM';
  }
}
