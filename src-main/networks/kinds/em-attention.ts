import { contract } from '../../engine/ops/contract.ts';
import { addBias, conv2d } from '../../engine/ops/conv.ts';
import { softmax } from '../../engine/ops/softmax.ts';
import { type Tensor, type Tensor1D, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';
import { windowOf } from '../window.ts';

/** The momentum of the bases is that of running statistics; least norms as PyTorch's normalize. */
const LEAST = 1e-12;

/**
 * Expectation–maximisation attention (Li et al., ICCV 2019): the pixels z of a projection of the input, told by K bases that
 * are fitted to them, from where the running ones stand,
 *
 *     E  a_pk = softmax over k of ⟨z_p, μ_k⟩          M  μ_k = unit(Σ_p a_pk z_p / Σ_p a_pk)          `stages` times
 *     answer  y_p = Σ_k a_pk μ_k
 *
 * Nothing goes backwards through it, so that the projection stays as it began, as in the paper's code; the running bases
 * move towards the mean of the pictures'. attrs: `bases`, how many there are, and `stages`.
 */
export const emAttention: NodeKind = {
  id: 'emAttention',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: ({ bases }, [channels]) => {
    const shared = { toOurs: 'same', trainable: false } as const;
    const init = { kind: 'uniform', bound: 1 / Math.sqrt(channels) } as const;
    const square = [1, 1, channels, channels];
    const turned = [channels, channels, 1, 1];
    const of = 'ema_mid_conv.conv';
    const projection = { shape: square, torchShape: turned, toOurs: 'conv', trainable: false, fixed: true } as const;
    const bias = { shape: [channels], torchShape: [channels], fixed: true } as const;
    // Columns of about unit length.
    const start = { kind: 'uniform', bound: Math.sqrt(3 / channels) } as const;
    const words = { shape: [channels, bases], torchShape: [1, channels, bases], init: start };
    return [
      { ...projection, param: 'filter', torch: `${of}.weight`, init },
      { ...shared, ...bias, param: 'bias', torch: `${of}.bias`, init },
      { ...shared, ...words, param: 'bases', torch: 'ema_module.bases' },
    ];
  },
  macs: ({ bases, stages }, [[height, width, channels]]) =>
    height * width * channels * (channels + (2 * stages + 1) * bases),
  keepsInputs: false,
  readsRunning: true,
  scratch: ({ bases }, [[height, width, channels]]) => ({
    forward: height * width * (2 * channels + 3 * bases),
    backward: 0,
  }),
  forward: ({ attrs: { stages }, inputs: [x], params: [filter, bias, bases], training }) => {
    const [output, moved] = tf.tidy(() => {
      const [n, height, width, channels] = x.shape;
      const plain = conv2d(x, filter as Tensor4D, windowOf({}));
      const pixels = addBias(plain, bias as Tensor1D).reshape<Tensor3D>([n, height * width, channels]);
      let fitted: Tensor = bases.expandDims(0).tile([n, 1, 1]);
      let shares = pixels as Tensor3D;
      for (let stage = 0; stage < stages; stage++) {
        shares = softmax(contract('npc,nck->npk', pixels, fitted) as Tensor3D, 2);
        const whole = shares.sum(1, true).maximum(LEAST);
        fitted = unitColumns(contract('npc,npk->nck', pixels, shares.div(whole)));
      }
      const y = contract('npk,nck->npc', shares, fitted).reshape<Tensor4D>(x.shape);
      return [y, unitColumns(fitted.mean(0, true)).flatten()] as const;
    });
    if (training) return { output, statistics: [moved] };
    moved.dispose();
    return { output };
  },
  backward: () => ({ inputs: [null], params: [] }),
};

/** [n, c, k] with each column of unit length. */
function unitColumns(x: Tensor): Tensor {
  return x.div(x.square().sum(1, true).sqrt().maximum(LEAST));
}
