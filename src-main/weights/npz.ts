/** NumPy's `.npy` and `.npz` files (numpy/lib/format.py): arrays of plain numbers, nothing that would be unpickled. */

import path from 'node:path';
import { readBytes } from '../base/files.ts';
import { Problem } from '../contract/problem.ts';
import { DTYPE_BYTES, type DType, decode, decodeInto, elements } from './tensor-file.ts';
import { Archive } from './zip.ts';

/** An array in C order: floats as float32, integers and truth values as int32. */
export interface NumpyArray {
  shape: number[];
  data: Float32Array | Int32Array;
}

const DTYPES: Record<string, DType> = {
  '<f8': 'float64',
  '<f4': 'float32',
  '<f2': 'float16',
  '<i8': 'int64',
  '<i4': 'int32',
  '<i2': 'int16',
  '|i1': 'int8',
  '|u1': 'uint8',
  '|b1': 'bool',
};

/**
 * Reads the arrays of an `.npz` by name, or the one array of an `.npy`, which then bears the file's name.
 * @throws Problem where the file is damaged, or an array holds anything but the numbers above
 */
export async function readNpz(file: string): Promise<Map<string, NumpyArray>> {
  const extension = path.extname(file);
  if (extension.toLowerCase() === '.npy') {
    const name = path.basename(file, extension);
    return new Map([[name, parseNpy(readBytes(file), name, file)]]);
  }
  const archive = await Archive.open(file);
  try {
    const arrays = new Map<string, NumpyArray>();
    for (const entry of archive.names()) {
      const name = entry.replace(/\.npy$/, '');
      arrays.set(name, parseNpy(await archive.read(entry), name, file));
    }
    return arrays;
  } finally {
    archive.close();
  }
}

/** One `.npy`: magic, version, length of the header, the header as a Python literal, the numbers. */
function parseNpy(bytes: Uint8Array, name: string, file: string): NumpyArray {
  const bad = (why: string, next = 'Write it again with numpy.savez.') =>
    new Problem(`${file} is not a valid file of NumPy: ${name.slice(0, 100)} ${why}.`, { where: file, next });
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (buffer.length < 12 || buffer.toString('latin1', 0, 6) !== '\x93NUMPY') throw bad('is not an array');
  const wide = buffer[6] >= 2;
  const from = wide ? 12 : 10;
  const length = wide ? buffer.readUInt32LE(8) : buffer.readUInt16LE(8);
  if (buffer[6] > 3 || length > 65536 || from + length > buffer.length) throw bad('has no readable header');

  const header = buffer.toString('latin1', from, from + length);
  const type = /'descr':\s*'([^']{1,20})'/.exec(header)?.[1];
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1];
  const sizes = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1];
  if (!order || sizes === undefined) throw bad('has no readable header');
  const dtype = type && Object.hasOwn(DTYPES, type) ? DTYPES[type] : undefined;
  if (!dtype) throw bad(`holds ${type ?? 'a structure'}, not plain numbers`, 'Save it as float32 or int32.');
  const shape = sizes.split(',').flatMap((text) => (text.trim() ? [Number(text)] : []));
  const body = buffer.subarray(from + length);
  if (shape.length > 64 || !shape.every(Number.isSafeInteger) || elements(shape) * DTYPE_BYTES[dtype] !== body.length) {
    throw bad(`has ${body.length} bytes, which its shape (${sizes.trim()}) does not take`);
  }
  const strides = order === 'True' ? fortran(shape) : undefined;
  if (dtype.startsWith('float')) return { shape, data: decode(body, dtype, shape, strides) };
  const values = decodeInto(new Float64Array(elements(shape)), body, dtype, shape, strides);
  if (!values.every((value) => value === (value | 0))) throw bad('holds integers beyond 32 bits', 'Save it as int32.');
  return { shape, data: Int32Array.from(values) };
}

/** Strides of an array whose first axis runs fastest. */
function fortran(shape: number[]): number[] {
  return shape.map((_, axis) => elements(shape.slice(0, axis)));
}
