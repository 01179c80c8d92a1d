import { thirdLevelHead } from '../auxiliary.ts';
import { betweenConvs, headConv } from '../between-convs.ts';
import { classifier } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * FCN: a few convolutions on the last features and a classifier for every pixel. Input: the backbone's end; logits at its
 * size. As mmsegmentation's FCNHead, and with its names: two 3×3 convolutions, the input joined to what they give, and
 * one more. With `convs` 1 it is torchvision's: one 3×3 convolution. The paper's VGG-16 with its skips came before dilated
 * backbones, which make up for them.
 */
export const fcn: Head = {
  id: 'fcn',
  title: 'FCN',
  citation: 'Long et al., Fully Convolutional Networks for Semantic Segmentation, CVPR 2015',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    {
      ...{
        name: 'convs',
        title: '3×3 convolutions before the classifier: 3 as in mmsegmentation, 1 as in torchvision',
      },
      ...{ default: 3, min: 1, max: 3, integer: true, among: [1, 3] },
    },
  ],
  auxiliaries: thirdLevelHead,
  add: (b, features, { channels, convs }, outputs) => {
    if (convs === 3) return betweenConvs(b, features, channels, outputs, (first) => first);
    const context = headConv(b, 'context', features.end, channels, 'convs.0');
    return { output: classifier(b, context, outputs), context, stride: features.stride };
  },
};
