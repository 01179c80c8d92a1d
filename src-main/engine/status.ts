/** What engines there are on this machine, without loading or fetching any. */
import fs from 'node:fs';
import path from 'node:path';
import { collect } from '../../bin/run.mjs';
import { appFolder } from '../base/folders.ts';
import { Problem } from '../contract/problem.ts';
import type { EngineStatus } from '../contract/window.ts';
import { engineFolder, hasEngine } from './acquire.ts';
import { type Gpu, requireGpu } from './cuda.ts';
import { type Adapter, findAdapter, VULKAN_PACKAGES } from './dawn.ts';
import { CPU, CUDA, downloadMegabytes, type NativeEngine } from './native-engines.ts';

export type EngineId = EngineStatus['id'];

/** The NVIDIA GPUs that the driver shows; empty without a driver. */
export async function nvidiaGpus(): Promise<Gpu[]> {
  const query = ['--query-gpu=name,driver_version', '--format=csv,noheader'];
  const answer = await collect('nvidia-smi', query, { limitMs: 10_000 });
  if (answer.ok) {
    const lines = answer.out.trim().split('\n').filter(Boolean);
    return lines.map((line) => {
      const [name, driver] = line.split(',').map((part) => part.trim());
      return { name, driver };
    });
  }
  const version = readText('/proc/driver/nvidia/version');
  return version ? [{ name: 'NVIDIA GPU', driver: version.match(/\d+\.\d+(\.\d+)?/)?.[0] ?? 'unknown' }] : [];
}

/** Whether an NVIDIA display or compute card is plugged in, with or without a driver (Linux; elsewhere unknown: false). */
export function hasNvidiaCard(): boolean {
  const bus = '/sys/bus/pci/devices';
  if (!fs.existsSync(bus)) return false;
  return fs.readdirSync(bus).some((device) => {
    const read = (file: string) => readText(`${bus}/${device}/${file}`)?.trim() ?? '';
    return read('vendor') === '0x10de' && read('class').startsWith('0x03');
  });
}

/** The processor's lack that keeps TensorFlow's library from running; undefined where it can. */
export function missingInstructions(): string | undefined {
  const flags = readText('/proc/cpuinfo')?.match(/^flags\s*:(.*)$/m)?.[1];
  return flags && !/\bavx\b/.test(flags) ? 'AVX' : undefined;
}

/** All engines, best first. */
export async function engineStatus(): Promise<EngineStatus[]> {
  const [gpus, adapter] = await Promise.all([nvidiaGpus(), findAdapter()]);
  return [cudaStatus(gpus), cpuStatus(), webgpuStatus(adapter), wasmStatus];
}

function cudaStatus(gpus: Gpu[]): EngineStatus {
  try {
    const { name, driver } = requireGpu(gpus, hasNvidiaCard());
    const where = hasEngine(CUDA) ? ` in ${engineFolder(CUDA)}` : ` is fetched at first use (${megabytes(CUDA)})`;
    const detail = `${name}, driver ${driver}; ${versionOf(CUDA)}${where}`;
    return {
      id: 'cuda',
      ready: hasEngine(CUDA),
      detail,
      ...(hasEngine(CUDA) ? {} : { next: `STILLROOM_ENGINE=cuda ${command()} doctor --start` }),
    };
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    // Without a card there is nothing that a driver could do.
    const next = gpus.length > 0 || hasNvidiaCard() ? { next: error.next } : {};
    return { id: 'cuda', ready: false, detail: error.message, ...next };
  }
}

function cpuStatus(): EngineStatus {
  const lack = missingInstructions();
  if (lack) return { id: 'cpu', ready: false, detail: `this processor has no ${lack}` };
  if (hasEngine(CPU)) return { id: 'cpu', ready: true, detail: `${versionOf(CPU)} in ${engineFolder(CPU)}` };
  const detail = `${versionOf(CPU)} is fetched at first use (${megabytes(CPU)})`;
  return { id: 'cpu', ready: false, detail, next: `${command()} doctor --start` };
}

function versionOf(engine: NativeEngine): string {
  return `TensorFlow ${engine.parts[0].wheel.version}`;
}

function megabytes(engine: NativeEngine): string {
  return `${downloadMegabytes(engine)} MB`;
}

function webgpuStatus(adapter: Adapter | undefined): EngineStatus {
  if (adapter && !adapter.software) return { id: 'webgpu', ready: true, detail: adapter.name };
  const only = adapter
    ? `only ${adapter.name}, a program in a graphics card's place`
    : 'no graphics card with a driver';
  const detail = `${only}; used when asked for, slower than the engine cpu`;
  return { id: 'webgpu', ready: false, detail, next: `for a graphics card: its Vulkan driver (${VULKAN_PACKAGES})` };
}

const wasmStatus: EngineStatus = { id: 'wasm', ready: true, detail: 'comes with Stillroom; slower, one thread' };

/** How the command line is called here. */
export function command(): string {
  return path.extname(appFolder()) === '.asar' ? 'stillroom' : 'npx stillroom';
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
