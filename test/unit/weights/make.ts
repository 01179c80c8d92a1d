/** Makes hostile and broken files of weights, and shared parts of their tests. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { afterAll, expect } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import type { FileTensor } from '../../../src-main/weights/tensor-file.ts';

export const GOLDEN = path.join(import.meta.dirname, 'golden');
export const ESPNET = path.resolve(import.meta.dirname, '../../../../shared/data/espnet');

const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-weights-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

export function scratch(name: string, content?: Uint8Array): string {
  const file = path.join(folder, name);
  if (content) writeFileSync(file, content);
  return file;
}

export interface Expected {
  pickles: { hex: string[]; value: unknown };
  state: Record<string, { shape: number[]; dtype: string; data: number[] }>;
  checkpoint: Record<string, { shape: number[]; dtype: string; data: number[] }>;
  arrays: Record<string, { shape: number[]; data: number[] }>;
  safetensors: Record<string, { shape: number[]; data: number[] }>;
}
export const expected = JSON.parse(readFileSync(path.join(GOLDEN, 'expected.json'), 'utf8')) as Expected;

/** Tensors in the form of the golden values. */
export function plain(
  tensors: Map<string, FileTensor>,
): Record<string, { shape: number[]; dtype: string; data: number[] }> {
  return Object.fromEntries(
    [...tensors].map(([name, { shape, dtype, data }]) => [name, { shape, dtype, data: [...data] }]),
  );
}

/** What a reader says to a bad file: always a Problem that names the file and a next step. */
export async function complaint(file: string, reading: Promise<unknown>): Promise<string> {
  let thrown: unknown = new Error('nothing was thrown');
  try {
    await reading;
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toBeInstanceOf(Problem);
  const { line, next } = thrown as Problem;
  expect(line).toContain(file);
  expect(next).toMatch(/\.$/);
  return line;
}

/** Pieces of a pickle: text is raw opcodes, numbers are 4-byte integers (BININT), arrays are tuples. */
export type Piece = string | number | Uint8Array | Piece[];

export function pickle(...pieces: Piece[]): Uint8Array {
  return Buffer.concat([Buffer.from([0x80, 2]), ...pieces.map(piece), Buffer.from('.')]);
}

function piece(value: Piece): Buffer {
  if (typeof value === 'string') return Buffer.from(value, 'latin1');
  if (value instanceof Uint8Array) return Buffer.from(value);
  if (Array.isArray(value)) return Buffer.concat([Buffer.from('('), ...value.map(piece), Buffer.from('t')]);
  if (Math.abs(value) < 2 ** 31) {
    const out = Buffer.from('J0000');
    out.writeInt32LE(value, 1);
    return out;
  }
  const out = Buffer.alloc(10, 0x8a);
  out[1] = 8;
  out.writeBigInt64LE(BigInt(value), 2);
  return out;
}

export function text(value: string): Uint8Array {
  const body = Buffer.from(value);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(body.length);
  return Buffer.concat([Buffer.from('X'), length, body]);
}

/** A float32 tensor on the storage `key` of `count` values. */
export function tensor(key: string, count: number, shape: number[], strides: number[], offset = 0): Piece[] {
  const storage: Piece[] = [text('storage'), 'ctorch\nFloatStorage\n', text(key), text('cpu'), count];
  return ['ctorch._utils\n_rebuild_tensor_v2\n', [storage, 'Q', offset, shape, strides, '\x89', '}'], 'R'];
}

/** A dict of names and values. */
export function dict(entries: [string, Piece[]][]): Piece[] {
  return ['}(', ...entries.flatMap(([name, value]) => [text(name), ...value]), 'u'];
}

/** A file as torch.save writes it: the pickle, and storages by key. */
export function torchZip(data: Uint8Array, storages: Record<string, Uint8Array> = {}): Uint8Array {
  const files: Record<string, Uint8Array> = { 'archive/data.pkl': data, 'archive/byteorder': Buffer.from('little') };
  for (const [key, bytes] of Object.entries(storages)) files[`archive/data/${key}`] = bytes;
  return zipSync(files, { level: 0 });
}

/** The legacy form: magic number, version, system, the value, the keys, the storages with their counts. */
export function torchLegacy(data: Uint8Array, storages: Record<string, Uint8Array> = {}): Uint8Array {
  const magic = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');
  const bodies = Object.values(storages).map((bytes) => {
    const count = Buffer.alloc(8);
    count.writeBigUInt64LE(BigInt(bytes.length / 4));
    return Buffer.concat([count, bytes]);
  });
  const keys = pickle('](', ...Object.keys(storages).map(text), 'e');
  return Buffer.concat([magic, pickle(1001), pickle('}'), data, keys, ...bodies]);
}

export function floats(...values: number[]): Uint8Array {
  return new Uint8Array(Float32Array.from(values).buffer);
}
