/** Choosing and starting an engine: CUDA, the CPU by TensorFlow's own library, WebGPU or WebAssembly, in this order. */

import type { Report } from '../base/fetch-wheel.ts';
import { describe, Problem } from '../contract/problem.ts';
import { acquireEngine } from './acquire.ts';
import { requireGpu, unseenGpu } from './cuda.ts';
import { NATIVE_BACKEND, nativeThreads, registerNative } from './native.ts';
import { CPU, CUDA } from './native-engines.ts';
import { tryForms } from './ops/forms.ts';
import { ops } from './ops/registry.ts';
import { type EngineId, hasNvidiaCard, missingInstructions, nvidiaGpus } from './status.ts';
import { tf } from './tf.ts';
import { registerWasm, WASM_BACKEND } from './wasm.ts';
import { registerWebgpu, WEBGPU_BACKEND } from './webgpu.ts';

export type EngineWish = 'auto' | EngineId;

export interface Engine {
  id: EngineId;
  /** As shown to the user. */
  name: string;
  /** The library's version. */
  version: string;
  threads: number;
  /** What the user should know about the choice, in whole sentences. */
  notes: string[];
}

const WISHES: readonly EngineWish[] = ['auto', 'cuda', 'cpu', 'webgpu', 'wasm'];

/**
 * Starts an engine in this process and makes it the one that `tf` computes with. A wish other than `auto` is met or
 * refused; `auto` takes STILLROOM_ENGINE, or the best that can be had and says in the notes what could not. Fast forms of
 * ops that fail on this machine are switched off, which the notes say too.
 * @param wanted auto, cuda, cpu, webgpu or wasm
 * @param report hears of a download while it goes on; without it stderr does
 * @throws Problem when the wished engine cannot be had, or when it fails its smoke check
 */
export async function startEngine(wanted = 'auto', report?: Report): Promise<Engine> {
  const wish =
    wanted === 'auto' ? checked(process.env.STILLROOM_ENGINE || 'auto', 'STILLROOM_ENGINE') : checked(wanted, 'engine');
  const engine = await start(wish, report);
  await smokeCheck(engine);
  const note = await tryForms(ops);
  return note ? { ...engine, notes: [...engine.notes, note] } : engine;
}

function checked(word: string, where: string): EngineWish {
  if (WISHES.includes(word as EngineWish)) return word as EngineWish;
  throw new Problem(`"${word}" is no engine.`, { where, next: `Take one of ${WISHES.join(', ')}.` });
}

async function start(wish: EngineWish, report?: Report): Promise<Engine> {
  if (wish === 'wasm') return startWasm([]);
  if (wish === 'cpu') return startCpu(true, report);
  if (wish === 'webgpu') return startWebgpu(true, []);
  if (wish === 'cuda') return startCuda(true, report);
  const notes: string[] = [];
  if ((await nvidiaGpus()).length > 0) {
    try {
      return await startCuda(false, report);
    } catch (error) {
      notes.push(`${describe(error)} The CPU is used.`);
    }
  }
  try {
    return { ...(await startCpu(false, report)), notes };
  } catch (error) {
    notes.push(describe(error));
  }
  try {
    return await startWebgpu(false, notes);
  } catch (error) {
    return startWasm([...notes, `${describe(error)} The slower WebAssembly engine is used instead.`]);
  }
}

/** @param wished refuses where TensorFlow does not see the GPU; else its library then computes on the CPU */
async function startCuda(wished: boolean, report?: Report): Promise<Engine> {
  const gpu = requireGpu(await nvidiaGpus(), hasNvidiaCard());
  const folder = await acquireEngine(CUDA, wished, report);
  const { version, onGpu } = registerNative(folder);
  const problem = onGpu ? undefined : unseenGpu(gpu, folder);
  if (problem && wished) throw problem;
  await tf.setBackend(NATIVE_BACKEND);
  const native = { version, threads: nativeThreads() };
  if (!problem) return { ...native, id: 'cuda', name: `TensorFlow ${version} on ${gpu.name}`, notes: [] };
  // The process has the library now, and holds no second one: so it is the one for the CPU too.
  return { ...native, id: 'cpu', name: `TensorFlow ${version} on the CPU`, notes: [describe(problem)] };
}

/** @param again whether to try a download again that failed minutes ago */
async function startCpu(again: boolean, report?: Report): Promise<Engine> {
  const lack = missingInstructions();
  if (lack) throw new Problem(`TensorFlow needs a processor with ${lack}.`, { next: 'Choose the engine wasm.' });
  const { version } = registerNative(await acquireEngine(CPU, again, report));
  await tf.setBackend(NATIVE_BACKEND);
  return { id: 'cpu', name: `TensorFlow ${version} on the CPU`, version, threads: nativeThreads(), notes: [] };
}

/** @param software whether a software adapter will do: right, but slower than any other engine */
async function startWebgpu(software: boolean, notes: string[]): Promise<Engine> {
  const { version, adapter } = await registerWebgpu(software);
  await tf.setBackend(WEBGPU_BACKEND);
  const slow = `${adapter.name} is a program in a graphics card's place: it computes right, but slower than the engine cpu.`;
  const said = adapter.software ? [...notes, slow] : notes;
  return { id: 'webgpu', name: `WebGPU on ${adapter.name}`, version, threads: 1, notes: said };
}

async function startWasm(notes: string[]): Promise<Engine> {
  const version = registerWasm();
  await tf.setBackend(WASM_BACKEND);
  return { id: 'wasm', name: `WebAssembly (TensorFlow.js ${version})`, version, threads: 1, notes };
}

/** A product and a convolution of known numbers: an engine that gets these wrong must not train anything. */
async function smokeCheck(engine: Engine): Promise<void> {
  const [product, sums] = tf.tidy(() => {
    const a = tf.tensor2d([1, 2, 3, 4], [2, 2]);
    const image = tf.range(0, 16).reshape([1, 4, 4, 1]) as ReturnType<typeof tf.tensor4d>;
    const kernel = tf.ones([3, 3, 1, 1]) as typeof image;
    return [a.matMul(a).dataSync(), tf.conv2d(image, kernel, 1, 'valid').dataSync()];
  });
  const right = [7, 10, 15, 22].every((v, i) => product[i] === v) && [45, 54, 81, 90].every((v, i) => sums[i] === v);
  if (right) return;
  throw new Problem(`The engine ${engine.name} computes wrong numbers on this machine.`, {
    next: 'Choose another one with STILLROOM_ENGINE, and report it.',
  });
}
