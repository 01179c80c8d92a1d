import type { ConvGeometry } from '../../src-main/engine/ops/conv.ts';
import {
  depthwise2d,
  depthwise2dFilterGradient,
  depthwise2dInputGradient,
} from '../../src-main/engine/ops/depthwise.ts';
import { type Tensor, type Tensor4D, tf } from '../../src-main/engine/tf.ts';
import { kindOf } from '../../src-main/networks/kinds.ts';
import type { Run } from './ops-cases.ts';

/** The ops of test/oracles/ops_layers.py. */
export const layerRuns: Record<string, Run> = {
  depthwise: (inputs, attrs, dy) => {
    const [x, filter] = inputs as Tensor4D[];
    const geometry = attrs as unknown as ConvGeometry;
    return {
      outputs: [depthwise2d(x, filter, geometry)],
      gradients: [
        depthwise2dInputGradient(dy, filter, x.shape, geometry),
        depthwise2dFilterGradient(x, dy, filter.shape, geometry),
      ],
    };
  },
  ...Object.fromEntries(
    ['relu', 'relu6', 'sigmoid', 'swish', 'hardSwish'].map((kind): [string, Run] => [
      kind,
      ([x], { scale, step }, dy) => {
        const scaled = tf.tidy(() => rounded(x.mul(scale), step));
        const answer = runKind(kind, [scaled], {}, dy);
        scaled.dispose();
        return answer;
      },
    ]),
  ),
  maxPool: ([x], { step, ...attrs }, dy) => {
    const coarse = tf.tidy(() => rounded(x, step));
    const answer = runKind('maxPool', [coarse], attrs, dy);
    coarse.dispose();
    return answer;
  },
  adaptiveAveragePool: (inputs, attrs, dy) => runKind('adaptiveAveragePool', inputs, attrs, dy),
  resize: (inputs, attrs, dy) => runKind('resize', inputs, attrs, dy),
  multiply: (inputs, attrs, dy) => runKind('multiply', inputs, attrs, dy),
};

/** A node of this kind forwards and backwards. */
function runKind(id: string, inputs: Tensor[], attrs: Record<string, number>, gradient: Tensor4D) {
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

/** As PyTorch rounds, to even. */
function rounded(x: Tensor, step: number): Tensor4D {
  return tf.round(x.div(step)).mul<Tensor4D>(step);
}
