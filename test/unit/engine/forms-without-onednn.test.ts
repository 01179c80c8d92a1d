import { expect, test } from 'vitest';
import { hasEngine } from '../../../src-main/engine/acquire.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { CPU } from '../../../src-main/engine/native-engines.ts';

// Read when TensorFlow loads, hence in a file, and so a process, of its own.
process.env.TF_ENABLE_ONEDNN_OPTS = '0';

test.skipIf(!hasEngine(CPU))('without oneDNN the engine says which kernels are switched off', async () => {
  const { notes } = await startEngine('cpu');
  expect(notes).toHaveLength(1);
  expect(notes[0]).toContain("dilated convolution (Stillroom's kernel), dilated convolution (TensorFlow's kernel)");
});
