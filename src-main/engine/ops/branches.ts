/** Hierarchical feature fusion (Mehta et al., ESPNet, ECCV 2018): running sums of branches, joined along the channels. */
import { type Tensor, type Tensor4D, tf } from '../tf.ts';
import { concatChannels, splitChannels } from './combine.ts';
import { Op, wave } from './forms.ts';
import { runOwnKernel } from './kernels.ts';

interface Fusion {
  /** [b0, b1, b1 + b2, b1 + b2 + b3, …] (+ residual). Branches are NHWC, equal but for the first one's channels. */
  forward(branches: Tensor4D[], residual: Tensor4D | null): Tensor4D;
  /**
   * The branches' gradients; the residual's is dy itself.
   * @param first channels of the first branch
   */
  gradient(dy: Tensor4D, branches: number, first: number): Tensor4D[];
}

const plain: Fusion = {
  forward: (branches, residual) =>
    tf.tidy(() => {
      const [first, second, ...others] = branches;
      const sums = [second];
      for (const branch of others) sums.push(sums[sums.length - 1].add(branch));
      const joined = concatChannels([first, ...sums]);
      return residual ? joined.add<Tensor4D>(residual) : joined;
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
  forward: (branches, residual) => {
    const none = residual ?? tf.tensor1d([], 'float32');
    const inputs: Tensor[] = [none, ...branches];
    const [y] = runOwnKernel('FuseBranches', inputs, 1, { counts: { n: branches.length } });
    if (!residual) none.dispose();
    return y as Tensor4D;
  },
  gradient: (dy, branches, first) =>
    runOwnKernel('FuseBranchesGrad', [dy], branches, { counts: { n: branches, first } }) as Tensor4D[],
};

export const fuseBranches = new Op('fusion of branches', { plain, own }, ({ forward, gradient }) => {
  const branches = [[1, 3, 4, 3], ...Array<number[]>(3).fill([1, 3, 4, 2])].map((shape, i) => wave<Tensor4D>(shape, i));
  const dy = wave<Tensor4D>([1, 3, 4, 9], 5);
  return [forward(branches, dy), forward(branches, null), ...gradient(dy, 4, 3)];
});
