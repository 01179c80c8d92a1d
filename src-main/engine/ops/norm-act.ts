/**
 * Batch normalisation with the activation after it, and a sum between the two, as one op: nothing in between is kept
 * for the backward pass, and each way takes one pass over the pixels less than apart.
 *   z = (x − mean) / √(variance + ε) · scale + offset [+ addend],  y = act(z)
 */
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import { prelu, preluGradient, relu, relu6, relu6Gradient, reluGradient } from './activation.ts';
import { batchNorm } from './batch-norm.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel, withEmpty } from './kernels.ts';

/** The activations that can be fused, in the order of the kernels' codes. */
export const ACTIVATIONS = ['none', 'relu', 'relu6', 'prelu'] as const;
export type Activation = (typeof ACTIVATIONS)[number];

export interface NormActInput {
  /** NHWC. */
  x: Tensor4D;
  scale: Tensor1D;
  offset: Tensor1D;
  /** PReLU's, [channels]. */
  slope?: Tensor1D;
  /** Of x's shape; not with PReLU. */
  addend?: Tensor4D;
  act: Activation;
  epsilon: number;
}

export interface NormActed {
  y: Tensor4D;
  /** Of this batch; the variance is the unbiased one (÷ n − 1). */
  mean: Tensor1D;
  variance: Tensor1D;
  /** What the same form's gradient needs. */
  saved: Tensor[];
}

export interface NormActGradients {
  x: Tensor4D;
  scale: Tensor1D;
  offset: Tensor1D;
  slope?: Tensor1D;
  addend?: Tensor4D;
}

interface Training {
  forward(input: NormActInput): NormActed;
  /** @param y the forward's; needed where there is an addend */
  gradient(dy: Tensor4D, y: Tensor4D | null, input: NormActInput, saved: Tensor[]): NormActGradients;
}

const plain: Training = {
  forward: ({ x, scale, offset, slope, addend, act, epsilon }) => {
    const { y: normal, saved, mean, variance } = batchNorm.form.forward(x, scale, offset, epsilon);
    const z = addend ? sumAndDispose(normal, addend) : normal;
    return { y: activate(z, act, slope), mean, variance, saved: [z, ...saved] };
  },
  gradient: (dy, _, { x, scale, slope, addend, act, epsilon }, [z, ...saved]) => {
    const passed = activationGradient(dy, z as Tensor4D, act, slope);
    const { input, ...rest } = batchNorm.form.gradient(passed.z, x, scale, saved, epsilon);
    if (!addend) passed.z.dispose();
    return { x: input, ...rest, slope: passed.slope, addend: addend ? passed.z : undefined };
  },
};

function sumAndDispose(a: Tensor4D, b: Tensor4D): Tensor4D {
  const sum = tf.add<Tensor4D>(a, b);
  a.dispose();
  return sum;
}

function activate(z: Tensor4D, act: Activation, slope?: Tensor1D): Tensor4D {
  if (act === 'prelu') return prelu(z, slope!);
  return act === 'relu' ? relu(z) : act === 'relu6' ? relu6(z) : z.clone();
}

function activationGradient(dy: Tensor4D, z: Tensor4D, act: Activation, slope?: Tensor1D) {
  if (act === 'prelu') {
    const { input, slope: dSlope } = preluGradient(dy, z, slope!);
    return { z: input, slope: dSlope };
  }
  if (act === 'relu') return { z: reluGradient.form(dy, z) };
  if (act === 'relu6') return { z: relu6Gradient.form(dy, z) };
  return { z: dy.clone() };
}

