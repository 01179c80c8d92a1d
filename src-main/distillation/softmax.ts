/**
 * Softmax forms without gradients of their own, for methods that state theirs: TensorFlow's kernels on the native
 * engine, plain ops on the others. Each is stable for logits of any size.
 */
import { NATIVE_BACKEND } from '../engine/native.ts';
import { type Tensor, type Tensor1D, type Tensor2D, tf } from '../engine/tf.ts';

/** The part of the native backend that runs a TensorFlow op by name. */
interface NativeBackend {
  binding: { TF_ATTR_TYPE: number; TF_FLOAT: number; TF_INT32: number };
  executeMultipleOutputs(name: string, attributes: object[], inputs: Tensor[], outputs: number): Tensor[];
}

function native(): NativeBackend | undefined {
  return tf.getBackend() === NATIVE_BACKEND ? (tf.backend() as unknown as NativeBackend) : undefined;
}

/**
 * Cross-entropy of logits [P, C] with one class per row (int32 [P], all below C).
 * @returns the loss of each row, and its gradient softmax − one-hot [P, C], from one pass
 */
export function softmaxCrossEntropy(logits: Tensor2D, classOf: Tensor1D): { losses: Tensor1D; gradient: Tensor2D } {
  const backend = native();
  if (backend) {
    const { TF_ATTR_TYPE: type, TF_FLOAT, TF_INT32 } = backend.binding;
    const attributes = [
      { name: 'T', type, value: TF_FLOAT },
      { name: 'Tlabels', type, value: TF_INT32 },
    ];
    const name = 'SparseSoftmaxCrossEntropyWithLogits';
    const [losses, gradient] = backend.executeMultipleOutputs(name, attributes, [logits, classOf], 2);
    return { losses: losses as Tensor1D, gradient: gradient as Tensor2D };
  }
  const log = logSoftmax(logits);
  const oneHot = tf.oneHot(classOf, logits.shape[1]).cast('float32');
  return { losses: oneHot.mul(log).sum<Tensor1D>(-1).neg(), gradient: log.exp().sub(oneHot) };
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
