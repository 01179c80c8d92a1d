import type { Tensor, Tensor4D } from '../../../src-main/engine/tf.ts';

export interface Listed {
  shape: number[];
  values: number[];
}

/** One case of golden/ops*.json. Inputs and the gradient that arrives are noise (seeds 1, 2, … and 100). */
export interface OpCase {
  op: string;
  name: string;
  shapes: number[][];
  attrs: Record<string, number>;
  outputs: Listed[];
  /** Of each input, for the gradient of the first output; null where there is none. */
  gradients: (Listed | null)[];
}

export interface OpAnswer {
  outputs: Tensor[];
  /** Of the first inputs, or of none, for the first output's gradient. */
  gradients: Tensor[];
}

/** How an op of the golden cases is run by us: one entry of the registry. */
export interface OpRun {
  run(inputs: Tensor[], attrs: OpCase['attrs'], dy: Tensor4D): OpAnswer;
  /** What the oracle makes of the first input's noise before the op. */
  prepare?(values: Float32Array, attrs: OpCase['attrs']): Float32Array;
  /**
   * The first input for finite differences where the derivative jumps somewhere: values so far from the jumps that a
   * step does not reach one.
   */
  smooth?(values: Float32Array, shape: readonly number[]): Float32Array;
}
