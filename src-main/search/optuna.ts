/**
 * Optuna (https://optuna.org, MIT), which searches by a tree-structured Parzen estimator: Bergstra et al., Algorithms for
 * hyper-parameter optimization, NeurIPS 2011. It is Python's, so it runs in a process of the user's own Python, one for
 * each suggestion; pip brings it into the per-user cache, checked by hashes, when the first sweep needs it.
 */
import { existsSync, readFileSync } from 'node:fs';
import fsp from 'node:fs/promises';
import path from 'node:path';
import { withLock } from '../../bin/lock.mjs';
import { collect } from '../../bin/run.mjs';
import type { Report } from '../base/fetch-wheel.ts';
import { appFolder, cacheFolder } from '../base/folders.ts';
import { randomBits } from '../base/random.ts';
import { Problem } from '../contract/problem.ts';
import type { Sweep, SweepTrial, Value } from '../contract/sweep.ts';

const VERSION = '5.0.0';
const PYTHON = 'python3';
const INSTEAD = 'Or search at random or by a grid, which need nothing.';

const resource = (name: string) => path.join(appFolder(), 'resources', 'search', name);

/**
 * The values that Optuna would try next.
 * @param before as for `suggest`; those that failed count as tried, but say nothing of what is good
 * @throws Problem no Python, no pip, no network, or Optuna ended with an error
 */
export async function suggestByTpe(sweep: Sweep, before: readonly SweepTrial[], report: Report): Promise<Value[]> {
  const folder = await getOptuna(report);
  const input = JSON.stringify({
    spaces: sweep.fields.map(({ space }) => space),
    trials: before.map(({ values, mIoU }) => ({ values, mIoU })),
    seed: randomBits(sweep.seed, 'tpe', before.length),
    startup: startupRuns(sweep.runs ?? 0),
  });
  const env = { ...process.env, PYTHONPATH: folder, PYTHONDONTWRITEBYTECODE: '1' };
  // Python cannot read a package's archive, in which the resources lie.
  const answer = await collect(PYTHON, ['-s', '-c', readFileSync(resource('tpe.py'), 'utf8')], { env, input });
  if (answer.ok) return JSON.parse(answer.out);
  throw new Problem(`Optuna could not say what to try next: ${answer.why}.`, {
    where: folder,
    next: `Delete that folder, so that it is fetched anew, and continue the sweep. ${INSTEAD}`,
  });
}

/** How many runs are drawn at random before the estimator has something to learn from: a third, 2 to Optuna's own 10. */
export function startupRuns(runs: number): number {
  return Math.min(10, Math.max(2, Math.floor(runs / 3)));
}

/** The folder that Optuna is in, fetched where it is not there yet. */
async function getOptuna(report: Report): Promise<string> {
  const python = await collect(PYTHON, ['-c', 'import sys; print(sys.version_info[0] * 100 + sys.version_info[1])'], {
    limitMs: 20_000,
  });
  const version = Number(python.out);
  if (!python.ok || version < 310) {
    const why = python.ok ? `${PYTHON} is too old` : python.why;
    throw new Problem(`The Bayesian search needs Python 3.10 or later, and there is none: ${why}.`, {
      next: `Install it with pip (Debian, Ubuntu: apt-get install python3-pip) and continue the sweep. ${INSTEAD}`,
    });
  }
  const folder = path.join(cacheFolder(), 'optuna', `${VERSION}-python${version}`);
  if (existsSync(folder)) return folder;
  return withLock(`${folder}.lock`, async () => {
    if (!existsSync(folder)) await install(folder, report);
    return folder;
  });
}

/** Whole or not at all. */
async function install(folder: string, report: Report): Promise<void> {
  report('Getting Optuna (18 MB, once)');
  const part = `${folder}.${process.pid}.part`;
  const wanted = ['--no-deps', '--only-binary=:all:', '--require-hashes', '--requirement', `${part}.txt`];
  try {
    await fsp.writeFile(`${part}.txt`, readFileSync(resource('requirements.txt')));
    const answer = await collect(PYTHON, ['-m', 'pip', 'install', '--quiet', ...wanted, '--target', part], {
      env: { ...process.env, PIP_DISABLE_PIP_VERSION_CHECK: '1', PIP_ROOT_USER_ACTION: 'ignore' },
    });
    if (!answer.ok) {
      throw new Problem(`Optuna cannot be fetched: ${answer.why}.`, {
        next: `Check pip, the network and pip’s package index, and continue the sweep. ${INSTEAD}`,
      });
    }
    await fsp.rename(part, folder);
  } finally {
    for (const file of [part, `${part}.txt`]) await fsp.rm(file, { recursive: true, force: true });
  }
}
