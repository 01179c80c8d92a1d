/** The sample data set: street scenes drawn by our own code, in our own layout, the same bytes for the same seed. */
import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { fileProblem, syncFolder, temporaryBeside, writeAtomic } from '../base/files.ts';
import { inOrder, ThreadPool } from '../base/thread-pool.ts';
import { Problem } from '../contract/problem.ts';
import { SAMPLE_CLASSES } from './sample/classes.ts';
import type { SceneRequest } from './sample/sample.thread.ts';
import { DATASET_FILE, type DatasetFile, readDatasetFile } from './stillroom.ts';

export { SAMPLE_CLASSES };

/** Width and height of the sample's images, in pixels. */
export const SAMPLE_WIDTH = 256;
export const SAMPLE_HEIGHT = 192;

/** Raised whenever the same seed gives other pictures than before. */
const GENERATOR = 1;

/** Scenes of different splits never share a number, so growing one split leaves the other as it was. */
const FIRST_NUMBER = { train: 0, val: 1_000_000 };

export interface SampleOptions {
  /** A whole number from 0 on; 1 by default, for which the sample teacher was trained. */
  seed?: number;
  /** Number of training images; 160 by default. */
  train?: number;
  /** Number of validation images; 48 by default. */
  val?: number;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/**
 * Makes the sample data set in a folder, or leaves it if it is there already with the same options. The folder appears
 * whole or not at all.
 * @returns the folder
 * @throws Problem where the folder holds something else or cannot be written; the signal's reason once it is aborted
 */
export async function makeSample(folder: string, options: SampleOptions = {}): Promise<string> {
  const { seed = 1, train = 160, val = 48, onProgress, signal } = options;
  const target = path.resolve(folder);
  const origin = `Stillroom sample ${GENERATOR}, seed ${seed}, ${train} + ${val} scenes`;
  const old = present(target);
  if (old === origin) return target;
  const made = temporaryBeside(target);
  const pool = new ThreadPool<SceneRequest, void>(new URL('./sample/sample.thread.ts', import.meta.url));
  try {
    const requests = plan(made, seed, { train, val });
    let done = 0;
    for await (const _ of inOrder(requests, (request) => pool.run(request), 2 * pool.size, signal)) {
      onProgress?.(++done, requests.length);
    }
    const file: DatasetFile = {
      format: 'stillroom-dataset',
      version: 1,
      name: 'Sample streets',
      classes: [...SAMPLE_CLASSES],
      origin,
    };
    writeAtomic(path.join(made, DATASET_FILE), `${JSON.stringify(file, undefined, 2)}\n`);
    if (old !== undefined) rmSync(target, { recursive: true });
    else if (existsSync(target)) rmdirSync(target);
    renameSync(made, target);
    syncFolder(path.dirname(target));
    return target;
  } catch (error) {
    if (error instanceof Problem || (signal?.aborted && error === signal.reason)) throw error;
    throw fileProblem(error, target, 'make the sample in');
  } finally {
    await pool.close();
    rmSync(made, { recursive: true, force: true });
  }
}

/**
 * What sample lies in a folder: its origin, or undefined where there is nothing.
 * @throws Problem where the folder holds anything but a sample, which is then not ours to replace
 */
function present(folder: string): string | undefined {
  if (!existsSync(folder)) return undefined;
  try {
    if (readdirSync(folder).length === 0) return undefined;
    const origin = readDatasetFile(folder).origin;
    if (origin?.startsWith('Stillroom sample ')) return origin;
  } catch (error) {
    if (!(error instanceof Problem)) throw fileProblem(error, folder, 'read');
  }
  const next = 'Choose an empty or a new folder.';
  throw new Problem(`${folder} holds something else, so the sample was not made there.`, { where: folder, next });
}

function plan(folder: string, seed: number, counts: Record<keyof typeof FIRST_NUMBER, number>): SceneRequest[] {
  const requests: SceneRequest[] = [];
  for (const split of ['train', 'val'] as const) {
    for (const kind of ['images', 'labels']) mkdirSync(path.join(folder, kind, split), { recursive: true });
    for (let i = 0; i < counts[split]; i++) {
      const name = `street-${String(i + 1).padStart(4, '0')}.png`;
      requests.push({
        seed,
        number: FIRST_NUMBER[split] + i,
        width: SAMPLE_WIDTH,
        height: SAMPLE_HEIGHT,
        image: path.join(folder, 'images', split, name),
        labels: path.join(folder, 'labels', split, name),
      });
    }
  }
  return requests;
}
