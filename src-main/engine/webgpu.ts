/**
 * The graphics processor through WebGPU: TensorFlow.js's WebGPU backend on Dawn (dawn.ts).
 *
 * The backend reads a tensor at once only through a canvas, which Node does not have, and writes one through mapped
 * memory, which Electron does not share. Both are done here in other ways, so that this engine behaves as the others.
 */
import { createRequire } from 'node:module';
import { Problem } from '../contract/problem.ts';
import {
  type Adapter,
  hasVulkanDriver,
  loadDawn,
  takeSwiftShader,
  VULKAN_PACKAGES,
  waitable,
  waitFor,
} from './dawn.ts';
import { type DataType, type KernelBackend, type TypedArray, tf } from './tf.ts';

export const WEBGPU_BACKEND = 'webgpu';

/** What TensorFlow.js's shaders are written for; an adapter gives less unless it is asked for. */
const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

interface TensorData {
  dtype: DataType;
  shape: number[];
  values: TypedArray | null;
  resource?: GPUBuffer;
}

/** The part of the backend that is used or replaced here. */
interface WebgpuBackend extends KernelBackend {
  queue: GPUQueue;
  commandEncoder: GPUCommandEncoder;
  tensorMap: { get(dataId: object): TensorData };
  bufferManager: { acquireBuffer(size: number, usage: number): GPUBuffer; releaseBuffer(buffer: GPUBuffer): void };
  ensureCommandEncoderReady(): void;
  endComputePassEncoder(): void;
  submitQueue(): void;
  convertAndCacheOnCPU(dataId: object, values: TypedArray): TypedArray;
  uploadToGPU(dataId: object): void;
  readSync(dataId: object): TypedArray;
  read(dataId: object): Promise<TypedArray>;
}

let opened: { gpu: GPU; device: GPUDevice; adapter: Adapter } | undefined;

/** What the device refused first, by a validation error or for want of memory: what it computes since is not to be used. */
let refused: string | undefined;

/**
 * Registers the backend on the best adapter; once per process.
 * @param software whether a software adapter will do; where there is no other, Electron's own is taken
 * @returns the backend's version and the adapter
 * @throws Problem where Dawn does not load, or finds no such adapter
 */
export async function registerWebgpu(software: boolean): Promise<{ version: string; adapter: Adapter }> {
  const require = createRequire(import.meta.url);
  opened ??= await openDevice(software);
  const webgpu = require('@tensorflow/tfjs-backend-webgpu');
  if (!tf.findBackendFactory(WEBGPU_BACKEND)) {
    const { gpu, device, adapter } = opened;
    // The backend looks for it as a sign that there is WebGPU at all.
    Object.defineProperty(globalThis.navigator, 'gpu', { value: gpu, configurable: true });
    tf.registerBackend(WEBGPU_BACKEND, () =>
      withTransfers(new webgpu.WebGPUBackend(device, { vendor: '', ...adapter })),
    );
  }
  const { version } = require('@tensorflow/tfjs-backend-webgpu/package.json');
  return { version, adapter: opened.adapter };
}

async function openDevice(software: boolean) {
  if (!hasVulkanDriver()) {
    if (!software) throw noAdapter();
    takeSwiftShader();
  }
  const gpu = await loadDawn();
  const found = await waitable(() => gpu.requestAdapter({ powerPreference: 'high-performance' }));
  if (!found || (found.info.isFallbackAdapter && !software)) throw noAdapter();
  const { limits, info } = found;
  const requiredLimits = Object.fromEntries(LIMITS.map((name) => [name, limits[name]]));
  const device = await waitable(() => found.requestDevice({ requiredLimits }));
  device.addEventListener('uncapturederror', ({ error }) => {
    refused ??= error.message;
  });
  return { gpu, device, adapter: { name: info.description || info.device, software: info.isFallbackAdapter } };
}

function noAdapter(): Problem {
  return new Problem('WebGPU finds no graphics processor here.', {
    next: `Install its Vulkan driver (${VULKAN_PACKAGES}), or choose the engine cpu.`,
  });
}

/** Gives the backend reads that wait and writes by the queue. */
function withTransfers(backend: WebgpuBackend): WebgpuBackend {
  const upload = backend.uploadToGPU.bind(backend);
  backend.uploadToGPU = (dataId) => {
    const data = backend.tensorMap.get(dataId);
    if (data.resource || !data.values) return upload(dataId);
    const values = data.dtype === 'float32' ? Float32Array.from(data.values) : Int32Array.from(data.values);
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    data.resource = backend.bufferManager.acquireBuffer(values.byteLength, usage);
    backend.queue.writeBuffer(data.resource, 0, values);
    data.values = null;
  };
  backend.readSync = (dataId) => {
    const { values, resource, dtype } = backend.tensorMap.get(dataId);
    if (values) return values;
    const bytes = download(backend, resource!);
    return backend.convertAndCacheOnCPU(dataId, dtype === 'float32' ? new Float32Array(bytes) : asWhole(bytes, dtype));
  };
  backend.read = async (dataId) => backend.readSync(dataId);
  return backend;
}

function asWhole(bytes: ArrayBuffer, dtype: DataType): TypedArray {
  const values = new Int32Array(bytes);
  return dtype === 'bool' ? Uint8Array.from(values) : values;
}

function download(backend: WebgpuBackend, buffer: GPUBuffer): ArrayBuffer {
  const { size } = buffer;
  const staging = backend.bufferManager.acquireBuffer(size, GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ);
  backend.ensureCommandEncoderReady();
  backend.endComputePassEncoder();
  backend.commandEncoder.copyBufferToBuffer(buffer, 0, staging, 0, size);
  backend.submitQueue();
  let failure: unknown;
  waitable(() => staging.mapAsync(GPUMapMode.READ)).catch((error) => {
    failure = error;
  });
  waitFor(() => staging.mapState === 'pending');
  if (staging.mapState !== 'mapped') {
    throw new Problem('The graphics processor stopped computing.', {
      next: 'Start the job again; if it happens twice, choose the engine cpu.',
      cause: failure,
    });
  }
  if (refused !== undefined) {
    throw new Problem(`The graphics processor refused a computation: ${refused.trim().split('\n')[0]}`, {
      next: 'Choose the engine cpu.',
    });
  }
  const bytes = staging.getMappedRange().slice(0);
  staging.unmap();
  backend.bufferManager.releaseBuffer(staging);
  return bytes;
}
