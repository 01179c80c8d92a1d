/**
 * PyTorch's `.pth` and `.pt` files, read without running anything of them. Two forms: since PyTorch 1.6 a zip archive
 * (`data.pkl` beside one file per storage), before that five pickles followed by the storages (`torch.serialization`).
 */
import { type FileHandle, open } from 'node:fs/promises';
import path from 'node:path';
import { fileProblem } from '../base/files.ts';
import { Problem } from '../contract/problem.ts';
import { PyDict, unpickle } from './pickle.ts';
import {
  DTYPE_BYTES,
  decode,
  elements,
  MAX_BYTES,
  MAX_TENSORS,
  shapeText,
  span,
  type TensorFile,
} from './tensor-file.ts';
import { PickledTensor, type StorageRef, torchGlobals, torchStorage } from './torch-objects.ts';
import { Archive } from './zip.ts';

/** A pickle that lists 50,000 tensors has about 12 MB. */
const MAX_PICKLE = 32 * 2 ** 20;
const MAGIC = 0x1950a86a20f9469cfc6cn;
/** Where checkpoints keep the weights among other things, in the order of preference. */
const HOLDERS = ['state_dict', 'model_state_dict', 'model', 'module', 'network', 'net'];
const SAVE_WEIGHTS = 'Save only the weights with torch.save(model.state_dict(), FILE) and take that.';

/** Where the numbers lie: bytes of a storage (undefined where it is not there), and how to read it. */
interface Storages {
  size(key: string): number | undefined;
  read(key: string): Promise<Uint8Array>;
}

/**
 * Reads the weights of a PyTorch file: the tensors of its state dict, also one that lies under `state_dict`, `model`,
 * `module` and the like. Values become float32 in C order, whatever their type and strides in the file.
 * @throws Problem where the file asks to run anything, is cut short or damaged, is of another kind, holds no tensors,
 *   or declares more numbers than it has
 */
export async function readPth(file: string): Promise<TensorFile> {
  if (path.extname(file).toLowerCase() === '.pkl') {
    throw new Problem(`Refused: ${file} is a Python pickle, which can hold any program.`, {
      where: file,
      next: SAVE_WEIGHTS,
    });
  }
  let handle: FileHandle | undefined;
  try {
    handle = await open(file);
    const size = (await handle.stat()).size;
    const head = await readRange(handle, 0, Math.min(size, 4), file);
    if (size === 0) throw new Problem(`${file} is empty.`, { where: file, next: 'Copy or download the file again.' });
    if (head[0] === 0x50 && head[1] === 0x4b) return await readZip(file);
    // A pickle begins with its protocol, or (protocols 0 and 1) with one of these opcodes
    if (head[0] === 0x80 || /^[()}\]cLI]/.test(String.fromCharCode(head[0])))
      return await readLegacy(handle, size, file);
    throw new Problem(`${file} is not a PyTorch file.`, {
      where: file,
      next: 'Choose a .pth or .pt file made by torch.save.',
    });
  } catch (error) {
    throw fileProblem(error, file, 'read');
  } finally {
    await handle?.close();
  }
}

async function readZip(file: string): Promise<TensorFile> {
  const archive = await Archive.open(file);
  try {
    const names = archive.names();
    const pickle = names.find((name) => /^([^/]+\/)?data\.pkl$/.test(name));
    if (pickle === undefined) {
      const kind = names.some((name) => name.endsWith('.npy')) ? 'a NumPy archive' : 'a zip archive';
      throw new Problem(`${file} is ${kind}, not a PyTorch file.`, {
        where: file,
        next: 'Choose a .pth or .pt file made by torch.save.',
      });
    }
    const root = pickle.slice(0, -'data.pkl'.length);
    if (names.some((name) => name.startsWith(`${root}code/`)) || names.includes(`${root}constants.pkl`)) {
      throw new Problem(`Refused: ${file} is a TorchScript program, not weights alone.`, {
        where: file,
        next: SAVE_WEIGHTS,
      });
    }
    if (names.includes(`${root}byteorder`)) {
      const order = Buffer.from(await archive.read(`${root}byteorder`)).toString('latin1', 0, 16);
      if (order !== 'little') throw bigEndian(file);
    }
    if (archive.size(pickle)! > MAX_PICKLE) throw tooLong(file);
    const { value } = unpickle(await archive.read(pickle), optionsFor(file));
    return await tensorsOf(value, 'PyTorch (zip)', file, {
      size: (key) => archive.size(`${root}data/${key}`),
      read: (key) => archive.read(`${root}data/${key}`),
    });
  } finally {
    archive.close();
  }
}

