/** Groups of nodes that transformers are made of. */
import type { GraphBuilder } from './graph.ts';

/** ε of transformers' layer norms. */
const EPSILON = 1e-6;

export function layerNorm(b: GraphBuilder, name: string, input: string, torch: string): string {
  return b.add(name, 'layerNorm', [input], { epsilon: EPSILON }, torch);
}

/** A 1×1 convolution, which PyTorch has as a linear layer of each pixel. */
export function linear(b: GraphBuilder, name: string, input: string, filters: number, torch: string): string {
  return b.add(name, 'conv', [input], { filters, kernel: 1, bias: 1, linear: 1 }, torch);
}

/** The second half of a block: layer norm, a layer four times as wide with GELU and one back, and the input added. */
export function addMixer(b: GraphBuilder, name: string, input: string, torch: string): string {
  const filters = b.channels(input);
  const wide = linear(
    b,
    `${name}.wide`,
    layerNorm(b, `${name}.norm2`, input, `${torch}.norm2`),
    4 * filters,
    `${torch}.wide`,
  );
  const narrow = linear(b, `${name}.narrow`, b.add(`${name}.gelu`, 'gelu', [wide]), filters, `${torch}.narrow`);
  return b.add(name, 'add', [input, narrow]);
}
