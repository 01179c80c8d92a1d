#!/usr/bin/env node
/**
 * `npm test`: types, lint, layers, unit, conformance and end-to-end tests, on Electron as Node and on the real window.
 * `npm test -- unit/engine` runs the test files whose path contains that. The last line is the sum of all.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { buildWith, ROOT } from './build.mjs';
import { installPackages } from './debian.mjs';
import { startDisplay } from './display.mjs';
import { getElectron } from './electron.mjs';
import { handOver } from './run.mjs';

/** @typedef {{ passed: number, failed: number, skipped: number }} Sum */

const MODULES = path.join(ROOT, 'node_modules');

/** @param {string[]} filters @returns {Promise<Sum>} */
async function main(filters) {
  if (!(await installPackages())) throw new Error('The tests need these packages.');
  const electron = await getElectron();
  /** @type {Sum[]} */
  const sums = [one(await builds(electron.executable))];
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), 'stillroom-test-'));
  const display = await startDisplay();
  // Settings of the person who runs the tests are neither read nor changed.
  const env = { ...process.env, ...display.env, ELECTRON_RUN_AS_NODE: '1', XDG_CONFIG_HOME: scratch };
  /** @param {string} title @param {string[]} args */
  const run = async (title, args) => {
    process.stdout.write(`\n— ${title}\n`);
    return (await handOver(electron.executable, args, env)).code === 0;
  };
  try {
    await run('engine', [path.join(ROOT, 'dist/main/cli.js'), 'doctor', '--start']);
    const all = filters.length === 0;
    if (all) {
      const tsc = [path.join(MODULES, 'typescript/bin/tsc'), '--noEmit', '-p', path.join(ROOT, 'tsconfig.json')];
      sums.push(one(await run('types', tsc)));
      const biome = [path.join(MODULES, '@biomejs/biome/bin/biome'), 'check', '--error-on-warnings', ROOT];
      sums.push(one(await run('lint', biome)));
    }
    for (const project of ['unit', 'e2e']) {
      const report = path.join(scratch, `${project}.json`);
      const vitest = [path.join(MODULES, 'vitest/vitest.mjs'), 'run', '--root', ROOT, '--project', project, ...filters];
      const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${report}`, '--passWithNoTests'];
      sums.push(read(report, await run(project, [...vitest, ...reporters])));
    }
    return add(sums);
  } finally {
    display.stop();
    fs.rmSync(scratch, { recursive: true, force: true });
  }
}

/** @param {string} executable */
async function builds(executable) {
  try {
    await buildWith(['main', 'renderer'], executable);
    return true;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    return false;
  }
}

/** @param {boolean} ok @returns {Sum} */
function one(ok) {
  return { passed: ok ? 1 : 0, failed: ok ? 0 : 1, skipped: 0 };
}

/**
 * What vitest reports. A file that does not even load counts as one failed test, and so does a failure of vitest's own.
 * @param {string} file @param {boolean} ok @returns {Sum}
 */
function read(file, ok) {
  if (!fs.existsSync(file)) return one(false);
  const report = JSON.parse(fs.readFileSync(file, 'utf8'));
  /** @type {{ status: string, assertionResults: unknown[] }[]} */
  const files = report.testResults;
  const unloaded = files.filter((result) => result.status === 'failed' && result.assertionResults.length === 0).length;
  const failed = report.numFailedTests + unloaded;
  return {
    passed: report.numPassedTests,
    failed: !ok && failed === 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** @param {Sum[]} sums @returns {Sum} */
function add(sums) {
  /** @param {keyof Sum} key */
  const total = (key) => sums.reduce((all, sum) => all + sum[key], 0);
  return { passed: total('passed'), failed: total('failed'), skipped: total('skipped') };
}

/** @type {Sum} */
let sum = { passed: 0, failed: 1, skipped: 0 };
try {
  sum = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
}
process.exitCode = sum.failed > 0 ? 1 : 0;
process.stdout.write(`\n${sum.passed} passed, ${sum.failed} failed, ${sum.skipped} skipped\n`);
