/**
 * TensorFlow's own kernels, called by name where the native engine is active: what fast forms (forms.ts) are made of.
 */
import { type Tensor, tf } from '../tf.ts';

type AttributeValue = number | boolean | string | readonly number[];

interface Attribute {
  name: string;
  type: number;
  value: AttributeValue;
}

/** The part of the native backend that is used here. */
interface NativeBackend {
  binding: Record<
    'TF_ATTR_INT' | 'TF_ATTR_FLOAT' | 'TF_ATTR_BOOL' | 'TF_ATTR_STRING' | 'TF_ATTR_TYPE' | 'TF_FLOAT' | 'TF_INT32',
    number
  >;
  isUsingGpuDevice: boolean;
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
  const { binding } = backend;
  const list: Attribute[] = [];
  const types = (names: readonly string[], value: number) => {
    for (const name of names) list.push({ name, type: binding.TF_ATTR_TYPE, value });
  };
  types(['T', ...(attributes.types ?? [])], binding.TF_FLOAT);
  types(attributes.intTypes ?? [], binding.TF_INT32);
  const add = (type: number, values: Record<string, AttributeValue> = {}) => {
    for (const [key, value] of Object.entries(values)) list.push({ name: key, type, value });
  };
  add(binding.TF_ATTR_INT, attributes.ints);
  add(binding.TF_ATTR_INT, attributes.counts);
  add(binding.TF_ATTR_FLOAT, attributes.floats);
  add(binding.TF_ATTR_BOOL, attributes.bools);
  add(binding.TF_ATTR_STRING, attributes.strings);
  return backend.executeMultipleOutputs(name, list, inputs, outputs);
}
