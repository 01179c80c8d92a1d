/**
 * The log of the softmax without a gradient of its own, for methods that state theirs: TensorFlow's kernel on the native
 * engine, plain ops on the others. It is stable for logits of any size.
 */
import { NATIVE_BACKEND } from '../engine/native.ts';
import { type Tensor, tf } from '../engine/tf.ts';

/** The part of the native backend that runs a TensorFlow op by name. */
interface NativeBackend {
  binding: { TF_ATTR_TYPE: number; TF_FLOAT: number };
  executeMultipleOutputs(name: string, attributes: object[], inputs: Tensor[], outputs: number): Tensor[];
}

function native(): NativeBackend | undefined {
  return tf.getBackend() === NATIVE_BACKEND ? (tf.backend() as unknown as NativeBackend) : undefined;
}

/** log softmax along the last axis. */
export function logSoftmax<T extends Tensor>(logits: T): T {
  const backend = native();
  if (backend) {
    const attributes = [{ name: 'T', type: backend.binding.TF_ATTR_TYPE, value: backend.binding.TF_FLOAT }];
    return backend.executeMultipleOutputs('LogSoftmax', attributes, [logits], 1)[0] as T;
  }
  const shifted = logits.sub(logits.max(-1, true));
  return shifted.sub(shifted.exp().sum(-1, true).log());
}
