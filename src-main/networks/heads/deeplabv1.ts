import { addDropout, dropoutOption } from '../dropout.ts';
import { classifier } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * DeepLab (LargeFOV): the classifier's fully connected layers as convolutions, the first a 3×3 one with a dilation of 12
 * at 1/8, so that it sees far. Input: the backbone's end (in the paper VGG-16 at 1/8, without batch norm); logits at its
 * size. The dense CRF that sharpens its answer is no part of the network (evaluation/crf).
 */
export const deeplabv1: Head = {
  id: 'deeplabv1',
  title: 'DeepLab',
  citation: 'Chen et al., Semantic Image Segmentation with Deep Convolutional Nets and Fully Connected CRFs, ICLR 2015',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 1024, min: 8, max: 1024, integer: true },
    {
      ...dropoutOption,
      title: 'Dropout of single values after each of the two wide convolutions in training; the paper has 0.5',
    },
  ],
  add: (b, { end, stride }, { channels, dropout }, outputs) => {
    const dilation = Math.max(1, 96 / stride);
    const wide = { filters: channels, kernel: 3, dilation, padding: dilation, bias: 1 };
    const seen = b.add('fc6', 'relu', [b.add('fc6.conv', 'conv', [end], wide, 'fc6')]);
    const first = addDropout(b, 'fc6.dropout', seen, dropout, 'dropout');
    const point = { filters: channels, kernel: 1, bias: 1 };
    const context = b.add('fc7', 'relu', [b.add('fc7.conv', 'conv', [first], point, 'fc7')]);
    const last = addDropout(b, 'fc7.dropout', context, dropout, 'dropout');
    return { output: classifier(b, last, outputs, 'fc8'), context, stride };
  },
};
