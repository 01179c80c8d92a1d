/** Convolutions and matrix products in half precision, on the CPU or on the engine that STILLROOM_ENGINE names. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hasEngine } from '../../../src-main/engine/acquire.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { CPU } from '../../../src-main/engine/native-engines.ts';
import { contract } from '../../../src-main/engine/ops/contract.ts';
import { conv2d, conv2dFilterGradient, conv2dInputGradient, convAct } from '../../../src-main/engine/ops/conv.ts';
import type { ConvGeometry } from '../../../src-main/engine/ops/conv-geometry.ts';
import { Op, recordForms, tryPrecision, wave } from '../../../src-main/engine/ops/forms.ts';
import { inPrecision } from '../../../src-main/engine/ops/precision.ts';
import { requirePrecision } from '../../../src-main/engine/precision.ts';
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';

/** What rounding both factors and the sum changes at most, of the sum of the products' sizes: 3 · 2⁻ᵇ, b binary digits. */
const HALVES = [
  { half: 'bfloat16', rounding: 3 * 2 ** -8 },
  { half: 'float16', rounding: 3 * 2 ** -11 },
] as const;

const GEOMETRIES: Record<string, { geometry: ConvGeometry; kernel: [number, number]; size: [number, number] }> = {
  'padding as SAME': { geometry: { stride: 1, dilation: 1, padding: 1 }, kernel: [3, 3], size: [9, 12] },
  'padding of its own': { geometry: { stride: 2, dilation: 1, padding: 1 }, kernel: [3, 3], size: [10, 12] },
  'no padding': { geometry: { stride: 1, dilation: 1, padding: 0 }, kernel: [2, 3], size: [9, 12] },
  'more on one side': { geometry: { stride: 1, dilation: 1, padding: [0, 2, 1, 0] }, kernel: [3, 2], size: [7, 7] },
  'one pixel': { geometry: { stride: 1, dilation: 1, padding: 0 }, kernel: [1, 1], size: [9, 12] },
  dilated: { geometry: { stride: 1, dilation: 2, padding: 2 }, kernel: [3, 3], size: [9, 12] },
};

describe.skipIf(!hasEngine(CPU)).each(HALVES)('$half', ({ half, rounding }) => {
  let tensors = 0;
  beforeEach(async () => {
    await startEngine();
    await requirePrecision(half);
    tensors = tf.memory().numTensors;
  });
  afterEach(() => expect(tf.memory().numTensors).toBe(tensors));

  /** The largest difference as a share of what a sum of so many rounded products may differ by. */
  const apart = (rough: Tensor, exact: Tensor, magnitude: Tensor) =>
    tf.tidy(() => rough.sub(exact).abs().div(magnitude.mul(rounding).add(1e-6)).max().dataSync()[0]);

  test.each(Object.entries(GEOMETRIES))('a convolution with %s, both ways, within its rounding', (name, one) => {
    const { geometry, kernel, size } = one;
    const [x, filter] = [wave<Tensor4D>([2, ...size, 5]), wave<Tensor4D>([...kernel, 5, 7], 1)];
    const y = conv2d(x, filter, geometry);
    const dy = wave<Tensor4D>(y.shape, 2);
    y.dispose();
    const three = (a: Tensor4D, b: Tensor4D, c: Tensor4D) => [
      conv2d(a, b, geometry),
      conv2dInputGradient(c, b, a.shape, geometry),
      conv2dFilterGradient(a, c, b.shape, geometry),
    ];
    const exact = three(x, filter, dy);
    const magnitudes = tf.tidy(() => three(x.abs(), filter.abs(), dy.abs()));
    const { value: rough, forms } = recordForms(() => inPrecision(half, () => three(x, filter, dy)));
    // Dilated ones are computed in float32.
    if (name !== 'dilated') expect([...forms]).toEqual([['convolution', half]]);
    for (const [i, value] of rough.entries()) {
      expect(value.dtype).toBe('float32');
      expect(apart(value, exact[i], magnitudes[i])).toBeLessThan(1);
      if (name !== 'dilated') expect(apart(value, exact[i], magnitudes[i])).toBeGreaterThan(1e-3);
    }
    tf.dispose([x, filter, dy, exact, magnitudes, rough]);
  });

  test('a folded network’s convolution with what follows it', () => {
    const [x, filter, offset] = [wave<Tensor4D>([1, 6, 7, 5]), wave<Tensor4D>([3, 3, 5, 8], 1), wave<Tensor1D>([8], 2)];
    const geometry = { stride: 1, dilation: 1, padding: 1 };
    const run = () => {
      const input = { x, offset, act: 'relu' as const };
      const prepared = convAct.form.prepare(input, filter, geometry);
      const y = convAct.form.forward(input, { filter: prepared, shape: filter.shape }, geometry);
      prepared.dispose();
      return y;
    };
    const [exact, rough] = [run(), inPrecision(half, run)];
    const most = tf.tidy(() => conv2d(x.abs(), filter.abs(), geometry).max());
    expect(apart(rough, exact, most)).toBeLessThan(1);
    expect(apart(rough, exact, most)).toBeGreaterThan(1e-3);
    tf.dispose([x, filter, offset, exact, rough, most]);
  });

  test('a matrix product', () => {
    const [a, b] = [wave([2, 3, 5], 0), wave([2, 4, 5], 1)];
    const run = (x: Tensor, y: Tensor) => contract('nqd,nkd->nqk', x, y);
    const [exact, rough] = [run(a, b), inPrecision(half, () => run(a, b))];
    const magnitude = tf.tidy(() => run(a.abs(), b.abs()));
    expect(apart(rough, exact, magnitude)).toBeLessThan(1);
    expect(apart(rough, exact, magnitude)).toBeGreaterThan(1e-3);
    tf.dispose([a, b, exact, rough, magnitude]);
  });

  test('ends with the code that it was said for, whatever comes of that', () => {
    const form = () => recordForms(() => convolve()).forms.get('convolution');
    expect(inPrecision(half, form)).toBe(half);
    expect(form()).not.toBe(half);
    expect(() =>
      inPrecision(half, () => {
        throw new Error('a fault');
      }),
    ).toThrow('a fault');
    expect(form()).not.toBe(half);
  });

  test('a form that gives other numbers is not taken, and named', async () => {
    const op = new Op('double', { plain: (x: Tensor) => x.mul(2), [half]: (x: Tensor) => x.mul(2.2) }, (form) => [
      form(wave([2, 3])),
    ]);
    expect(await tryPrecision([op], half)).toEqual({ passed: [], failed: ['double'] });
    const value = inPrecision(half, () => tf.tidy(() => op.form(tf.scalar(3)).dataSync()[0]));
    expect(value).toBe(6);
  });
});

function convolve(): void {
  tf.tidy(() => {
    conv2d(wave([1, 4, 4, 2]), wave([1, 1, 2, 2]), { stride: 1, dilation: 1, padding: 0 });
  });
}

test('an engine without such kernels is refused in one sentence', async () => {
  await startEngine('wasm');
  await expect(requirePrecision('bfloat16')).rejects.toMatchObject({
    message: 'The engine on this machine cannot compute convolutions in bfloat16.',
    where: 'precision',
  });
});
