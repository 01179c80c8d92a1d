import { expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';

test('what the device refuses fails the next read with one sentence', async () => {
  await startEngine('webgpu');
  // Smaller ones are computed without the device.
  const x = tf.ones([2000]);
  expect(x.add(1).dataSync()[1999]).toBe(2);
  const { device } = tf.backend() as unknown as { device: GPUDevice };
  // A buffer cannot be mapped for reading and used by a shader.
  device.createBuffer({ size: 4, usage: GPUBufferUsage.MAP_READ | GPUBufferUsage.STORAGE });
  const y = x.add(2);
  expect(() => y.dataSync()).toThrow(/^The graphics processor refused a computation: [^\n]*usage[^\n]*$/);
});