const own: Training = {
  forward: ({ x, scale, offset, slope, addend, act, epsilon }) =>
    withEmpty((none) => {
      const inputs = [x, scale, offset, slope ?? none, addend ?? none];
      const attributes = { floats: { epsilon }, counts: { act: ACTIVATIONS.indexOf(act) } };
      const [y, mean, variance, inverse] = runOwnKernel('NormAct', inputs, 4, attributes);
      return {
        y: y as Tensor4D,
        mean: mean as Tensor1D,
        variance: variance as Tensor1D,
        saved: [mean.clone(), inverse],
      };
    }),
  gradient: (dy, y, { x, scale, offset, slope, addend, act }, [mean, inverse]) =>
    withEmpty((none) => {
      const inputs = [dy, x, addend ? y! : none, scale, offset, slope ?? none, mean, inverse];
      const outputs = runOwnKernel('NormActGrad', inputs, 5, { counts: { act: ACTIVATIONS.indexOf(act) } });
      const [dx, dScale, dOffset, dSlope, dAddend] = outputs;
      if (!slope) dSlope.dispose();
      if (!addend) dAddend.dispose();
      return {
        x: dx as Tensor4D,
        scale: dScale as Tensor1D,
        offset: dOffset as Tensor1D,
        slope: slope && (dSlope as Tensor1D),
        addend: addend && (dAddend as Tensor4D),
      };
    }),
};

const TRIAL = [2, 3, 4, 3];

function trialInputs(): NormActInput[] {
  const [x, scale, offset, slope] = [
    wave<Tensor4D>(TRIAL),
    ...[1, 2, 3].map((phase) => wave<Tensor1D>([3], phase)),
  ] as [Tensor4D, Tensor1D, Tensor1D, Tensor1D];
  const addend = wave<Tensor4D>(TRIAL, 4);
  return [
    { x, scale, offset, slope, act: 'prelu', epsilon: 1e-3 },
    { x, scale, offset, addend, act: 'relu', epsilon: 1e-3 },
    // So much scaled that values lie beyond ReLU6's upper end too.
    { x, scale: scale.mul(9), offset, act: 'relu6', epsilon: 1e-3 },
    { x, scale, offset, act: 'none', epsilon: 1e-3 },
  ];
}

export const normAct = new Op('batch norm with activation', { plain, own }, ({ forward, gradient }) =>
  trialInputs().flatMap((input) => {
    const { y, mean, variance, saved } = forward(input);
    const gradients = gradient(wave(TRIAL, 5), y, input, saved);
    return [y, mean, variance, ...Object.values(gradients).filter((one) => one !== undefined)];
  }),
);

/** A line per channel, what is added to it, and an activation: act(x · factor [factor left out: 1] + offset [+ addend]). */
export interface AffineActInput {
  x: Tensor4D;
  factor?: Tensor1D;
  offset: Tensor1D;
  slope?: Tensor1D;
  addend?: Tensor4D;
  act: Activation;
}

export const affineAct = new Op(
  'line and activation',
  {
    plain: ({ x, factor, offset, slope, addend, act }: AffineActInput): Tensor4D =>
      tf.tidy(() => {
        const line = (factor ? x.mul<Tensor4D>(factor) : x).add<Tensor4D>(offset);
        return activate(addend ? line.add<Tensor4D>(addend) : line, act, slope);
      }),
    own: ({ x, factor, offset, slope, addend, act }) =>
      withEmpty((none) => {
        const inputs = [x, factor ?? none, offset, slope ?? none, addend ?? none];
        return runOwnKernel('AffineAct', inputs, 1, { counts: { act: ACTIVATIONS.indexOf(act) } })[0] as Tensor4D;
      }),
  },
  (form) => trialInputs().map(({ scale, ...input }, i) => form({ ...input, factor: i % 2 === 0 ? scale : undefined })),
);

/** The same as normAct's forward by given statistics, [channels] each. */
export function normActByStatistics(
  { scale, offset, epsilon, ...rest }: NormActInput,
  mean: Tensor1D,
  variance: Tensor1D,
): Tensor4D {
  const line = tf.tidy(() => {
    const factor = variance.add(epsilon).rsqrt().mul<Tensor1D>(scale);
    return { factor, offset: offset.sub<Tensor1D>(mean.mul(factor)) };
  });
  const y = affineAct.form({ ...rest, ...line });
  tf.dispose(line);
  return y;
}
