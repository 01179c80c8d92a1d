import { afterEach, expect, test, vi } from 'vitest';
import { hasEngine } from '../../../src-main/engine/acquire.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { CPU } from '../../../src-main/engine/native-engines.ts';
import { engineStatus } from '../../../src-main/engine/status.ts';
import { tf } from '../../../src-main/engine/tf.ts';

afterEach(() => vi.unstubAllEnvs());

test('wasm starts anywhere and has gradients', async () => {
  expect(await startEngine('wasm')).toMatchObject({ id: 'wasm', version: '4.22.0', threads: 1, notes: [] });
  expect(tf.getBackend()).toBe('wasm');
  const gradient = tf.grad((x) => x.square().sum())(tf.tensor1d([1, 2, 3]));
  expect(await gradient.array()).toEqual([2, 4, 6]);
});

test.skipIf(!hasEngine(CPU))(
  'the CPU engine is the pinned TensorFlow with oneDNN, on as many threads as asked',
  async () => {
    vi.stubEnv('TF_NUM_INTRAOP_THREADS', '1');
    const engine = await startEngine('cpu');
    expect(engine).toMatchObject({ id: 'cpu', version: '2.21.0', threads: 1, notes: [] });
    expect(process.env.TF_ENABLE_ONEDNN_OPTS).toBe('1');
    expect(tf.getBackend()).toBe('tensorflow');
  },
);

test.skipIf(process.platform !== 'linux')(
  'webgpu computes on a program where there is no card, says so, and reads and writes every type',
  async () => {
    const engine = await startEngine('webgpu');
    expect(engine).toMatchObject({ id: 'webgpu', version: '4.22.0' });
    expect(tf.getBackend()).toBe('webgpu');
    if (/SwiftShader|llvmpipe/.test(engine.name)) expect(engine.notes.join()).toContain("in a graphics card's place");
    const values = tf.range(0, 3000);
    expect(values.mul(2).sum().dataSync()[0]).toBe(2999 * 3000);
    const even = tf.tensor1d([true, false, true], 'bool').logicalNot();
    expect([...even.dataSync()]).toEqual([0, 1, 0]);
    expect([...tf.tensor1d([-7, 8], 'int32').mul(tf.scalar(3, 'int32')).dataSync()]).toEqual([-21, 24]);
    expect([...(await tf.topk(values, 2).values.data())]).toEqual([2999, 2998]);
  },
);

test('STILLROOM_ENGINE decides where nothing else is wished, and a word that is no engine is refused', async () => {
  vi.stubEnv('STILLROOM_ENGINE', 'wasm');
  expect((await startEngine()).id).toBe('wasm');
  vi.stubEnv('STILLROOM_ENGINE', 'abacus');
  await expect(startEngine()).rejects.toThrow('"abacus" is no engine.');
  await expect(startEngine('abacus')).rejects.toThrow('"abacus" is no engine.');
});

test('the status names all engines, best first, and starts none', async () => {
  expect((await engineStatus()).map((engine) => engine.id)).toEqual(['cuda', 'cpu', 'webgpu', 'wasm']);
});
