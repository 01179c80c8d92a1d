#!/usr/bin/env node
/**
 * `npm run conformance`: every op on every engine against PyTorch's golden values and finite differences, as one
 * table; `npm run conformance -- networks` the networks. A second word keeps what has it in its name, `--engine cpu` one
 * engine. `--json` prints the rows as JSON, alone on stdout. The exit code is 1 when a row fails. The work is test/conformance/main.ts, on Electron as Node.
 */
import path from 'node:path';
import { ROOT } from './build.mjs';
import { getElectron } from './electron.mjs';
import { handOver } from './run.mjs';

try {
  const { executable } = await getElectron();
  const program = path.join(ROOT, 'test', 'conformance', 'main.ts');
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const { code } = await handOver(executable, ['--no-deprecation', program, ...process.argv.slice(2)], env);
  process.exitCode = code;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
