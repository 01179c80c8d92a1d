/** Opening the real application from a checkout. */
import process from 'node:process';
import { ROOT } from './build.mjs';
import { handOver } from './run.mjs';

/**
 * Starts the window and waits for its end.
 * @param {string} executable Electron's
 * @param {string[]} args what the application is given: a project folder, switches of Chromium
 * @throws {Error} where there is no display
 */
export function openWindow(executable, args) {
  const { DISPLAY, WAYLAND_DISPLAY } = process.env;
  if (process.platform === 'linux' && !DISPLAY && !WAYLAND_DISPLAY) {
    throw new Error(
      'There is no display here, so no window can be opened. ' +
        'Use npx stillroom serve and a browser, or start it from a desktop session.',
    );
  }
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, STILLROOM_ROOT: ROOT };
  delete env.ELECTRON_RUN_AS_NODE;
  // Chromium refuses to sandbox for root.
  const asRoot = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return handOver(executable, [...asRoot, ROOT, ...args], env);
}
