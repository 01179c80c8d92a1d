/**
 * Dawn for Node (the npm package `webgpu`) inside Electron, with mapped buffers that can be read at once.
 *
 * Dawn looks for finished work in callbacks that it hands to setImmediate. Each of its calls that starts such work goes
 * through `waitable`, which keeps the callback, so that `waitFor` can call it until the work is done.
 */
import { createHash } from 'node:crypto';
import fs from 'node:fs';
import fsp from 'node:fs/promises';
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { withLock } from '../../bin/lock.mjs';
import { collect } from '../../bin/run.mjs';
import { appFolder, cacheFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';
import { findCompiler, shippedFile } from './binding.ts';

const BRIDGE = 'webgpu_memory.node';
const DAWN = 'dawn.node';
/** How long to sleep between two looks at work that is not finished. */
const LOOK_MS = 0.05;

/** How a Vulkan driver comes onto a machine. */
export const VULKAN_PACKAGES = 'Debian, Ubuntu: apt-get install libvulkan1 mesa-vulkan-drivers';

export interface Adapter {
  /** As its driver calls it. */
  name: string;
  /** A program that computes on the processor in a graphics card's place (SwiftShader, llvmpipe). */
  software: boolean;
}

/** Where the Vulkan loader looks for drivers. */
const DRIVER_FOLDERS = ['/etc', '/usr/share', '/usr/local/share', path.join(os.homedir(), '.local/share')];

/** Whether a Vulkan driver is installed; whether it finds a card is another matter. */
export function hasVulkanDriver(): boolean {
  if (process.env.VK_ICD_FILENAMES || process.env.VK_DRIVER_FILES) return true;
  return DRIVER_FOLDERS.some((folder) => {
    const drivers = path.join(folder, 'vulkan', 'icd.d');
    return fs.existsSync(drivers) && fs.readdirSync(drivers).length > 0;
  });
}

/** Lets Vulkan find Electron's own software driver; to be called before Dawn is started. */
export function takeSwiftShader(): void {
  process.env.VK_ICD_FILENAMES = path.join(path.dirname(process.execPath), 'vk_swiftshader_icd.json');
}

/**
 * The adapter that Dawn takes here; undefined without one. Asked in a process of its own: a driver that crashes or talks
 * does so there.
 */
export async function findAdapter(): Promise<Adapter | undefined> {
  if (!fs.existsSync(dawnFile()) || !hasVulkanDriver()) return undefined;
  const code = `const m = { exports: {} }; process.dlopen(m, ${JSON.stringify(dawnFile())});
    const adapter = await m.exports.create([]).requestAdapter({ powerPreference: 'high-performance' });
    const { description, device, isFallbackAdapter } = adapter.info;
    process.stdout.write(JSON.stringify({ name: description || device, software: isFallbackAdapter }));`;
  const env = { ...process.env, ELECTRON_RUN_AS_NODE: '1' };
  const args = ['--input-type=module', '--eval', code];
  const answer = await collect(process.execPath, args, { env, limitMs: 20_000 });
  return answer.ok ? JSON.parse(answer.out) : undefined;
}

/**
 * Loads Dawn into this process and puts the names of WebGPU's interface into the global scope, as in a browser.
 * @throws Problem where there is no build of it for this machine, or it does not load
 */
export async function loadDawn(): Promise<GPU> {
  if (dawn) return dawn;
  const module: { exports: { create?(options: string[]): GPU; globals?: object } } = { exports: {} };
  try {
    const { RTLD_NOW, RTLD_DEEPBIND } = os.constants.dlopen;
    process.dlopen(module, await bridgeFile(), RTLD_NOW | RTLD_DEEPBIND);
  } catch (error) {
    if (error instanceof Problem) throw error;
    throw new Problem(`WebGPU does not load: ${error instanceof Error ? error.message : error}.`, {
      next: 'Choose the engine cpu.',
      cause: error,
    });
  }
  Object.assign(globalThis, module.exports.globals);
  dawn = module.exports.create!([]);
  return dawn;
}

/** Dawn lives as long as something refers to it: without this, a collection would end it. */
let dawn: GPU | undefined;

/** Dawn's last callback that has not been called. */
let waiting: (() => void) | undefined;
let scheduled = false;

/** Runs a call of Dawn that begins something, so that it can be waited for with waitFor(), or with await. */
export function waitable<T>(call: () => T): T {
  const real = globalThis.setImmediate;
  const keep = (callback: () => void) => {
    waiting = callback;
    if (scheduled) return;
    scheduled = true;
    real(() => {
      scheduled = false;
      look();
    });
  };
  globalThis.setImmediate = keep as unknown as typeof setImmediate;
  try {
    return call();
  } finally {
    globalThis.setImmediate = real;
  }
}

/** Lets Dawn look what has finished. */
function look(): void {
  const callback = waiting;
  waiting = undefined;
  if (callback) waitable(callback);
}

/** Blocks until `pending` is over. */
export function waitFor(pending: () => boolean): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  look();
  while (pending()) {
    Atomics.wait(cell, 0, 0, LOOK_MS);
    look();
  }
}

