import { createHash } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { zipSync } from 'fflate';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { pipArguments } from '../../../src-main/base/fetch-wheel.ts';
import { unpackWheel } from '../../../src-main/base/wheel.ts';
import { acquireEngine, engineFolder, hasEngine } from '../../../src-main/engine/acquire.ts';
import { bindingName, sweepBindings } from '../../../src-main/engine/binding.ts';
import { CPU, CUDA, type NativeEngine } from '../../../src-main/engine/native-engines.ts';

let cache: string;
beforeEach(() => {
  cache = fs.mkdtempSync(path.join(os.tmpdir(), 'engine-'));
  vi.stubEnv('STILLROOM_CACHE', cache);
});
afterEach(() => {
  vi.unstubAllEnvs();
  fs.rmSync(cache, { recursive: true });
});

test('a wheel that is not the pinned one is refused and deleted, and nothing half-made stays', async () => {
  const wheel = path.join(cache, 'engine', 'downloads', CPU.parts[0].wheel.file);
  fs.mkdirSync(path.dirname(wheel), { recursive: true });
  fs.writeFileSync(wheel, 'not TensorFlow');
  const told: string[] = [];
  await expect(acquireEngine(CPU, true, (text) => told.push(text))).rejects.toThrow(/sha256 differs/);
  expect(fs.existsSync(wheel)).toBe(false);
  expect(fs.existsSync(engineFolder(CPU))).toBe(false);
  expect(fs.readdirSync(path.join(cache, 'engine')).filter((name) => /part|lock/.test(name))).toEqual([]);
  expect(told).toEqual(['Checking tensorflow-cpu']);
});

test('without pip the next step is said, and the try is not repeated for a while', async () => {
  vi.stubEnv('PATH', '');
  const first = await acquireEngine(CPU).catch((error) => error);
  expect(first.line).toMatch(/pip.*apt-get install python3-pip.*put tensorflow_cpu.*\.whl into/s);
  vi.stubEnv('PATH', '/usr/bin:/bin');
  const begun = Date.now();
  await expect(acquireEngine(CPU, false)).rejects.toThrow(first.line);
  expect(Date.now() - begun).toBeLessThan(1000);
});

test('of a wheel only what is asked for is written, byte by byte', async () => {
  const wheel = path.join(cache, 'x.whl');
  const library = Uint8Array.from({ length: 300_000 }, (_, i) => (i * 31) % 251);
  fs.writeFileSync(
    wheel,
    zipSync({ 'a/lib.so': library, 'a/stored.h': [library, { level: 0 }], 'b/other.py': library }),
  );
  const shares: number[] = [];
  const out = (name: string) => (name.startsWith('a/') ? path.join(cache, 'out', name) : undefined);
  expect(await unpackWheel(wheel, out, (share) => shares.push(share))).toEqual(['a/lib.so', 'a/stored.h']);
  expect(new Uint8Array(fs.readFileSync(path.join(cache, 'out/a/lib.so')))).toEqual(library);
  expect(new Uint8Array(fs.readFileSync(path.join(cache, 'out/a/stored.h')))).toEqual(library);
  expect(fs.existsSync(path.join(cache, 'out/b'))).toBe(false);
  expect(shares.at(-1)).toBe(1);
});

test('bindings of earlier sources go, but for the newest few, and nothing else goes', async () => {
  const folder = path.join(cache, 'engine');
  fs.mkdirSync(folder);
  const names = Array.from({ length: 10 }, (_, i) => `tfjs_binding-${String(i).padStart(12, '0')}.node`);
  for (const [i, name] of [...names, 'tfjs_binding.node', 'libtensorflow_cc.so.2'].entries()) {
    const file = path.join(folder, name);
    fs.writeFileSync(file, name);
    // The first is the newest.
    fs.utimesSync(file, 1000 - i, 1000 - i);
  }
  fs.mkdirSync(path.join(folder, 'binding-123.part'));
  await sweepBindings(folder);
  expect(fs.readdirSync(folder).sort()).toEqual(['libtensorflow_cc.so.2', ...names.slice(0, 8)]);
});

