/** Features that are generated out of others, of which positions are blanked out: what MGD and Af-DCD compare with a teacher. */
import { type Tensor4D, tf } from '../engine/tf.ts';
import { convArrays, convolution } from './layers.ts';
import type { LossInputs, OwnArray } from './method.ts';

/** x with the share `masked` of its positions at 0, in the mean: others in each step, the same for all channels. */
export function blankedAtRandom(x: Tensor4D, { random }: LossInputs, masked: number): Tensor4D {
  const [batch, height, width] = x.shape;
  const kept = Float32Array.from({ length: batch * height * width }, (_, i) => {
    const image = Math.floor(i / (height * width));
    return random!(image, i % (height * width)) < masked ? 0 : 1;
  });
  return x.mul<Tensor4D>(tf.tensor4d(kept, [batch, height, width, 1]));
}

/** x with the middle third of its height and width at 0. */
export function blankedInside(x: Tensor4D): Tensor4D {
  const [, height, width] = x.shape;
  const inside = (i: number, size: number) => i >= Math.floor(size / 3) && i < Math.floor((2 * size) / 3);
  const kept = Float32Array.from({ length: height * width }, (_, i) =>
    inside(Math.floor(i / width), height) && inside(i % width, width) ? 0 : 1,
  );
  return x.mul<Tensor4D>(tf.tensor4d(kept, [1, height, width, 1]));
}

/** Of `generated`. */
export function generatorArrays(channels: number): OwnArray[] {
  return ['generate1', 'generate2'].flatMap((name) => convArrays(name, 3, channels, channels));
}

/** 3×3 convolution, ReLU, 3×3 convolution. */
export function generated(x: Tensor4D, own: LossInputs['own']): Tensor4D {
  const middle = convolution(x, own!, 'generate1', { padding: 1 }).relu<Tensor4D>();
  return convolution(middle, own!, 'generate2', { padding: 1 });
}
