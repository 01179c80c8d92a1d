/** What engines there are on this machine, without loading or fetching any. */
import fs from 'node:fs';
import { collect } from '../../bin/run.mjs';
import { cpuEngineFolder, hasCpuEngine, WHEEL } from './acquire.ts';

export type EngineId = 'cuda' | 'cpu' | 'wasm';

export interface EngineStatus {
  id: EngineId;
  /** Whether it can be started now without fetching anything. */
  ready: boolean;
  /** One line: where it is, or why it is not. */
  detail: string;
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
  const gpus = await nvidiaGpus();
  const lack = missingInstructions();
  const cpuDetail = lack
    ? `this processor has no ${lack}`
    : hasCpuEngine()
      ? `TensorFlow ${WHEEL.version} in ${cpuEngineFolder()}`
      : `TensorFlow ${WHEEL.version} is fetched at first use (273 MB)`;
  return [
    {
      id: 'cuda',
      ready: false,
      detail:
        gpus.length > 0 ? `${gpus[0].name} is here, but this version does not train on GPUs yet` : 'no NVIDIA GPU',
    },
    { id: 'cpu', ready: hasCpuEngine() && !lack, detail: cpuDetail },
    { id: 'wasm', ready: true, detail: 'comes with Stillroom; slower, one thread' },
  ];
}

function readText(file: string): string | undefined {
  try {
    return fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