test('for CUDA one library of TensorFlow and eight of NVIDIA are pinned, each by name, version, file and hash', () => {
  const wheels = CUDA.parts.map(({ wheel }) => wheel);
  expect(wheels.map(({ name }) => name.replace(/^nvidia-|-cu12$/g, ''))).toEqual([
    ...['tensorflow', 'cublas', 'cuda-cupti', 'cuda-nvrtc', 'cuda-runtime', 'cudnn', 'cufft', 'cusolver', 'cusparse'],
    ...['nccl', 'nvjitlink'],
  ]);
  for (const wheel of wheels) {
    expect(wheel.sha256).toMatch(/^[0-9a-f]{64}$/);
    expect(wheel.file.startsWith(`${wheel.name.replaceAll('-', '_')}-${wheel.version}-`)).toBe(true);
    const args = pipArguments(wheel, '/somewhere');
    expect(args.slice(0, 3)).toEqual(['download', '--no-deps', '--only-binary=:all:']);
    expect(args.at(-1)).toBe(`${wheel.name}==${wheel.version}`);
    // One of the platforms that pip is told is the wheel's.
    expect(args.filter((_, i) => args[i - 1] === '--platform').some((tag) => wheel.file.includes(tag))).toBe(true);
  }
  expect(new Set(wheels.map(({ sha256 }) => sha256)).size).toBe(wheels.length);
});

test("of the wheels for CUDA libraries and headers are taken, laid out as TensorFlow's library looks for them", () => {
  const places = (entry: string) => CUDA.parts.map(({ place }) => place(entry)).filter(Boolean);
  expect(places('tensorflow/libtensorflow_cc.so.2')).toEqual(['tensorflow/libtensorflow_cc.so.2']);
  expect(places('tensorflow/include/tensorflow/c/c_api.h')).toEqual(['tensorflow/include/tensorflow/c/c_api.h']);
  expect(new Set(places('nvidia/cudnn/lib/libcudnn.so.9'))).toEqual(new Set(['nvidia/cudnn/lib/libcudnn.so.9']));
  const unwanted = ['tensorflow/python/x.so', 'nvidia/cudnn/include/cudnn.h', 'nvidia/cublas/lib/libcublas_static.a'];
  expect([...unwanted, '../nvidia/cudnn/lib/libcudnn.so.9', 'nvidia/../lib/x.so'].flatMap(places)).toEqual([]);
});

test('the wheels that lie in downloads are unpacked together; without a compiler they are not unpacked again', async () => {
  const wheel = (name: string, entries: Record<string, Uint8Array>) => {
    const bytes = zipSync(entries);
    const file = `${name}-1-py3-none-any.whl`;
    fs.mkdirSync(path.join(cache, 'engine', 'downloads'), { recursive: true });
    fs.writeFileSync(path.join(cache, 'engine', 'downloads', file), bytes);
    return { name, version: '1', file, sha256: createHash('sha256').update(bytes).digest('hex'), megabytes: 1 };
  };
  const [tensorflow, cudnn] = [CUDA.parts[0], CUDA.parts[5]];
  const engine: NativeEngine = {
    ...CUDA,
    unpackedMegabytes: 1,
    parts: [
      {
        ...tensorflow,
        wheel: wheel('tensorflow', {
          ...Object.fromEntries(tensorflow.needed.map((name) => [name, new Uint8Array([1])])),
          'tensorflow/include/tensorflow/c/c_api.h': new Uint8Array([2]),
        }),
      },
      { ...cudnn, wheel: wheel('nvidia-cudnn-cu12', { 'nvidia/cudnn/lib/libcudnn.so.9': new Uint8Array([3]) }) },
    ],
  };
  vi.stubEnv('PATH', '');
  vi.stubEnv('CXX', undefined);
  await expect(acquireEngine(engine)).rejects.toThrow('no C++ compiler is installed');
  const folder = engineFolder(engine);
  expect([...fs.readFileSync(path.join(folder, 'nvidia/cudnn/lib/libcudnn.so.9'))]).toEqual([3]);
  expect([...fs.readFileSync(path.join(folder, 'tensorflow/libtensorflow_cc.so.2'))]).toEqual([1]);
  expect(fs.existsSync(path.join(cache, 'engine', 'downloads'))).toBe(false);
  expect(hasEngine(engine)).toBe(false);
  // Only the binding is missing now: no wheel is asked for any more.
  await expect(acquireEngine(engine)).rejects.toThrow('no C++ compiler is installed');
  fs.writeFileSync(path.join(folder, 'tensorflow', bindingName()), '');
  expect(await acquireEngine(engine)).toBe(path.join(folder, 'tensorflow'));
});
