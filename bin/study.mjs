#!/usr/bin/env node
/**
 * `npm run study`: what each method brings to a student. Plain JavaScript that gets Electron and builds dist/; the study
 * itself (test/study/main.ts) runs on Electron as Node, on what ships. See docs/results.md.
 */
import path from 'node:path';
import { buildWith, ROOT } from './build.mjs';
import { getElectron } from './electron.mjs';
import { handOver } from './run.mjs';

try {
  const { executable } = await getElectron();
  await buildWith(['main'], executable);
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_NO_WARNINGS: '1' };
  const { code, signal } = await handOver(
    executable,
    [path.join(ROOT, 'test/study/main.ts'), ...process.argv.slice(2)],
    env,
  );
  if (signal) process.kill(process.pid, signal);
  process.exitCode = code;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
