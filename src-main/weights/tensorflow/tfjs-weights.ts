/** The arrays of a TensorFlow.js model: `model.json` with a list of them, and the files (shards) that their bytes lie in. */
import { readFile, realpath, stat } from 'node:fs/promises';
import path from 'node:path';
import { z } from 'zod';
import { fileProblem } from '../../base/files.ts';
import { Problem } from '../../contract/problem.ts';
import { CARD } from '../card.ts';
import {
  DTYPE_BYTES,
  type DType,
  decode,
  decodeInto,
  elements,
  MAX_BYTES,
  MAX_TENSORS,
  shapeText,
} from '../tensor-file.ts';
import type { KnownArray } from './onnx-terms.ts';

const MAX_JSON = 256 * 2 ** 20;

const group = z.object({
  paths: z.array(z.string().max(1000)).max(10_000),
  weights: z
    .array(
      z.object({
        name: z.string().max(1000),
        shape: z.array(z.number().int().min(0)).max(16),
        dtype: z.string().max(40),
        quantization: z
          .object({
            dtype: z.enum(['uint8', 'uint16', 'float16']),
            min: z.number().optional(),
            scale: z.number().optional(),
          })
          .optional(),
      }),
    )
    .max(MAX_TENSORS),
});

const modelJson = z.object({
  format: z.string().optional(),
  signature: z
    .object({ outputs: z.record(z.string(), z.object({ name: z.string() })) })
    .optional()
    .catch(undefined),
  userDefinedMetadata: z.record(z.string(), z.unknown()).optional().catch(undefined),
  modelTopology: z.unknown(),
  weightsManifest: z.array(group).min(1).max(10_000),
});

export interface TfjsFile {
  /** `layers-model` or `graph-model`. */
  format: string;
  /** As the file has it. */
  topology: unknown;
  arrays: Map<string, KnownArray>;
  /** The card of a model that we have written, as a text. */
  card?: string;
  /** The value that a graph model gives first, where it tells. */
  output?: string;
}

/**
 * Reads a `model.json` and its shards, which have to lie in its folder or below it.
 * @throws Problem where it is no such file, a shard is missing or outside of the folder, or sizes do not fit
 */
export async function readTfjsFile(file: string): Promise<TfjsFile> {
  const refuse = (what: string, next = 'Copy or download the model’s whole folder again.') =>
    new Problem(`${file} ${what}.`, { where: file, next });
  let text: string;
  try {
    if ((await stat(file)).size > MAX_JSON) throw refuse('is too long for a model.json', 'Choose another file.');
    text = await readFile(file, 'utf8');
  } catch (error) {
    throw error instanceof Problem ? error : fileProblem(error, file, 'read');
  }
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    // A text that nests too deeply is no model either
    const why = error instanceof RangeError ? 'nests too deeply' : 'is not JSON';
    throw refuse(why, 'Choose the model.json of a TensorFlow.js model.');
  }
  const parsed = modelJson.safeParse(value);
  if (!parsed.success) throw refuse('is not the model.json of a TensorFlow.js model', 'Choose another file.');
  const { format, signature, userDefinedMetadata, modelTopology, weightsManifest } = parsed.data;
  const told = userDefinedMetadata?.[CARD];
  const output = Object.values(signature?.outputs ?? {})[0]?.name;
  const arrays = new Map<string, KnownArray>();
  for (const { paths, weights } of weightsManifest) {
    const described = weights.reduce((sum, one) => sum + bytesOf(one, refuse), 0);
    const bytes = await shards(file, paths, described, refuse);
    let at = 0;
    for (const one of weights) {
      const size = bytesOf(one, refuse);
      if (arrays.has(one.name)) throw refuse(`has ${one.name} twice`);
      arrays.set(one.name, arrayOf(one, bytes.subarray(at, at + size)));
      at += size;
    }
  }
  const layers = typeof modelTopology === 'object' && modelTopology !== null && 'model_config' in modelTopology;
  return {
    ...{ format: format ?? (layers ? 'layers-model' : 'graph-model'), topology: modelTopology, arrays, output },
    card: typeof told === 'string' ? told : undefined,
  };
}

type Described = z.infer<typeof group>['weights'][0];

/** The type that the bytes have. */
function storedType({ name, dtype, quantization }: Described, refuse: (what: string) => Problem): DType | 'uint16' {
  const stored = quantization?.dtype ?? dtype;
  if (stored !== 'uint16' && (!Object.hasOwn(DTYPE_BYTES, stored) || stored === 'int64')) {
    throw refuse(`holds ${stored} (${name}), which is not read`);
  }
  return stored as DType | 'uint16';
}

function bytesOf(one: Described, refuse: (what: string) => Problem): number {
  const type = storedType(one, refuse);
  const count = elements(one.shape);
  if (count * 4 > MAX_BYTES) throw refuse(`is damaged: ${one.name} has the shape ${shapeText(one.shape)}, too large`);
  return count * (type === 'uint16' ? 2 : DTYPE_BYTES[type]);
}

function arrayOf({ shape, dtype, quantization }: Described, bytes: Uint8Array): KnownArray {
  const count = elements(shape);
  if (quantization && quantization.dtype !== 'float16') {
    const { min = 0, scale = 1 } = quantization;
    const wide = quantization.dtype === 'uint16';
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    const at = (i: number) => (wide ? view.getUint16(2 * i, true) : bytes[i]);
    return { shape, data: Float32Array.from({ length: count }, (_, i) => at(i) * scale + min) };
  }
  const type = (quantization?.dtype ?? dtype) as DType;
  if (type.startsWith('float')) return { shape, data: decode(bytes, type, shape) };
  return { shape, data: decodeInto(new Float64Array(count), bytes, type, shape) };
}

/** The bytes of a group's shards one after the other. */
async function shards(
  file: string,
  paths: readonly string[],
  described: number,
  refuse: (what: string, next?: string) => Problem,
): Promise<Uint8Array> {
  const folder = await realpath(path.dirname(file));
  const outside = (name: string) =>
    refuse(
      `wants numbers from ${name.slice(0, 200)}, outside of its folder: refused`,
      'Check where the file comes from.',
    );
  const places: { real: string; size: number }[] = [];
  for (const name of paths) {
    const place = path.resolve(folder, name);
    if (path.isAbsolute(name) || !place.startsWith(folder + path.sep)) throw outside(name);
    let real: string;
    try {
      real = await realpath(place);
    } catch (error) {
      throw new Problem(`${file} keeps its numbers in ${name}, which is not beside it.`, {
        where: place,
        next: 'Copy that file too.',
        cause: error,
      });
    }
    if (!real.startsWith(folder + path.sep)) throw outside(name);
    const found = await stat(real);
    if (!found.isFile()) throw refuse(`keeps its numbers in ${name}, which is no file`);
    places.push({ real, size: found.size });
  }
  const total = places.reduce((sum, { size }) => sum + size, 0);
  if (total !== described) throw refuse(`is damaged: its shards hold ${total} bytes, ${described} are described`);
  const bytes = new Uint8Array(total);
  let at = 0;
  for (const { real, size } of places) {
    const part = await readFile(real);
    if (part.length !== size) throw refuse('changed while it was read', 'Try again.');
    bytes.set(part, at);
    at += size;
  }
  return bytes;
}
