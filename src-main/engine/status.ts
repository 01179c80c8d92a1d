/** What engines there are on this machine, without loading or fetching any. */
import fs from 'node:fs';
import path from 'node:path';
import { collect } from '../../bin/run.mjs';
import { appFolder } from '../base/folders.ts';
import { cpuEngineFolder, hasCpuEngine, WHEEL } from './acquire.ts';
import { type Adapter, findAdapter, VULKAN_PACKAGES } from './dawn.ts';

export type EngineId = 'cuda' | 'cpu' | 'webgpu' | 'wasm';

export interface EngineStatus {
  id: EngineId;
  /** Whether it can be started now without fetching anything. */
  ready: boolean;
  /** One line: where it is, or why it is not. */
  detail: string;
  /** The command or step that makes it ready; undefined where nothing does, or nothing need. */
  next?: string;
}

export interface Gpu {
  name: string;
  /** The driver's version. */
  driver: string;
}

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
  const detail =
    gpus.length > 0 ? `${gpus[0].name} is here, but this version does not train on GPUs yet` : 'no NVIDIA GPU';
  return { id: 'cuda', ready: false, detail };
}

function cpuStatus(): EngineStatus {
  const lack = missingInstructions();
  if (lack) return { id: 'cpu', ready: false, detail: `this processor has no ${lack}` };
  if (hasCpuEngine()) {
    return { id: 'cpu', ready: true, detail: `TensorFlow ${WHEEL.version} in ${cpuEngineFolder()}` };
  }
  const detail = `TensorFlow ${WHEEL.version} is fetched at first use (273 MB)`;
  return { id: 'cpu', ready: false, detail, next: `${command()} doctor --start` };
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