function dawnFile(): string {
  const folder = path.dirname(createRequire(import.meta.url).resolve('webgpu'));
  return path.join(folder, 'dist', `${process.platform}-${process.arch}`, DAWN);
}

/** The library that stands before Dawn (webgpu-memory.cc), beside a copy of it in the cache; made when not there yet. */
export async function bridgeFile(): Promise<string> {
  if (process.platform !== 'linux' || !fs.existsSync(dawnFile())) {
    throw new Problem(`There is no WebGPU engine for ${process.platform} on ${process.arch} yet.`, {
      next: 'Choose the engine cpu.',
    });
  }
  const shipped = shippedFile(BRIDGE);
  const source = path.join(appFolder(), 'src-main', 'engine', 'webgpu-memory.cc');
  const { version } = JSON.parse(fs.readFileSync(path.join(dawnFile(), '../../../package.json'), 'utf8'));
  const key = createHash('sha256')
    .update(fs.readFileSync(shipped ?? source))
    .digest('hex')
    .slice(0, 8);
  const folder = path.join(cacheFolder(), 'engine', `webgpu-${version}-${key}`);
  const bridge = path.join(folder, BRIDGE);
  if (fs.existsSync(folder)) return bridge;
  return withLock(`${folder}.lock`, async () => {
    if (fs.existsSync(folder)) return bridge;
    const part = `${folder}.part`;
    await fsp.rm(part, { recursive: true, force: true });
    await fsp.mkdir(part);
    try {
      await fsp.copyFile(dawnFile(), path.join(part, DAWN));
      if (shipped) await fsp.copyFile(shipped, path.join(part, BRIDGE));
      else await compileBridge(source, part);
      await fsp.rename(part, folder);
    } finally {
      await fsp.rm(part, { recursive: true, force: true });
    }
    return bridge;
  });
}

async function compileBridge(source: string, folder: string): Promise<void> {
  const compiler = await findCompiler();
  if (!compiler) {
    throw new Problem('The WebGPU engine cannot be built: no C++ compiler is installed.', {
      next: 'Install one (Debian, Ubuntu: apt-get install g++) and try again.',
    });
  }
  const result = await collect(compiler.program, [
    ...['-std=c++17', '-O2', '-fPIC', '-shared', '-s', '-DNAPI_VERSION=8'],
    ...[`-I${path.join(appFolder(), 'node_modules', 'node-api-headers', 'include')}`, source],
    ...['-o', path.join(folder, BRIDGE), `-L${folder}`, '-Wl,--no-as-needed', `-l:${DAWN}`, '-Wl,-rpath,$ORIGIN'],
  ]);
  if (result.ok) return;
  throw new Problem(`The WebGPU engine cannot be built: ${result.why}.`, {
    next: 'Check the C++ compiler, or set CXX to another one.',
  });
}
