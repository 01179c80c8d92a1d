#!/usr/bin/env node
/**
 * The launcher: plain JavaScript for Node 20 or newer. It gets what is missing (Electron, dist/) and runs the command
 * line on Electron as Node, so that everything runs on what ships and no native module meets the Node that is
 * installed here. Its own words go to stderr; stdout belongs to the command.
 */
import fs from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { buildWith, ROOT } from './build.mjs';
import { getElectron } from './electron.mjs';
import { handOver } from './run.mjs';
import { openWindow } from './window.mjs';

/** Commands that show the window's pages. */
const NEEDS_RENDERER = new Set(['open', 'demo', 'serve', 'build']);

/** @param {string[]} args @returns {Promise<{ code: number, signal: NodeJS.Signals | null }>} */
async function main(args) {
  if (!fs.existsSync(path.join(ROOT, 'node_modules', 'electron'))) {
    throw new Error(`The packages are missing. Run npm ci in ${ROOT} first.`);
  }
  const command = args[0];
  const electron = await getElectron();
  if (command === 'electron-path') {
    process.stdout.write(`${electron.executable}\n`);
    return { code: 0, signal: null };
  }
  await buildWith(NEEDS_RENDERER.has(command) ? ['main', 'renderer'] : ['main'], electron.executable);
  if (command === 'build') return { code: 0, signal: null };
  const help = args.includes('--help') || args.includes('-h');
  if (command === 'open' && !help) return openWindow(electron.executable, args.slice(1));
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1', STILLROOM_ROOT: ROOT };
  return handOver(electron.executable, [path.join(ROOT, 'dist', 'main', 'cli.js'), ...args], env);
}

try {
  const end = await main(process.argv.slice(2));
  if (end.signal) process.kill(process.pid, end.signal);
  process.exitCode = end.code;
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
