/** Hierarchical feature fusion (Mehta et al., ESPNet, ECCV 2018): running sums of branches, joined along the channels. */
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../tf.ts';
import { concatChannels, splitChannels } from './combine.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel, withEmpty } from './kernels.ts';
import { ACTIVATIONS, type AffineActInput, affineAct } from './norm-act.ts';

type Line = Omit<AffineActInput, 'x' | 'addend'>;

interface Fusion {
  /**
   * [b0, b1, b1 + b2, b1 + b2 + b3, …] (+ residual), and a line and an activation after it where one is given. Branches
   * are NHWC, equal but for the first one's channels.
   */
  forward(branches: Tensor4D[], residual: Tensor4D | null, line: Line | null): Tensor4D;
  /**
   * The branches' gradients; the residual's is dy itself.
   * @param first channels of the first branch
   */
  gradient(dy: Tensor4D, branches: number, first: number): Tensor4D[];
}

const plain: Fusion = {
  forward: (branches, residual, line) =>
    tf.tidy(() => {
      const [first, second, ...others] = branches;
      const sums = [second];
      for (const branch of others) sums.push(sums[sums.length - 1].add(branch));
      const joined = concatChannels([first, ...sums]);
      const whole = residual ? joined.add<Tensor4D>(residual) : joined;
      return line ? affineAct.form({ x: whole, ...line }) : whole;
    }),
  gradient: (dy, branches, first) =>
    tf.tidy(() => {
      const rest = (dy.shape[3] - first) / (branches - 1);
      const [head, ...parts] = splitChannels(dy, [first, ...Array<number>(branches - 1).fill(rest)]);
      // A branch is in its own sum and in all after it.
      for (let i = parts.length - 2; i >= 0; i--) parts[i] = parts[i].add(parts[i + 1]);
      return [head, ...parts];
    }),
};

const own: Fusion = {
  forward: (branches, residual, line) =>
    withEmpty((none) => {
      const { factor = none, offset = none, slope = none, act = 'none' } = line ?? {};
      const inputs: Tensor[] = [residual ?? none, factor, offset, slope, ...branches];
      const counts = { n: branches.length, act: ACTIVATIONS.indexOf(act) };
      return runOwnKernel('FuseBranches', inputs, 1, { counts })[0] as Tensor4D;
    }),
  gradient: (dy, branches, first) =>
    runOwnKernel('FuseBranchesGrad', [dy], branches, { counts: { n: branches, first } }) as Tensor4D[],
};

export const fuseBranches = new Op('fusion of branches', { plain, own }, ({ forward, gradient }) => {
  const branches = [[1, 3, 4, 3], ...Array<number[]>(3).fill([1, 3, 4, 2])].map((shape, i) => wave<Tensor4D>(shape, i));
  const dy = wave<Tensor4D>([1, 3, 4, 9], 5);
  const [factor, offset, slope] = [1, 2, 3].map((phase) => wave<Tensor1D>([9], phase));
  return [
    forward(branches, dy, { factor, offset, slope, act: 'prelu' }),
    forward(branches, null, { factor, offset, act: 'relu' }),
    forward(branches, null, null),
    ...gradient(dy, 4, 3),
  ];
});
