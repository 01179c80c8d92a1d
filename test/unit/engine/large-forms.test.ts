/**
 * Kernels of ours that go over pixels in groups and over images in runs, on more pixels than one of these holds: against
 * the plain form, as each op's trial does on a few.
 */
import { beforeAll, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Op, wave } from '../../../src-main/engine/ops/forms.ts';
import {
  adaptiveCrossEntropy,
  pixelDivergence,
  pixelLosses,
  weightedPixels,
} from '../../../src-main/engine/ops/pixel-losses.ts';
import { regionDivergence } from '../../../src-main/engine/ops/region-divergence.ts';
import { structureOfPixels } from '../../../src-main/engine/ops/structure.ts';
import { type Tensor, type Tensor2D, type Tensor3D, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';

beforeAll(async () => {
  await startEngine('cpu');
});

// More than a run of 4096 positions in an image, and no whole number of groups of 64.
const [IMAGES, HEIGHT, WIDTH, CLASSES] = [2, 67, 71, 5];
const POSITIONS = HEIGHT * WIDTH;
const PIXELS = IMAGES * POSITIONS;
const logits = (size: number, phase = 0) => wave<Tensor2D>([PIXELS, size], phase).mul<Tensor2D>(3);
/** Stripes of a few pixels, some of them ignored. */
const labels = () =>
  tf.tensor1d(
    Array.from(
      { length: PIXELS },
      (_, p) => [0, 1, 4, 255, 2, 3][(Math.floor((p % WIDTH) / 7) + Math.floor(p / WIDTH / 5)) % 6],
    ),
    'int32',
  );
/** 0 for the first pixels, so that whole groups have nothing to do. */
const shares = () => tf.tensor1d(Array.from({ length: PIXELS }, (_, p) => (p < 200 ? 0 : (p % 7) / 7)));

function cases(): [string, (plain: boolean) => Tensor[]][] {
  const form = <F>(op: Op<F>, plain: boolean): F =>
    plain ? (op as unknown as { forms: { plain: F } }).forms.plain : op.form;
  const within = () =>
    tf.tensor2d(
      Array.from({ length: PIXELS }, (_, p) => (p % WIDTH < 30 ? 1 : 0)),
      [IMAGES, POSITIONS],
    );
  const maps = (size: number, phase = 0) => logits(size, phase).reshape<Tensor3D>([IMAGES, POSITIONS, size]);
  return [
    ['losses of pixels', (plain) => [form(pixelLosses, plain)(logits(CLASSES), labels())]],
    ['weighted pixels', (plain) => Object.values(form(weightedPixels, plain)(logits(CLASSES), labels(), shares()))],
    [
      'divergence of pixels',
      (plain) => Object.values(form(pixelDivergence, plain)(logits(CLASSES), logits(CLASSES + 2, 1), shares(), 2)),
    ],
    ...(['correct', 'confidence'] as const).map((rule): [string, (plain: boolean) => Tensor[]] => [
      `adaptive cross-entropy, ${rule}`,
      (plain) =>
        Object.values(form(adaptiveCrossEntropy, plain)(logits(CLASSES), logits(CLASSES + 1, 1), labels(), rule, 2)),
    ]),
    [
      'divergence of regions',
      (plain) => {
        const inside = within();
        const edges = tf.sub<Tensor2D>(1, inside).mul<Tensor2D>(shares().reshape([IMAGES, POSITIONS]));
        const bodies = tf.tensor1d([0.3, 2]);
        return Object.values(
          form(regionDivergence, plain)(maps(CLASSES), maps(CLASSES + 1, 1), edges, inside, bodies, 2),
        );
      },
    ],
    ...[false, true].map((constant): [string, (plain: boolean) => Tensor[]] => [
      `structural similarity, ${constant ? 'constant' : 'learning'}`,
      (plain) => {
        const z = logits(CLASSES).reshape<Tensor4D>([IMAGES, HEIGHT, WIDTH, CLASSES]);
        const truth = labels().reshape<Tensor3D>([IMAGES, HEIGHT, WIDTH]);
        return Object.values(form(structureOfPixels, plain)(z, truth, { beta: 0.1, constant }));
      },
    ]),
  ];
}

test.each(cases())('%s', (_, run) => {
  const read = (plain: boolean) => {
    const tensors = tf.tidy(() => run(plain));
    const values = tensors.map((tensor) => Array.from(tensor.dataSync()));
    tf.dispose(tensors);
    return values;
  };
  const [plain, own] = [read(true), read(false)];
  for (const [i, values] of own.entries()) {
    expect(values).toHaveLength(plain[i].length);
    const largest = plain[i].reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const apart = values.reduce((most, value, k) => Math.max(most, Math.abs(value - plain[i][k])), 0);
    expect(largest).toBeGreaterThan(0);
    expect(apart).toBeLessThan(2e-5 * largest);
  }
});
