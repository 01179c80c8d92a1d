import type { Tensor, Tensor4D } from '../../../src-main/engine/tf.ts';
import { kindOf } from '../../../src-main/networks/kinds.ts';
import type { OpAnswer, OpRun } from './op-case.ts';

/** A node of this kind without parameters, forwards and backwards. */
export function kindRun(id: string): OpRun {
  return { run: (inputs, attrs, dy) => runKind(id, inputs, attrs, dy) };
}

function runKind(id: string, inputs: Tensor[], attrs: Record<string, number>, gradient: Tensor4D): OpAnswer {
  const kind = kindOf(id);
  const given = inputs as Tensor4D[];
  const { output } = kind.forward({ attrs, inputs: given, params: [], training: true });
  const answer = kind.backward({
    attrs,
    gradient,
    inputs: kind.keepsInputs ? given : [],
    output: kind.keepsOutput ? output : null,
    inputShapes: given.map(({ shape }) => shape),
    params: [],
    saved: [],
    wanted: given.map(() => true),
  });
  return { outputs: [output], gradients: answer.inputs.filter((one) => one !== null) };
}
