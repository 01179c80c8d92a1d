/** The Python that has PyTorch: a virtual environment in the per-user cache, made at first use. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from '../../bin/lock.mjs';
import { startProgress } from '../../bin/progress.mjs';
import { collect } from '../../bin/run.mjs';
import { cacheFolder } from '../../src-main/base/folders.ts';

const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));

/**
 * @returns the program: STILLROOM_BENCH_PYTHON where it is set, else the environment's
 * @throws Error with what went wrong where it cannot be made
 */
export async function benchPython(): Promise<string> {
  const given = process.env.STILLROOM_BENCH_PYTHON;
  if (given) {
    await must(given, ['-c', 'import torch']);
    return given;
  }
  const folder = path.join(cacheFolder(), 'bench', 'venv');
  const python = path.join(folder, ...(process.platform === 'win32' ? ['Scripts', 'python.exe'] : ['bin', 'python']));
  const wanted = readFileSync(REQUIREMENTS, 'utf8');
  // Written last, so an environment that was left half-made is made anew.
  const mark = path.join(folder, 'requirements.txt');
  await withLock(`${folder}.lock`, async () => {
    if (existsSync(mark) && readFileSync(mark, 'utf8') === wanted) return;
    rmSync(folder, { recursive: true, force: true });
    const progress = startProgress('Making the environment with PyTorch (once; up to some GB)');
    try {
      progress.update('virtual environment');
      await must('python3', ['-m', 'venv', folder]);
      progress.update(wanted.trim().replaceAll('\n', ', '));
      await must(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS]);
      writeFileSync(mark, wanted);
      progress.done();
    } catch (error) {
      progress.fail();
      throw error;
    }
  });
  return python;
}

async function must(program: string, args: string[]): Promise<void> {
  const result = await collect(program, args);
  if (!result.ok) throw new Error(result.why);
}