async function readLegacy(handle: FileHandle, size: number, file: string): Promise<TensorFile> {
  const head = await readRange(handle, 0, Math.min(size, MAX_PICKLE), file);
  const declared = new Map<string, StorageRef>();
  const options = optionsFor(file, declared);
  let at = 0;
  const next = () => {
    const { value, end } = unpickle(head, options, at);
    at = end;
    return value;
  };
  if (next() !== MAGIC) {
    throw new Problem(`${file} is a Python pickle, but not one that torch.save made.`, {
      where: file,
      next: SAVE_WEIGHTS,
    });
  }
  next(); // the version of the format, the same in all files of this form
  const system = next();
  if (system instanceof PyDict && system.get('little_endian') === false) throw bigEndian(file);
  const root = next();
  const keys = next();

  // Each storage follows with its length in front, in the order of the keys
  const places = new Map<string, { from: number; bytes: number }>();
  for (const key of Array.isArray(keys) ? keys : []) {
    const storage = declared.get(key as string);
    if (!storage || places.has(storage.key)) throw cutShort(file, 'lists a storage that no tensor has');
    const count = Buffer.from(await readRange(handle, at, 8, file)).readBigUInt64LE();
    if (count !== BigInt(storage.count)) throw cutShort(file, 'disagrees with itself about the size of a tensor');
    const bytes = storage.count * DTYPE_BYTES[storage.dtype ?? 'uint8'];
    if (bytes > size - at - 8) throw cutShort(file, `needs ${megabytes(bytes)} for one tensor and ends before that`);
    places.set(storage.key, { from: at + 8, bytes });
    at += 8 + bytes;
  }
  return await tensorsOf(root, 'PyTorch (legacy)', file, {
    size: (key) => places.get(key)?.bytes,
    read: (key) => readRange(handle, places.get(key)!.from, places.get(key)!.bytes, file),
  });
}

/** Reads the numbers of every tensor of the state dict, storage by storage. */
async function tensorsOf(root: unknown, format: string, file: string, storages: Storages): Promise<TensorFile> {
  const dict = stateDict(root);
  const found = dict ? tensorEntries(dict) : [];
  if (found.length === 0) throw noTensors(root, file);
  if (found.length > MAX_TENSORS) {
    throw new Problem(`Refused: ${file} holds ${found.length} tensors; ${MAX_TENSORS} are the most.`, {
      where: file,
      next: SAVE_WEIGHTS,
    });
  }
  const groups = checked(found, storages, file);
  const tensors: TensorFile['tensors'] = new Map(found.map(([name, tensor]) => [name, placeholder(tensor)]));
  for (const [key, names] of groups) {
    const bytes = await storages.read(key);
    for (const [name, { storage, dtype, offset, shape, strides }] of names) {
      tensors.set(name, { shape, dtype, data: decode(bytes, dtype, shape, strides, storage.start + offset) });
    }
  }
  return { tensors, format };
}

/** Holds a tensor's place in the order of the file until its numbers are read. */
function placeholder({ shape, dtype }: PickledTensor): {
  shape: number[];
  dtype: PickledTensor['dtype'];
  data: Float32Array;
} {
  return { shape, dtype, data: new Float32Array(0) };
}

/**
 * The tensors by storage, once every one of them is known to lie inside its own, and all of them together to hold no
 * more numbers than the file has (strides of 0 and shared storages make many out of few).
 */
