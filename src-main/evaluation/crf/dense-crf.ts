/**
 * The dense CRF that DeepLab v1 sends its answer through (Chen et al., Semantic Image Segmentation with Deep Convolutional
 * Nets and Fully Connected CRFs, ICLR 2015; Krähenbühl and Koltun, Efficient Inference in Fully Connected CRFs with
 * Gaussian Edge Potentials, NIPS 2011): pixels that are near, and more so those that are of like colour, are pulled to
 * one class, so that borders move to edges in the image. It knows no weights, and any network's answer can go through it.
 */
import type { RgbImage } from '../../datasets/codec.ts';
import { PermutohedralLattice } from './permutohedral.ts';

/** As pydensecrf, the program that most papers use, has them in its examples; ten steps as DeepLab takes. */
export const CRF = {
  steps: 10,
  /** Near pixels: the standard deviation in pixels, and the weight. */
  near: { pixels: 3, weight: 3 },
  /** Near pixels of like colour: also the standard deviation of each of R, G, B (0–255). */
  alike: { pixels: 80, colour: 13, weight: 10 },
  /** Probabilities below this count as this: no class is given up for certain. */
  least: 1e-5,
} as const;

/**
 * Mean field inference of E(x) = Σ −log p_i(x_i) + Σ_{i<j} [x_i ≠ x_j] k_ij: in each step
 * Q_i(l) ∝ p_i(l) · exp Σ_j k_ij Q_j(l), where k is the sum of the two kernels, each normalised from both sides.
 * The work grows with pixels × classes.
 * @param probabilities height × width × classes, of each pixel together 1; not changed
 * @param image of the same size
 * @returns Q, in the same layout
 */
export function denseCrf(probabilities: Float32Array, image: RgbImage, steps: number = CRF.steps): Float32Array {
  const pixels = image.height * image.width;
  const classes = probabilities.length / pixels;
  const { near, alike, least } = CRF;
  const kernels = [
    { weight: near.weight, lattice: new PermutohedralLattice(places(image, near.pixels), 2, true) },
    { weight: alike.weight, lattice: new PermutohedralLattice(coloured(image), 5, true) },
  ];
  const own = probabilities.map((p) => Math.log(Math.min(Math.max(p, least), 1)));
  const answer = own.slice();
  softmax(answer, classes);
  const sums = new Float32Array(own.length);
  for (let step = 0; step < steps; step++) {
    sums.set(own);
    for (const { lattice, weight } of kernels) lattice.addFiltered(answer, classes, weight, sums);
    answer.set(sums);
    softmax(answer, classes);
  }
  return answer;
}

/** Column and row of each pixel, in units. */
function places({ height, width }: RgbImage, unit: number): Float32Array {
  return Float32Array.from({ length: 2 * height * width }, (_, i) => {
    const pixel = i >> 1;
    return ((i & 1) === 0 ? pixel % width : Math.floor(pixel / width)) / unit;
  });
}

/** Column, row and colours of each pixel, each in its units. */
function coloured({ height, width, data }: RgbImage): Float32Array {
  const { pixels, colour } = CRF.alike;
  const features = new Float32Array(5 * height * width);
  for (let pixel = 0; pixel < height * width; pixel++) {
    features[5 * pixel] = (pixel % width) / pixels;
    features[5 * pixel + 1] = Math.floor(pixel / width) / pixels;
    for (let c = 0; c < 3; c++) features[5 * pixel + 2 + c] = data[3 * pixel + c] / colour;
  }
  return features;
}

/** Of each pixel's values, in place. */
function softmax(values: Float32Array, classes: number): void {
  for (let from = 0; from < values.length; from += classes) {
    let most = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < classes; c++) most = Math.max(most, values[from + c]);
    let sum = 0;
    for (let c = 0; c < classes; c++) sum += values[from + c] = Math.exp(values[from + c] - most);
    for (let c = 0; c < classes; c++) values[from + c] /= sum;
  }
}
