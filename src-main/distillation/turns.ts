/** Images as they stand and turned by 90°, 180° and 270°, for methods that read them so. */
import { type Tensor, type Tensor4D, tf } from '../engine/tf.ts';

/** How many views that makes of an image. */
export const TURNS = 4;

/**
 * All images as they stand, then all turned by 90°, by 180°, by 270°, counter-clockwise.
 * @param images [N, side, side, channels]; not disposed
 * @returns [TURNS · N, side, side, channels]
 */
export function turned(images: Tensor4D): Tensor4D {
  return tf.tidy(() => {
    const swapped = images.transpose<Tensor4D>([0, 2, 1, 3]);
    return tf.concat([images, swapped.reverse(1), images.reverse([1, 2]), swapped.reverse(2)]);
  });
}

/** All turns of the images where a method reads them, which are then disposed; otherwise the images. */
export function asSeen(images: Tensor4D, turning: boolean): Tensor4D {
  if (!turning) return images;
  const all = turned(images);
  images.dispose();
  return all;
}

/** Of what is of all turns, what is of the images as they stand. */
export function upright<T extends Tensor>(all: T): T {
  const [images, ...rest] = all.shape;
  return all.slice(
    all.shape.map(() => 0),
    [images / TURNS, ...rest],
  );
}
