/** What the kinds share that work value by value, without params. */
import type { Tensor4D } from '../engine/tf.ts';
import type { NodeKind } from './node-kind.ts';

type Forward = (x: Tensor4D) => Tensor4D;

/** @param gradient that of the input, from the output's and the input */
export function byInput(id: string, forward: Forward, gradient: (dy: Tensor4D, x: Tensor4D) => Tensor4D): NodeKind {
  return {
    ...valueByValue(id, forward),
    keepsInputs: true,
    backward: ({ gradient: dy, inputs: [x] }) => ({ inputs: [gradient(dy, x)], params: [] }),
  };
}

/** @param gradient that of the input, from the output's and the output, which is kept in the input's place */
export function byOutput(id: string, forward: Forward, gradient: (dy: Tensor4D, y: Tensor4D) => Tensor4D): NodeKind {
  return {
    ...valueByValue(id, forward),
    keepsInputs: false,
    keepsOutput: true,
    backward: ({ gradient: dy, output }) => ({ inputs: [gradient(dy, output!)], params: [] }),
  };
}

function valueByValue(id: string, forward: Forward): Omit<NodeKind, 'keepsInputs' | 'backward'> {
  return {
    id,
    channels: (_, [channels]) => channels,
    size: (_, [size]) => size,
    params: () => [],
    macs: () => 0,
    forward: ({ inputs: [x] }) => ({ output: forward(x) }),
  };
}
