import { applySeparable } from '../../engine/ops/spatial.ts';
import type { Tensor4D } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * One step over the graph whose nodes are the pixels (Kipf, Welling: Semi-Supervised Classification with Graph Convolutional
 * Networks, ICLR 2017, equation 2, without its weights): Â x with
 *
 *     Â = D^(−1/2) A D^(−1/2)          A_pq = exp(−‖p − q‖² ÷ σ²) for pixels p and q at most `radius` apart by row and column
 *
 * and D the sums of A's rows. A pixel is its own neighbour with 1. Both are products of one along the height and one along
 * the width. attrs: `radius`, `sigma` in pixels.
 */
export const gridGraph: NodeKind = {
  id: 'gridGraph',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: () => [],
  macs: () => 0,
  keepsInputs: false,
  forward: ({ attrs, inputs: [x] }) => ({ output: step(x, attrs) }),
  // The matrix is symmetric.
  backward: ({ attrs, gradient }) => ({ inputs: [step(gradient, attrs)], params: [] }),
};

function step(x: Tensor4D, { radius, sigma }: Record<string, number>): Tensor4D {
  return applySeparable(x, gridMatrix(x.shape[1], radius, sigma), gridMatrix(x.shape[2], radius, sigma));
}

/** Â of pixels in a row, row-major [size, size]. */
export function gridMatrix(size: number, radius: number, sigma: number): Float32Array {
  const near = (i: number, j: number) => (Math.abs(i - j) <= radius ? Math.exp(-((i - j) ** 2) / sigma ** 2) : 0);
  const places = Array.from({ length: size }, (_, i) => i);
  const degrees = places.map((i) => places.reduce((sum, j) => sum + near(i, j), 0));
  return Float32Array.from({ length: size * size }, (_, at) => {
    const [i, j] = [Math.floor(at / size), at % size];
    return near(i, j) / Math.sqrt(degrees[i] * degrees[j]);
  });
}
