/**
 * TensorFlow's own library as the backend `tensorflow` of TensorFlow.js: the kernels of @tensorflow/tfjs-node-gpu on
 * the binding in the per-user cache. The package's own index.js is passed by, as it looks for the binding in its own
 * folder, which is not ours to write to.
 */
import { createRequire } from 'node:module';
import os from 'node:os';
import path from 'node:path';
import { Problem } from '../contract/problem.ts';
import { bindingName } from './binding.ts';
import { tf } from './tf.ts';

export const NATIVE_BACKEND = 'tensorflow';

interface Binding {
  TF_Version: string;
  isUsingGpuDevice(): boolean;
}

/** Threads of one op: TF_NUM_INTRAOP_THREADS, or one for each processor that we may use. Results depend on it. */
export function nativeThreads(): number {
  const wished = Number(process.env.TF_NUM_INTRAOP_THREADS);
  return Number.isInteger(wished) && wished > 0 ? wished : os.availableParallelism();
}

/**
 * Loads the library from `folder` and registers the backend; once per process.
 * @returns TensorFlow's version, and whether it computes on a GPU
 * @throws Problem when the library does not load
 */
export function registerNative(folder: string): { version: string; onGpu: boolean } {
  // Read by the library when it is loaded. oneDNN is off by itself on some processors, and without it the CPU refuses
  // the gradients of dilated and grouped convolutions.
  process.env.TF_ENABLE_ONEDNN_OPTS ??= '1';
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';
  // Else TensorFlow takes all of a GPU's memory at its start.
  process.env.TF_FORCE_GPU_ALLOW_GROWTH ??= 'true';
  // Newer GPUs would round products to TensorFloat-32, a thousandth of their size: float32 is to mean float32.
  process.env.NVIDIA_TF32_OVERRIDE ??= '0';
  process.env.TF_NUM_INTRAOP_THREADS = String(nativeThreads());
  const require = createRequire(import.meta.url);
  let binding: Binding;
  try {
    binding = require(path.join(folder, bindingName()));
  } catch (error) {
    throw new Problem(`TensorFlow does not load: ${error instanceof Error ? error.message : error}.`, {
      where: folder,
      next: 'Delete that folder and try again.',
      cause: error,
    });
  }
  if (!tf.findBackendFactory(NATIVE_BACKEND)) {
    require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels.js');
    const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend.js');
    tf.registerBackend(NATIVE_BACKEND, () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'));
  }
  return { version: binding.TF_Version, onGpu: binding.isUsingGpuDevice() };
}
