/**
 * Safetensors: eight bytes with the header's length, a JSON header that gives each tensor's type, shape and place, then
 * the numbers (huggingface/safetensors, README). Stillroom keeps its models and checkpoints in this form, with what
 * belongs to them in the header's metadata.
 */
import { open } from 'node:fs/promises';
import { z } from 'zod';
import { fileProblem, sha256, writeAtomic } from '../base/files.ts';
import { Problem } from '../contract/problem.ts';
import { DTYPE_BYTES, type DType, decode, elements, MAX_BYTES, MAX_TENSORS, type TensorFile } from './tensor-file.ts';

/** A tensor to be written. */
export interface Float32Tensor {
  shape: readonly number[];
  data: Float32Array;
}

export interface SafetensorsFile extends TensorFile {
  /** The texts that the file carries beside its tensors. */
  metadata: Record<string, string>;
}

/** The metadata entry in which our own files carry the SHA-256 of their numbers. */
const CHECKSUM = 'dataSha256';
const MAX_HEADER = 32 * 2 ** 20;

const DTYPES: Record<string, DType> = {
  F64: 'float64',
  F32: 'float32',
  F16: 'float16',
  BF16: 'bfloat16',
  I64: 'int64',
  I32: 'int32',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

const count = z.number().int().min(0).max(Number.MAX_SAFE_INTEGER);
const tensorEntry = z.object({
  dtype: z.string(),
  shape: z.array(count).max(64),
  data_offsets: z.tuple([count, count]),
});
const metadataEntry = z.record(z.string(), z.string());

/**
 * Reads a safetensors file; values become float32.
 * @throws Problem where it is damaged, cut short or of another kind, or where its numbers do not match their checksum
 */
export async function readSafetensors(file: string): Promise<SafetensorsFile> {
  const { header, body } = await sections(file);
  const bad = (why: string) =>
    new Problem(`${file} is not a valid safetensors file: ${why}.`, {
      where: file,
      next: 'Copy or download the file again.',
    });

  let entries: [string, unknown][];
  try {
    const parsed: unknown = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(header));
    if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) throw new Error('not an object');
    entries = Object.entries(parsed);
  } catch {
    throw bad('its header is not readable');
  }
  if (entries.length > MAX_TENSORS) throw bad(`it names ${entries.length} tensors, ${MAX_TENSORS} are the most`);

  const metadata: [string, string][] = [];
  const tensors: (z.infer<typeof tensorEntry> & { name: string })[] = [];
  for (const [name, value] of entries) {
    if (name === '__metadata__') {
      const texts = metadataEntry.safeParse(value);
      if (!texts.success) throw bad('its metadata are not texts');
      metadata.push(...Object.entries(texts.data));
    } else {
      const entry = tensorEntry.safeParse(value);
      if (!entry.success) throw bad(`it describes ${name.slice(0, 100)} wrongly`);
      tensors.push({ name, ...entry.data });
    }
  }

  // The format wants the tensors' places to follow each other without holes and to the very end
  let end = 0;
  const result: TensorFile['tensors'] = new Map();
  for (const { name, dtype: code, shape, data_offsets } of tensors.sort(byPlace)) {
    const dtype = Object.hasOwn(DTYPES, code) ? DTYPES[code] : undefined;
    if (!dtype) throw bad(`${name} is of the type ${code.slice(0, 20)}, which is not read`);
    const [from, to] = data_offsets;
    if (from !== end || to > body.length) throw bad(`${name} does not lie where it should`);
    if (elements(shape) * DTYPE_BYTES[dtype] !== to - from) throw bad(`${name} has not the size of its shape`);
    if (elements(shape) * 4 > MAX_BYTES) throw bad(`${name} is too large`);
    end = to;
    result.set(name, { shape, dtype, data: decode(body.subarray(from, to), dtype, shape) });
  }
  if (end !== body.length) throw bad(`it has ${body.length} bytes of numbers, ${end} are described`);
  const texts = Object.fromEntries(metadata);
  if (texts[CHECKSUM] !== undefined && texts[CHECKSUM] !== sha256(body))
    throw bad('its numbers do not match their checksum');
  return { tensors: result, format: 'safetensors', metadata: texts };
}

/**
 * Writes tensors and texts as one file, whole or not at all. The tensors lie in the order of their names, and the
 * SHA-256 of the numbers goes into the metadata, so that a reader notices a damaged disk.
 * @throws Problem where it cannot be written; an older file is then untouched
 */
export function writeSafetensors(
  file: string,
  tensors: ReadonlyMap<string, Float32Tensor>,
  metadata: Record<string, string> = {},
): void {
  const names = [...tensors.keys()].sort();
  const entries: [string, unknown][] = [];
  const parts: Uint8Array[] = [];
  let end = 0;
  for (const name of names) {
    const { shape, data } = tensors.get(name)!;
    if (elements(shape) !== data.length) throw new Error(`${name}: ${data.length} values for the shape ${shape}`);
    const bytes = littleEndian(data);
    entries.push([name, { dtype: 'F32', shape, data_offsets: [end, end + bytes.length] }]);
    parts.push(bytes);
    end += bytes.length;
  }
  const texts = { ...metadata, [CHECKSUM]: sha256(...parts) };
  const json = Buffer.from(JSON.stringify(Object.fromEntries([['__metadata__', texts], ...entries])));
  const padded = Math.ceil(json.length / 8) * 8;
  const head = Buffer.alloc(8 + padded, ' ');
  head.writeBigUInt64LE(BigInt(padded));
  json.copy(head, 8);
  writeAtomic(file, Buffer.concat([head, ...parts]));
}

/** A float array's bytes in the order that files keep, on every machine. */
export function littleEndian(data: Float32Array): Uint8Array {
  const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(new Uint32Array([1]).buffer)[0] === 1 ? bytes : Buffer.from(bytes).swap32();
}

/** The header's JSON and the numbers after it. */
async function sections(file: string): Promise<{ header: Uint8Array; body: Uint8Array }> {
  try {
    await using handle = await open(file);
    const { size } = await handle.stat();
    const start = Buffer.alloc(8);
    const { bytesRead } = await handle.read(start, 0, 8, 0);
    const length = Number(start.readBigUInt64LE());
    if (bytesRead < 8 || length > size - 8 || length > MAX_HEADER) {
      throw new Problem(`${file} is not a whole safetensors file: its header does not fit in its ${size} bytes.`, {
        where: file,
        next: 'Copy or download the file again.',
      });
    }
    const all = await handle.readFile();
    return { header: all.subarray(8, 8 + length), body: all.subarray(8 + length) };
  } catch (error) {
    throw fileProblem(error, file, 'read');
  }
}

function byPlace(a: { data_offsets: [number, number] }, b: { data_offsets: [number, number] }): number {
  return a.data_offsets[0] - b.data_offsets[0] || a.data_offsets[1] - b.data_offsets[1];
}
