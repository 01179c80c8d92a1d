import { thirdLevelHead } from '../auxiliary.ts';
import { classifier, convModule, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * FCN: a few convolutions on the last features and a classifier for every pixel. Input: the backbone's end; logits at its
 * size. As mmsegmentation's FCNHead, and with its names: two 3×3 convolutions, the input joined to what they give, and
 * one more. The paper's VGG-16 with its skips came before dilated backbones, which make up for them.
 */
export const fcn: Head = {
  id: 'fcn',
  title: 'FCN',
  citation: 'Long et al., Fully Convolutional Networks for Semantic Segmentation, CVPR 2015',
  options: [{ name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true }],
  auxiliaries: thirdLevelHead,
  add: (b, { end, stride }, { channels }, outputs) => {
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const conv = (name: string, input: string, torch: string) =>
      convNorm(b, name, input, attrs, convModule(`decode_head.${torch}`), 'relu');
    const second = conv('second', conv('first', end, 'convs.0'), 'convs.1');
    const context = conv('context', b.add('context.joined', 'concat', [end, second]), 'conv_cat');
    return { output: classifier(b, context, outputs), context, stride };
  },
};
