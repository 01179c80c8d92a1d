/** Running other programs without a shell. */
import { spawn } from 'node:child_process';

/**
 * Runs a program to its end and collects what it says.
 * @param {string} program
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, limitMs?: number, input?: string }} [options] limitMs: killed after
 *   that time; input: what it reads
 * @returns {Promise<{ ok: boolean, out: string, err: string, why: string }>} why: one line on a failure
 */
export function collect(program, args, options = {}) {
  return new Promise((resolve) => {
    const { cwd, env, input } = options;
    const child = spawn(program, args, { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
    // Where it ends without having read all, its end tells why.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
    let out = '';
    let err = '';
    let late = false;
    const timer = options.limitMs
      ? setTimeout(() => {
          late = true;
          child.kill('SIGKILL');
        }, options.limitMs)
      : undefined;
    child.stdout.on('data', (data) => {
      out += data;
    });
    child.stderr.on('data', (data) => {
      err = (err + data).slice(-20_000);
    });
    child.on('error', (error) => {
      clearTimeout(timer);
      const missing = /** @type {NodeJS.ErrnoException} */ (error).code === 'ENOENT';
      resolve({ ok: false, out, err, why: missing ? `${program} is not installed` : error.message });
    });
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      const end = late ? 'took too long' : signal ? `was ended by ${signal}` : `ended with code ${code}`;
      resolve({ ok: code === 0, out, err, why: code === 0 ? '' : `${program} ${end}${lastWords(err || out)}` });
    });
  });
}

/**
 * Runs a program in our place: it has our terminal, gets the signals sent to us, and its end is the answer.
 * It is not detached, so that killing the process group ends it too.
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ code: number, signal: NodeJS.Signals | null }>}
 */
export function handOver(program, args, env) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { env, stdio: 'inherit' });
    /** @type {NodeJS.Signals[]} */
    const passed = ['SIGTERM', 'SIGHUP'];
    /** @param {NodeJS.Signals} signal */
    const pass = (signal) => child.kill(signal);
    // Ctrl+C reaches the child from the terminal itself; then we only have to outlive it.
    const interrupt = () => process.stdin.isTTY || child.kill('SIGINT');
    process.on('SIGINT', interrupt);
    for (const signal of passed) process.on(signal, pass);
    const settle = () => {
      process.off('SIGINT', interrupt);
      for (const signal of passed) process.off(signal, pass);
    };
    child.on('error', (error) => {
      settle();
      reject(error);
    });
    child.on('close', (code, signal) => {
      settle();
      resolve({ code: code ?? 1, signal });
    });
  });
}

/** @param {string} text */
function lastWords(text) {
  const lines = text
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const telling = lines.findLast((line) => /error|no matching|could not|cannot|not found/i.test(line)) ?? lines.at(-1);
  return telling ? `: ${telling.slice(0, 200)}` : '';
}
