/** Models that are only run forward. */
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { frozenModel } from '../../../src-main/training/model.ts';
import { STUDENT_PREPROCESSING } from '../../../src-main/training/normalise.ts';
import { profileWork } from '../../bench/profile.ts';

beforeAll(() => startEngine('cpu'));

test('their filters are packed once for a size of the input', async () => {
  const network = { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } };
  const about = { name: 'model', classes: [], licence: '', source: '', sha256: '' };
  const { executable } = frozenModel(
    { ...about, network, outputs: 3, preprocessing: STUDENT_PREPROCESSING },
    initialWeights(buildNetwork(network, 3), 5),
  );
  const packed = async (size: number) => {
    const x = tf.zeros([1, size, size, 3]) as Tensor4D;
    const { kernels } = await profileWork(() => executable.forward(x).logits.dispose(), 1);
    x.dispose();
    return kernels.find(({ name }) => name === 'StillroomConvPack')?.calls ?? 0;
  };
  expect(await packed(32)).toBeGreaterThan(10);
  expect(await packed(32)).toBe(0);
  // oneDNN may want another layout for another size.
  expect(await packed(64)).toBeGreaterThan(10);
  executable.dispose();
});
