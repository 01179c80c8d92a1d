import { classifier } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * DeepLab (LargeFOV): the classifier's fully connected layers as convolutions, the first a 3×3 one with a dilation of 12
 * at 1/8, so that it sees far. Input: the backbone's end (in the paper VGG-16 at 1/8, without batch norm); logits at its
 * size. Of its two dropouts, which were of single values, there is one before the classifier; the dense CRF that sharpens
 * its answer is no part of the network (evaluation/crf).
 */
export const deeplabv1: Head = {
  id: 'deeplabv1',
  title: 'DeepLab',
  citation: 'Chen et al., Semantic Image Segmentation with Deep Convolutional Nets and Fully Connected CRFs, ICLR 2015',
  options: [{ name: 'channels', title: 'Channels of the head', default: 1024, min: 8, max: 1024, integer: true }],
  add: (b, { end, stride }, { channels }, outputs) => {
    const dilation = Math.max(1, 96 / stride);
    const wide = { filters: channels, kernel: 3, dilation, padding: dilation, bias: 1 };
    const first = b.add('fc6', 'relu', [b.add('fc6.conv', 'conv', [end], wide, 'fc6')]);
    const point = { filters: channels, kernel: 1, bias: 1 };
    const context = b.add('fc7', 'relu', [b.add('fc7.conv', 'conv', [first], point, 'fc7')]);
    return { output: classifier(b, context, outputs, 'fc8'), context, stride };
  },
};
