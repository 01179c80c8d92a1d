/** Ops that stand for several nodes of a graph; test/oracles/ops_fused.py says how their inputs come. */
import { fuseBranches } from '../../../src-main/engine/ops/branches.ts';
import { crossEntropy as lossOp } from '../../../src-main/engine/ops/cross-entropy.ts';
import {
  ACTIVATIONS,
  affineAct as affineOp,
  type NormActInput,
  normAct as normOp,
} from '../../../src-main/engine/ops/norm-act.ts';
import { type Tensor, type Tensor1D, type Tensor2D, type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { kindRun } from './kind.ts';
import type { OpAnswer, OpCase, OpRun } from './op-case.ts';

/** As SCALE and OFFSET of the oracle. */
const [SCALE, OFFSET] = [6, 3];

/** What follows scale and offset: PReLU's slope and the addend, where there are any. */
function restOf(rest: Tensor[], { act, added }: OpCase['attrs']) {
  return {
    act: ACTIVATIONS[act],
    slope: ACTIVATIONS[act] === 'prelu' ? (rest[0] as Tensor1D) : undefined,
    addend: added ? (rest[rest.length - 1] as Tensor4D) : undefined,
  };
}

/** Runs under tidy, and keeps the answer. */
function tidied(run: () => OpAnswer): OpAnswer {
  return tf.tidy(() => run() as never);
}

export const normAct: OpRun = {
  run: ([x, scale, offset, ...rest], attrs, dy) =>
    tidied(() => {
      const input: NormActInput = {
        x: x as Tensor4D,
        scale: scale.add(SCALE),
        offset: offset.add(OFFSET),
        epsilon: attrs.epsilon,
        ...restOf(rest, attrs),
      };
      const { y, mean, variance, saved } = normOp.form.forward(input);
      const d = normOp.form.gradient(dy, y, input, saved);
      const gradients = [d.x, d.scale, d.offset, d.slope, d.addend].filter((one) => one !== undefined);
      return { outputs: [y, mean, variance], gradients };
    }),
  // A third of the pixels each for below both ends of ReLU6, between them and above, once they are normalised.
  smooth: (values, shape) => {
    const channels = shape[shape.length - 1];
    return values.map((value, i) => (Math.floor(i / channels) % 3) - 1 + 0.05 * value);
  },
};

export const affineAct: OpRun = {
  run: ([x, ...params], attrs) =>
    tidied(() => {
      const [offset, ...rest] = attrs.factor ? params.slice(1) : params;
      const factor = attrs.factor ? params[0] : undefined;
      const line = { factor: factor?.add<Tensor1D>(SCALE), offset: offset.add<Tensor1D>(OFFSET) };
      return { outputs: [affineOp.form({ x: x as Tensor4D, ...line, ...restOf(rest, attrs) })], gradients: [] };
    }),
};

export const branchFusion: OpRun = {
  run: (inputs, attrs, dy) => {
    if (!attrs.line) return kindRun('branchFusion').run(inputs, attrs, dy);
    return tidied(() => {
      const [nodes, params] = [inputs.slice(0, attrs.nodes), inputs.slice(attrs.nodes)] as [Tensor4D[], Tensor1D[]];
      const residual = attrs.residual ? nodes.pop()! : null;
      const [factor, offset, slope] = params;
      const line = { factor: factor.add<Tensor1D>(SCALE), offset: offset.add<Tensor1D>(OFFSET), slope };
      const y = fuseBranches.form.forward(nodes, residual, { ...line, act: ACTIVATIONS[attrs.act] });
      return { outputs: [y], gradients: [] };
    });
  },
};

export const crossEntropy: OpRun = {
  prepare: (values, { gain }) => values.map((value) => value * gain),
  // Large logits would leave the loss too few digits for differences.
  smooth: (values) => values.map((value) => value % 3),
  run: ([logits, labels, ...weights], { weighed }, dy) =>
    tidied(() => {
      const classes = logits.shape[1]!;
      const classOf = labels.add(1).mul((classes + 1) / 2);
      const { value, gradient } = lossOp.form(
        logits as Tensor2D,
        classOf.floor().cast('int32') as Tensor1D,
        weighed ? weights[0].add<Tensor1D>(1.5) : null,
      );
      return { outputs: [value], gradients: [gradient.mul(dy)] };
    }),
};
