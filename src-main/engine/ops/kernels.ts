/**
 * TensorFlow's own kernels, called by name where the native engine is active: what fast forms (forms.ts) are made of.
 */
import type { Half } from '../../contract/precision.ts';
import { type Tensor, tf } from '../tf.ts';

type AttributeValue = number | boolean | string | readonly number[];

interface Attribute {
  name: string;
  type: number;
  value: AttributeValue;
}

/** A tensor of the library's, by its number in the binding. */
interface Handle {
  id: number;
}

/** The part of the native backend that is used here. */
interface NativeBackend {
  binding: Record<
    'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32',
    number
  > & {
    executeOp(name: string, attributes: Attribute[], inputs: number[], outputs: number): Handle[];
    deleteTensor(id: number): void;
  };
  isUsingGpuDevice: boolean;
  getInputTensorIds(tensors: Tensor[]): number[];
  createOutputTensor(handle: Handle): Tensor;
  executeMultipleOutputs(name: string, attributes: Attribute[], inputs: Tensor[], outputs: number): Tensor[];
}

/** Whether the active engine is TensorFlow's own library. */
export function isNative(): boolean {
  return tf.getBackend() === 'tensorflow';
}

/** Whether our own kernels (engine/kernels/) can be called: they are part of the binding and work in the CPU's memory. */
export function hasOwnKernels(): boolean {
  return isNative() && !(tf.backend() as unknown as NativeBackend).isUsingGpuDevice;
}

/** Attributes of a kernel by type; `T` (float32) is added by itself. */
export interface KernelAttributes {
  ints?: Record<string, readonly number[]>;
  floats?: Record<string, number>;
  bools?: Record<string, boolean>;
  strings?: Record<string, string>;
  /** Further type attributes; they are float32. */
  types?: readonly string[];
  /** Type attributes that are int32. */
  intTypes?: readonly string[];
  /** Whole numbers that are not lists. */
  counts?: Record<string, number>;
}

/**
 * Runs one of our own kernels (engine/kernels/).
 * @returns its outputs, the caller's to dispose
 */
export function runOwnKernel(
  name: string,
  inputs: Tensor[],
  outputs: number,
  { counts = {}, floats = {} }: Pick<KernelAttributes, 'counts' | 'floats'> = {},
): Tensor[] {
  const backend = tf.backend() as unknown as NativeBackend;
  const { TF_ATTR_INT, TF_ATTR_FLOAT } = backend.binding;
  const list = [
    ...Object.entries(counts).map(([name, value]) => ({ name, type: TF_ATTR_INT, value })),
    ...Object.entries(floats).map(([name, value]) => ({ name, type: TF_ATTR_FLOAT, value })),
  ];
  return backend.executeMultipleOutputs(`Stillroom${name}`, list, inputs, outputs);
}

/** Runs with a tensor without elements, which stands for an input of our kernels that is not given. */
export function withEmpty<T>(run: (none: Tensor) => T): T {
  const none = tf.tensor1d([], 'float32');
  try {
    return run(none);
  } finally {
    none.dispose();
  }
}

/**
 * Runs a kernel on float32 tensors of the native engine.
 * @returns its outputs, the caller's to dispose
 */
export function runKernel(name: string, inputs: Tensor[], attributes: KernelAttributes = {}, outputs = 1): Tensor[] {
  const backend = tf.backend() as unknown as NativeBackend;
  return backend.executeMultipleOutputs(name, listed(attributes, backend.binding.TF_FLOAT), inputs, outputs);
}

/** The numbers of TensorFlow's DataType, which the binding does not name: TensorFlow.js has no tensors of these types. */
const HALVES: Record<Half, number> = { bfloat16: 14, float16: 19 };

/**
 * Runs a kernel of the native engine in half precision on float32 tensors: they are rounded, and what comes of them is
 * float32 again. int32 tensors go in as they are. For a moment it holds rounded copies of inputs and output.
 * @returns its one output, the caller's to dispose
 */
export function runHalfKernel(half: Half, name: string, inputs: Tensor[], attributes: KernelAttributes = {}): Tensor {
  const backend = tf.backend() as unknown as NativeBackend;
  const { binding } = backend;
  const type = HALVES[half];
  const held = new Set<number>();
  const hold = (op: string, attributes: Attribute[], ids: number[]) => {
    const [{ id }] = binding.executeOp(op, attributes, ids, 1);
    held.add(id);
    return id;
  };
  const release = () => {
    for (const id of held) binding.deleteTensor(id);
    held.clear();
  };
  const casting = (from: number, to: number): Attribute[] => [
    { name: 'SrcT', type: binding.TF_ATTR_TYPE, value: from },
    { name: 'DstT', type: binding.TF_ATTR_TYPE, value: to },
    { name: 'Truncate', type: binding.TF_ATTR_BOOL, value: false },
  ];
  try {
    const rounded = backend
      .getInputTensorIds(inputs)
      .map((id, i) => (inputs[i].dtype === 'float32' ? hold('Cast', casting(binding.TF_FLOAT, type), [id]) : id));
    const [{ id }] = binding.executeOp(name, listed(attributes, type), rounded, 1);
    release();
    held.add(id);
    return backend.createOutputTensor(binding.executeOp('Cast', casting(type, binding.TF_FLOAT), [id], 1)[0]);
  } finally {
    release();
  }
}

/** A kernel's attributes as the binding takes them; `T` is the type of its numbers. */
function listed(attributes: KernelAttributes, type: number): Attribute[] {
  const { binding } = tf.backend() as unknown as NativeBackend;
  const list: Attribute[] = [];
  const types = (names: readonly string[], value: number) => {
    for (const name of names) list.push({ name, type: binding.TF_ATTR_TYPE, value });
  };
  types(['T', ...(attributes.types ?? [])], type);
  types(attributes.intTypes ?? [], binding.TF_INT32);
  const add = (type: number, values: Record<string, AttributeValue> = {}) => {
    for (const [key, value] of Object.entries(values)) list.push({ name: key, type, value });
  };
  add(binding.TF_ATTR_INT, attributes.ints);
  add(binding.TF_ATTR_INT, attributes.counts);
  add(binding.TF_ATTR_FLOAT, attributes.floats);
  add(binding.TF_ATTR_BOOL, attributes.bools);
  add(binding.TF_ATTR_STRING, attributes.strings);
  return list;
}
