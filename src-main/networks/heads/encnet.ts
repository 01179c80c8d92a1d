import { thirdLevelHead } from '../auxiliary.ts';
import { classifier, convModule, convNorm, norm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * EncNet: what a scene is made of, told by how its features lie about learnt code words, weighs the channels. Input: the
 * backbone's end; logits at its size. Names and details are those of mmsegmentation's EncHead (512 channels, 32 code words).
 *
 *     x = conv3×3(end)       e = mean over k of relu(norm(E_k(conv1×1(x))))      (kinds/encoding.ts)
 *     relu(x + x · sigmoid(W e))  →  classifier
 *
 * The semantic encoding loss: from e alone it is told which classes are in the picture at all (`classes`, weight 0.2).
 */
export const encnet: Head = {
  id: 'encnet',
  title: 'EncNet',
  citation: 'Zhang et al., Context Encoding for Semantic Segmentation, CVPR 2018',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    { name: 'codes', title: 'Code words', default: 32, min: 2, max: 64, integer: true },
  ],
  auxiliaries: (b, features, options, outputs) => {
    const attrs = { filters: outputs, kernel: 1, bias: 1, linear: 1 };
    const node = b.add('classes', 'conv', ['code'], attrs, 'decode_head.se_layer');
    return [{ name: 'classes', node, weight: 0.2, loss: 'presence' }, ...thirdLevelHead(b, features, options, outputs)];
  },
  add: (b, { end, stride }, { channels, codes }, outputs) => {
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const x = convNorm(b, 'features', end, attrs, convModule('decode_head.bottleneck'), 'relu');
    const torch = 'decode_head.enc_module';
    const point = { filters: channels, kernel: 1 };
    const projected = convNorm(b, 'projected', x, point, convModule(`${torch}.encoding_project`), 'relu');
    const encoded = b.add('encoded', 'encoding', [projected], { codes, channels }, `${torch}.encoding.0`);
    const normed = b.add('encoded.relu', 'relu', [norm(b, 'encoded.norm', encoded, `${torch}.encoding.1`)]);
    const code = b.add('code', 'channelMean', [normed], { pixels: channels });
    const gate = b.add('gate.conv', 'conv', [code], { ...point, bias: 1, linear: 1 }, `${torch}.fc.0`);
    const weighed = b.add('weighed', 'multiply', [x, b.add('gate', 'sigmoid', [gate])]);
    const context = b.add('context', 'relu', [b.add('context.sum', 'add', [x, weighed])]);
    return { output: classifier(b, context, outputs), context, stride };
  },
};
