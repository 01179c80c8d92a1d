/**
 * Building dist/ from the sources, when they have changed. Imported by the launcher (which only asks whether it is
 * stale) and run as a program on Electron as Node (which builds): `electron bin/build.mjs main renderer`.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';
import { startProgress } from './progress.mjs';
import { collect } from './run.mjs';

export const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const DIST = path.join(ROOT, 'dist');

/** What each half is built from; the window's half also sees the contract and the editing of labels. */
const SOURCES = {
  main: ['src-main', 'bin', 'package.json'],
  renderer: ['src-renderer', 'src-main/contract', 'src-main/labels', 'vite.config.ts', 'package.json'],
};

/** @typedef {'main' | 'renderer'} Half */

/**
 * The halves of dist/ that the sources are ahead of.
 * @param {Half[]} halves
 * @returns {Half[]}
 */
export function stale(halves) {
  return halves.filter((half) => present(half) && readStamp(half) !== stampOf(half));
}

/**
 * Builds what is stale, on the given Electron (as Node), so that it does not depend on the Node that started us.
 * @param {Half[]} halves
 * @param {string} executable Electron's
 * @returns {Promise<void>}
 * @throws {Error} with the builder's own words
 */
export async function buildWith(halves, executable) {
  const wanted = stale(halves);
  if (wanted.length === 0) return;
  const progress = startProgress('Building Stillroom');
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_ENV: 'production' };
  const result = await collect(executable, [fileURLToPath(import.meta.url), ...wanted], { cwd: ROOT, env });
  if (!result.ok) {
    progress.fail();
    throw new Error(`Building failed:\n${(result.err || result.out || result.why).trim()}`);
  }
  progress.done();
}

/** @param {Half} half */
async function build(half) {
  await withLock(path.join(DIST, `.${half}.lock`), async () => {
    const stamp = stampOf(half);
    if (readStamp(half) === stamp) return;
    const made = path.join(DIST, `.${half}.${process.pid}`);
    const old = `${made}.old`;
    try {
      await (half === 'main' ? buildMain(made) : buildRenderer(made));
      fs.writeFileSync(path.join(made, '.stamp'), stamp);
      if (fs.existsSync(path.join(DIST, half))) fs.renameSync(path.join(DIST, half), old);
      fs.renameSync(made, path.join(DIST, half));
    } finally {
      fs.rmSync(made, { recursive: true, force: true });
      fs.rmSync(old, { recursive: true, force: true });
    }
  });
}

/**
 * Entries of the main side. Packages stay outside the bundles: native parts and wasm could not be bundled, and
 * TensorFlow.js must be there once.
 * @param {string} outdir
 */
async function buildMain(outdir) {
  const esbuild = await import('esbuild');
  const named = { shell: 'shell/main.ts', cli: 'cli/main.ts', worker: 'worker/main.ts' };
  const entries = Object.entries(named)
    .map(([out, file]) => ({ out, in: path.join(ROOT, 'src-main', file) }))
    .filter((entry) => fs.existsSync(entry.in));
  for (const file of filesIn(path.join(ROOT, 'src-main')).filter((name) => name.endsWith('.thread.ts'))) {
    entries.push({ out: path.basename(file, '.ts'), in: file });
  }
  const common = { bundle: true, outdir, sourcemap: 'linked', logLevel: 'error', target: 'node22' };
  await esbuild.build({
    .../** @type {import('esbuild').BuildOptions} */ (common),
    entryPoints: entries,
    platform: 'node',
    format: 'esm',
    packages: 'external',
    outExtension: { '.js': '.js' },
  });
  const preload = path.join(ROOT, 'src-main', 'shell', 'preload.ts');
  if (!fs.existsSync(preload)) return;
  // A sandboxed preload can require nothing but Electron: everything else goes into the file.
  await esbuild.build({
    .../** @type {import('esbuild').BuildOptions} */ (common),
    entryPoints: [{ out: 'preload', in: preload }],
    platform: 'browser',
    format: 'cjs',
    external: ['electron'],
    outExtension: { '.js': '.cjs' },
  });
}

/** @param {string} outDir */
async function buildRenderer(outDir) {
  const vite = await import('vite');
  await vite.build({
    configFile: path.join(ROOT, 'vite.config.ts'),
    build: { outDir, emptyOutDir: true },
    logLevel: 'error',
  });
}

/** @param {Half} half */
function present(half) {
  return fs.existsSync(path.join(ROOT, SOURCES[half][0]));
}

/** @param {Half} half */
function readStamp(half) {
  try {
    return fs.readFileSync(path.join(DIST, half, '.stamp'), 'utf8');
  } catch {
    return undefined;
  }
}

/** @param {Half} half sha256 over the names and bytes of its sources */
function stampOf(half) {
  const hash = createHash('sha256');
  for (const source of SOURCES[half]) {
    for (const file of filesIn(path.join(ROOT, source))) {
      hash.update(`${path.relative(ROOT, file)}\0`);
      hash.update(fs.readFileSync(file));
    }
  }
  return hash.digest('hex');
}

/**
 * Every file below a path, in a fixed order; none where nothing is there.
 * @param {string} place
 * @returns {string[]}
 */
function filesIn(place) {
  const stat = fs.statSync(place, { throwIfNoEntry: false });
  if (!stat) return [];
  if (stat.isFile()) return [place];
  const names = fs.readdirSync(place).filter((name) => !name.startsWith('.'));
  return names.sort().flatMap((name) => filesIn(path.join(place, name)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    for (const half of process.argv.slice(2)) await build(/** @type {Half} */ (half));
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
