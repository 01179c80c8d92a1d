/** The few Python names that a PyTorch weights file may use, and what stands for each while it is read. */
import { Problem } from '../contract/problem.ts';
import { type PickleFunction, PyDict } from './pickle.ts';
import { DTYPE_BYTES, type DType } from './tensor-file.ts';

/** A storage class: the type of its values; null for bytes whose tensors name the type. */
export class StorageClass {
  readonly dtype: DType | null;
  constructor(dtype: DType | null) {
    this.dtype = dtype;
  }
}

/** A number type as an object of its own (`torch.float32`). */
export class TorchDType {
  readonly dtype: DType;
  constructor(dtype: DType) {
    this.dtype = dtype;
  }
}

/** A storage that tensors are views of. `count` is in values of `dtype`, in bytes where that is null. */
export interface StorageRef {
  key: string;
  dtype: DType | null;
  count: number;
  /** Old files let a storage be a part of another one: where it begins there. */
  start: number;
}

/** A tensor as the file describes it; its numbers are read later. Sizes, strides and offset are in values. */
export class PickledTensor {
  readonly storage: StorageRef;
  readonly dtype: DType;
  readonly offset: number;
  readonly shape: number[];
  readonly strides: number[];
  constructor(storage: StorageRef, dtype: DType, offset: number, shape: number[], strides: number[]) {
    this.storage = storage;
    this.dtype = dtype;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Storage classes under `torch.` and `torch.cuda.`. */
const STORAGES: Record<string, DType> = {
  DoubleStorage: 'float64',
  FloatStorage: 'float32',
  HalfStorage: 'float16',
  BFloat16Storage: 'bfloat16',
  LongStorage: 'int64',
  IntStorage: 'int32',
  ShortStorage: 'int16',
  CharStorage: 'int8',
  ByteStorage: 'uint8',
  BoolStorage: 'bool',
};

/** Most axes that PyTorch itself allows. */
const MAX_RANK = 64;

function broken(where: string, why: string): never {
  throw new Problem(`${where} is damaged, or not a file of PyTorch: ${why}.`, {
    where,
    next: 'Copy or download the file again.',
  });
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isShape(value: unknown): value is number[] {
  return Array.isArray(value) && value.length <= MAX_RANK && value.every(isCount);
}

/** The allow-list: everything else that a file asks for is refused. */
export function torchGlobals(where: string): ReadonlyMap<string, unknown> {
  const tensor = (
    storage: unknown,
    offset: unknown,
    shape: unknown,
    strides: unknown,
    named?: unknown,
  ): PickledTensor => {
    const { key, dtype, count, start } = (storage ?? {}) as Partial<StorageRef>;
    const type = named instanceof TorchDType ? named.dtype : dtype;
    if (typeof key !== 'string' || count === undefined || start === undefined || !type) {
      return broken(where, 'a tensor has no storage');
    }
    if (!isCount(offset) || !isShape(shape) || !isShape(strides) || shape.length !== strides.length) {
      return broken(where, 'a tensor has an impossible shape');
    }
    return new PickledTensor({ key, dtype: dtype ?? null, count, start }, type, offset, shape, strides);
  };
  const plainTensor: PickleFunction = (storage, offset, shape, strides) => tensor(storage, offset, shape, strides);
  const typedTensor: PickleFunction = (storage, offset, shape, strides, _grad, _hooks, dtype) =>
    tensor(storage, offset, shape, strides, dtype);
  const unchanged = (value: unknown) => value;
  const functions: Record<string, PickleFunction> = {
    'collections.OrderedDict': (items) => {
      const dict = new PyDict();
      for (const pair of Array.isArray(items) ? items : []) if (Array.isArray(pair)) dict.set(pair[0], pair[1]);
      return dict;
    },
    'torch._utils._rebuild_tensor': plainTensor,
    'torch._utils._rebuild_tensor_v2': plainTensor,
    'torch._utils._rebuild_tensor_v3': typedTensor,
    'torch._utils._rebuild_parameter': unchanged,
    'torch._utils._rebuild_parameter_with_state': unchanged,
    'torch._tensor._rebuild_from_type_v2': (rebuild, _type, args) =>
      (rebuild === plainTensor || rebuild === typedTensor) && Array.isArray(args)
        ? (rebuild as PickleFunction)(...args.slice(0, 32))
        : broken(where, 'a tensor has no storage'),
    'torch.Size': (shape) => shape ?? [],
    'torch.device': (kind) => kind ?? null,
    'builtins.set': (items) => new Set(Array.isArray(items) ? items : []),
    '_codecs.encode': (text) => Buffer.from(String(text), 'latin1'),
  };
  functions['__builtin__.set'] = functions['builtins.set'];

  const globals = new Map<string, unknown>(Object.entries(functions));
  // Named as types only, never called
  for (const name of ['torch.Tensor', 'torch.nn.parameter.Parameter']) globals.set(name, { type: name });
  for (const [name, dtype] of Object.entries(STORAGES)) {
    for (const module of ['torch', 'torch.cuda']) globals.set(`${module}.${name}`, new StorageClass(dtype));
  }
  globals.set('torch.storage.UntypedStorage', new StorageClass(null));
  for (const dtype of Object.keys(DTYPE_BYTES) as DType[]) globals.set(`torch.${dtype}`, new TorchDType(dtype));
  return globals;
}

/**
 * What a persistent id of a PyTorch file stands for: `('storage', class, key, location, count, view)`. The location
 * (`cpu`, `cuda:0`) says where the tensor lived and is of no concern here.
 */
export function torchStorage(where: string, id: unknown): StorageRef {
  if (!Array.isArray(id)) return broken(where, 'it refers to something that is not a storage');
  const [kind, type, key, , count, view] = id as unknown[];
  if (kind === 'module') {
    throw new Problem(`Refused: ${where} holds a whole model with its program.`, {
      where,
      next: 'Save only the weights with torch.save(model.state_dict(), FILE) and take that.',
    });
  }
  if (kind !== 'storage' || !(type instanceof StorageClass) || typeof key !== 'string' || !isCount(count)) {
    return broken(where, 'it refers to something that is not a storage');
  }
  if (!Array.isArray(view)) return { key, dtype: type.dtype, count, start: 0 };
  const [, start, length] = view as unknown[];
  if (!isCount(start) || !isCount(length) || start + length > count) return broken(where, 'a storage is out of range');
  return { key, dtype: type.dtype, count, start };
}
