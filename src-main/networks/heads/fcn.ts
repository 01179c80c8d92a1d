import { thirdLevelHead } from '../auxiliary.ts';
import { betweenConvs } from '../between-convs.ts';
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
  add: (b, features, { channels }, outputs) => betweenConvs(b, features, channels, outputs, (first) => first),
};
