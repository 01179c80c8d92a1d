/** A display for tests on a machine without one. */
import { spawn } from 'node:child_process';

/**
 * Starts Xvfb when there is no display.
 * @returns {Promise<{ env: Record<string, string>, stop(): void }>} env: what the programs that draw are to be given
 * @throws {Error} where Xvfb is not there or does not start
 */
export async function startDisplay() {
  if (process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY) return { env: {}, stop() {} };
  const args = ['-displayfd', '3', '-screen', '0', '1600x1000x24', '-nolisten', 'tcp'];
  const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] });
  const number = await new Promise((resolve, reject) => {
    server.on('error', () => reject(new Error('Xvfb is not installed: apt-get install xvfb xauth.')));
    server.on('exit', (code) => reject(new Error(`Xvfb ended with code ${code}.`)));
    /** @type {import('node:stream').Readable} */ (server.stdio[3]).once('data', (data) =>
      resolve(String(data).trim()),
    );
  });
  // Without a session there is no message bus: Chromium is told so, or it complains about it for every window.
  const env = { DISPLAY: `:${number}`, DBUS_SESSION_BUS_ADDRESS: 'disabled:', DBUS_SYSTEM_BUS_ADDRESS: 'disabled:' };
  return { env, stop: () => server.kill() };
}