function checked(found: [string, PickledTensor][], storages: Storages, file: string): Map<string, typeof found> {
  const groups = new Map<string, typeof found>();
  let there = 0;
  let total = 0;
  for (const entry of found) {
    const [name, { storage, dtype, offset, shape, strides }] = entry;
    const size = DTYPE_BYTES[dtype];
    const bytes = storages.size(storage.key);
    const needed = storage.count * DTYPE_BYTES[storage.dtype ?? 'uint8'];
    if (bytes === undefined || bytes < needed) {
      throw cutShort(
        file,
        `has ${megabytes(bytes ?? 0)} of the ${megabytes(needed)} that ${name} (${shapeText(shape)}) needs`,
      );
    }
    if ((storage.start + span(shape, strides, offset)) * size > needed) {
      throw cutShort(file, `places ${name} (${shapeText(shape)}) outside of its numbers`);
    }
    const group = groups.get(storage.key);
    if (group) group.push(entry);
    else {
      groups.set(storage.key, [entry]);
      there += bytes;
    }
    total += elements(shape);
  }
  if (total > Math.max(2 ** 20, 2 * there) || total * 4 > MAX_BYTES) {
    throw new Problem(
      `Refused: ${file} declares ${megabytes(total * 4)} of weights, but holds ${megabytes(there)} of numbers.`,
      { where: file, next: 'Check where the file comes from.' },
    );
  }
  return groups;
}

/** The dict that holds the weights: under one of HOLDERS, at most three deep, or the root itself. */
function stateDict(root: unknown, depth = 0): PyDict | undefined {
  if (!(root instanceof PyDict) || depth > 3) return undefined;
  for (const holder of HOLDERS) {
    const inner = stateDict(root.get(holder), depth + 1);
    if (inner) return inner;
  }
  return tensorEntries(root).length ? root : undefined;
}

function tensorEntries(dict: PyDict): [string, PickledTensor][] {
  return [...dict].filter(
    (entry): entry is [string, PickledTensor] => typeof entry[0] === 'string' && entry[1] instanceof PickledTensor,
  );
}

function optionsFor(where: string, declared?: Map<string, StorageRef>) {
  return {
    where,
    globals: torchGlobals(where),
    persistent: (id: unknown) => {
      const storage = torchStorage(where, id);
      const known = declared?.get(storage.key);
      if (known && (known.count !== storage.count || known.dtype !== storage.dtype)) {
        throw cutShort(where, 'disagrees with itself about the size of a tensor');
      }
      declared?.set(storage.key, storage);
      return storage;
    },
  };
}

/** So many bytes from a place on. @throws Problem where the file ends before */
async function readRange(handle: FileHandle, from: number, count: number, file: string): Promise<Uint8Array> {
  const out = new Uint8Array(count);
  for (let at = 0; at < count; ) {
    const { bytesRead } = await handle.read(out, at, Math.min(count - at, 2 ** 30), from + at);
    if (bytesRead === 0) throw cutShort(file, 'ends too early');
    at += bytesRead;
  }
  return out;
}

function noTensors(root: unknown, file: string): Problem {
  const keys = root instanceof PyDict ? [...root.keys()].filter((key) => typeof key === 'string').slice(0, 5) : [];
  const what = keys.length ? `only ${keys.map((key) => String(key).slice(0, 60)).join(', ')}` : 'none';
  return new Problem(`${file} holds no weights by name (${what}).`, { where: file, next: SAVE_WEIGHTS });
}

function cutShort(file: string, why: string): Problem {
  return new Problem(`${file} is damaged: it ${why}.`, { where: file, next: 'Copy or download the file again.' });
}

function bigEndian(file: string): Problem {
  return new Problem(`${file} was written on a big-endian machine, which is not read.`, {
    where: file,
    next: 'Save it again on a little-endian one.',
  });
}

function tooLong(file: string): Problem {
  return new Problem(`Refused: the list of tensors in ${file} has more than ${megabytes(MAX_PICKLE)}.`, {
    where: file,
    next: SAVE_WEIGHTS,
  });
}

function megabytes(bytes: number): string {
  return bytes < 1e6
    ? `${Math.round(bytes)} bytes`
    : bytes < 1e9
      ? `${Math.round(bytes / 1e6)} MB`
      : `${(bytes / 1e9).toFixed(1)} GB`;
}
