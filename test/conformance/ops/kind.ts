import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { kindOf } from '../../../src-main/networks/kinds.ts';
import type { OpRun } from './op-case.ts';

/** A node of this kind forwards and backwards; the inputs after the first `nodes` are its parameters. */
export function kindRun(id: string, nodes = Number.POSITIVE_INFINITY): OpRun {
  return {
    run: (tensors, attrs, gradient) => {
      const kind = kindOf(id);
      const inputs = tensors.slice(0, nodes) as Tensor4D[];
      const params = tensors.slice(inputs.length);
      const { output, saved = [] } = kind.forward({ attrs, inputs, params, training: true });
      const answer = kind.backward({
        attrs,
        gradient,
        inputs: kind.keepsInputs ? inputs : [],
        output: kind.keepsOutput ? output : null,
        inputShapes: inputs.map(({ shape }) => shape),
        params,
        saved,
        wanted: inputs.map(() => true),
      });
      tf.dispose(saved);
      return { outputs: [output], gradients: [...answer.inputs.filter((one) => one !== null), ...answer.params] };
    },
  };
}
