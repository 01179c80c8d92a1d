/** What a run records about where and by what it was made. */
import { readFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** The version with the fingerprint of the sources that were built, which tells two builds of one version apart. */
export function codeVersion(root: string, version: string): string {
  try {
    return `${version}+${readFileSync(path.join(root, 'dist', 'main', '.stamp'), 'utf8').slice(0, 12)}`;
  } catch {
    return version;
  }
}

/** The machine in words: processor, cores, memory, system. */
export function machine(): string {
  const processors = os.cpus();
  const memory = Math.round(os.totalmem() / 1024 ** 3);
  const name = processors[0]?.model.trim().replace(/\s+/g, ' ') || 'unknown processor';
  return `${name}, ${processors.length} cores, ${memory} GB, ${os.platform()} ${os.arch()} ${os.release()}`;
}

/** Bytes of memory that this process may use: the machine's, or what its container is granted. */
export function memoryBytes(): number {
  const granted = process.constrainedMemory();
  return granted > 0 ? Math.min(granted, os.totalmem()) : os.totalmem();
}
