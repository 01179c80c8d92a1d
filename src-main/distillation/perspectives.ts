/**
 * Adaptive perspectives (Tian et al., TPAMI 45(2), 2023): the classes as the pixels of an image, or of a batch, show them
 * themselves. What APD's terms are made of.
 */
import { z } from 'zod';
import { IGNORE } from '../contract/dataset.ts';
import { unit } from '../engine/ops/unit.ts';
import { type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import { nearestLabels } from './ops.ts';

export const scopeOption = z.enum(['sample', 'batch']).default('sample').meta({
  title: 'Scope',
  description: 'Centres of each image by itself (as the paper says) or of the whole batch (as its code does)',
});

/** τ: what cosines with the centres are multiplied by. */
export const scaleOption = z
  .number()
  .positive()
  .max(1000)
  .default(10)
  .meta({ title: 'Scale τ', description: 'Times the cosines before the softmax: higher is sharper' });

/** Which pixels belong to which class, in `groups` that have centres of their own: images, or the one batch. */
export interface Members {
  groups: number;
  /** Pixels of a group. */
  pixels: number;
  /** Classes that occur anywhere. */
  classes: number;
  /** Which they are, in order; empty where nothing is labelled. */
  known: number[];
  /** 1 where a pixel is of a class, over how many pixels of its group are: [groups, pixels, classes]. */
  shares: Tensor3D;
  /** 1 for a class that occurs in a group: [groups, classes]. */
  present: Float32Array;
}

/** What the labels, resized to the nearest pixel, make of a map's pixels; ignored ones are members of nothing. */
export function membersOf(labels: Tensor3D, features: Tensor4D, scope: z.output<typeof scopeOption>): Members {
  const [images, height, width] = features.shape;
  const groups = scope === 'batch' ? 1 : images;
  const pixels = (images * height * width) / groups;
  const reduced = nearestLabels(labels, [height, width]).dataSync<'int32'>();
  const known = [...new Set(reduced)].filter((label) => label !== IGNORE).sort((a, b) => a - b);
  // Where nothing is labelled, one class without members keeps all shapes as they are.
  const classes = Math.max(1, known.length);
  const place = new Map(known.map((label, k) => [label, k]));
  const counts = new Float32Array(groups * classes);
  const cell = (at: number) => Math.floor(at / pixels) * classes + place.get(reduced[at])!;
  for (const [at, label] of reduced.entries()) if (label !== IGNORE) counts[cell(at)]++;
  const shares = new Float32Array(reduced.length * classes);
  for (const [at, label] of reduced.entries()) {
    if (label !== IGNORE) shares[at * classes + place.get(label)!] = 1 / counts[cell(at)];
  }
  return {
    groups,
    pixels,
    classes,
    known,
    shares: tf.tensor3d(shares, [groups, pixels, classes]),
    present: counts.map((count) => Math.min(1, count)),
  };
}

/** Of each group, its pixels' directions [groups, pixels, channels] and its classes' centres [groups, classes, channels]. */
export interface Perspective {
  directions: Tensor3D;
  centres: Tensor3D;
}

export function perspective(features: Tensor4D, { groups, pixels, shares }: Members): Perspective {
  const directions = unit(features.reshape<Tensor3D>([groups, pixels, features.shape[3]]));
  const centres = unit(tf.matMul<Tensor3D>(shares, directions, true));
  return { directions, centres };
}

/** τ ⟨u, c⟩ of each pixel and class: [groups, pixels, classes]. */
export function scoresOf({ directions, centres }: Perspective, tau: number): Tensor3D {
  return tf.matMul<Tensor3D>(directions, centres, false, true).mul<Tensor3D>(tau);
}

/** How many classes occur in each group. */
export function presentIn({ groups, classes, present }: Members): number[] {
  return Array.from({ length: groups }, (_, g) =>
    present.subarray(g * classes, (g + 1) * classes).reduce((sum, one) => sum + one, 0),
  );
}
