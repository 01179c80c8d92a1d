/** The engine that always works: TensorFlow.js's WebAssembly backend, which comes with the application. */
import { createRequire } from 'node:module';
import path from 'node:path';

export const WASM_BACKEND = 'wasm';

/**
 * Registers the backend. In Node it computes with SIMD and on one thread.
 * @returns its version
 */
export function registerWasm(): string {
  const require = createRequire(import.meta.url);
  const wasm = require('@tensorflow/tfjs-backend-wasm');
  const folder = path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
  wasm.setWasmPaths(folder + path.sep);
  return wasm.version_wasm;
}
