/**
 * The one instance of TensorFlow.js that everybody shares: `import { tf } from '../engine/tf.ts'`.
 *
 * TensorFlow.js comes as ESM and as CommonJS, and each is an engine of its own: tensors of one are strangers to the
 * other. The native kernels and the wasm backend are CommonJS, so everything here goes through `require`.
 * Loading it starts no backend: call startEngine() (choose.ts) first.
 */
import { createRequire } from 'node:module';
import util from 'node:util';
import type * as TensorFlow from '@tensorflow/tfjs';

// The native backend calls two helpers that newer Node versions have dropped.
const helpers = util as unknown as Record<string, unknown>;
helpers.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
helpers.isArray ??= Array.isArray;

export const tf = createRequire(import.meta.url)('@tensorflow/tfjs') as typeof TensorFlow;

export type {
  DataType,
  KernelBackend,
  NamedTensorMap,
  Rank,
  Scalar,
  Tensor,
  Tensor1D,
  Tensor2D,
  Tensor3D,
  Tensor4D,
  TensorContainer,
  TensorLike,
  TypedArray,
} from '@tensorflow/tfjs';
