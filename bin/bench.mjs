#!/usr/bin/env node
/**
 * `npm run bench`: how fast we are, held against others on the same machine. Plain JavaScript that gets Electron and
 * builds dist/; the bench itself (test/bench/main.ts) runs on Electron as Node, on what ships. See docs/performance.md.
 */
import path from 'node:path';
import { buildWith, ROOT } from './build.mjs';
import { getElectron } from './electron.mjs';
import { handOver } from './run.mjs';

try {
  const { executable } = await getElectron();
  await buildWith(['main', 'renderer'], executable);
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_NO_WARNINGS: '1' };
  const { code, signal } = await handOver(
    executable,
    [path.join(ROOT, 'test/bench/main.ts'), ...process.argv.slice(2)],
    env,
  );
  if (signal) process.kill(process.pid, signal);
  process.exitCode = code;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
