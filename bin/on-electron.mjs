/** Scripts of the repository that run on Electron as Node, on what ships. */
import path from 'node:path';
import { buildWith, ROOT } from './build.mjs';
import { getElectron } from './electron.mjs';
import { handOver } from './run.mjs';

/**
 * Gets Electron, builds parts of dist/, and hands over to a script with this command's arguments.
 * @param {string} script below the repository's root
 * @param {Parameters<typeof buildWith>[0]} parts
 */
export async function runOnElectron(script, parts) {
  try {
    const { executable } = await getElectron();
    await buildWith(parts, executable);
    const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_NO_WARNINGS: '1' };
    const { code, signal } = await handOver(executable, [path.join(ROOT, script), ...process.argv.slice(2)], env);
    if (signal) process.kill(process.pid, signal);
    process.exitCode = code;
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
    process.exitCode = 1;
  }
}
