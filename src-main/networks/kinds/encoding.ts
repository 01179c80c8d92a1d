import { contract } from '../../engine/ops/contract.ts';
import { softmax, softmaxGradient } from '../../engine/ops/softmax.ts';
import { type Tensor, type Tensor3D, type Tensor4D, tf } from '../../engine/tf.ts';
import type { NodeKind } from '../node-kind.ts';

/**
 * The encoding layer (Zhang et al., Deep TEN: Texture Encoding Network, CVPR 2017): how far a picture's pixels are from K
 * learnt code words, gathered for each code word from the pixels that it is given a share of,
 *
 *     E_k = Σ_p a_pk (x_p − c_k)          a_p = softmax over k of  s_k ‖x_p − c_k‖²
 *
 * The answer has the code words as channels and the input's channels as pixels: `channels` × 1 of them.
 * attrs: `codes`, how many code words there are, and `channels`, the input's. Counts as element-wise work, as which
 * it is written in the paper.
 */
export const encoding: NodeKind = {
  id: 'encoding',
  channels: ({ codes, channels }, [given]) => {
    if (given !== channels) throw new Error(`There are ${given} channels to encode, not ${channels}.`);
    return codes;
  },
  size: ({ channels }) => [channels, 1],
  params: ({ codes, channels }) => {
    const [words, factors] = [[codes, channels], [codes]];
    const bound = 1 / Math.sqrt(codes * channels);
    const shared = { toOurs: 'same', trainable: true } as const;
    return [
      { ...shared, param: 'words', torch: 'codewords', shape: words, torchShape: words, init: uniform(bound) },
      // PyTorch writings start anywhere from −1 to 0.
      { ...shared, param: 'factor', torch: 'scale', shape: factors, torchShape: factors, init: constant(-0.5) },
    ];
  },
  macs: () => 0,
  keepsInputs: true,
  scratch: ({ codes }, [[height, width, channels]]) => ({
    forward: height * width * (4 * codes + channels),
    backward: height * width * (8 * codes + 3 * channels),
  }),
  forward: ({ inputs: [x], params: [words, factor] }) => ({
    output: tf.tidy(() => {
      const { pixels, shares } = assign(x, words, factor);
      const sums = contract('npk,npc->nck', shares, pixels);
      const encoded = sums.sub(contract('nk,kc->nck', shares.sum(1), words));
      return encoded.reshape<Tensor4D>([x.shape[0], x.shape[3], 1, words.shape[0]]);
    }),
  }),
  backward: ({ gradient, inputs: [x], params: [words, factor], wanted }) => {
    const [ofX, ofWords, ofFactor] = tf.tidy(() => {
      const { pixels, distances, shares } = assign(x, words, factor);
      const dy = gradient.reshape<Tensor3D>([x.shape[0], x.shape[3], words.shape[0]]);
      const ofShares = contract('npc,nck->npk', pixels, dy).sub<Tensor3D>(dy.mul(words.transpose()).sum(1, true));
      const ofScaled = softmaxGradient(ofShares, shares, 2);
      const ofDistances = ofScaled.mul(factor);
      // ∂‖x − c‖² by x is 2 (x − c), by c the opposite.
      const towards = contract('npk,kc->npc', ofDistances, words);
      const ofPixels = pixels.mul(ofDistances.sum(2, true)).sub(towards).mul(2);
      const away = contract('npk,npc->kc', ofDistances, pixels).sub(words.mul(ofDistances.sum([0, 1]).expandDims(1)));
      return [
        ofPixels.add(contract('npk,nck->npc', shares, dy)).reshape<Tensor4D>(x.shape),
        away.mul(-2).sub(contract('nk,nck->kc', shares.sum(1), dy)),
        ofScaled.mul(distances).sum([0, 1]),
      ] as const;
    });
    if (!wanted[0]) ofX.dispose();
    return { inputs: [wanted[0] ? ofX : null], params: [ofWords, ofFactor] };
  },
};

/** The pixels in a row [n, p, c], their squared distances from the code words and their shares of them [n, p, k]. */
function assign(x: Tensor4D, words: Tensor, factor: Tensor) {
  const [n, height, width, channels] = x.shape;
  const pixels = x.reshape<Tensor3D>([n, height * width, channels]);
  const products = contract('npc,kc->npk', pixels, words);
  const squares = pixels.square().sum(2, true).add(words.square().sum(1));
  const distances = squares.sub<Tensor3D>(products.mul(2));
  return { pixels, distances, shares: softmax(distances.mul<Tensor3D>(factor), 2) };
}

function uniform(bound: number) {
  return { kind: 'uniform', bound } as const;
}

function constant(value: number) {
  return { kind: 'constant', value } as const;
}
