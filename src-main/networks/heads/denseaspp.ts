import { addDropout, dropoutOption } from '../dropout.ts';
import { classifier, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/** At 1/8 of the input's size. */
const DILATIONS = [3, 6, 12, 18, 24];

/**
 * DenseASPP: widely dilated convolutions one after the other, each of which reads the features and the answers of all
 * before it, so that the scales in between are covered too. Input: the backbone's end at 1/8 (in the paper DenseNet);
 * logits at its size. Each step is a 1×1 convolution to 256 and a dilated 3×3 one to 64 channels, with batch norm and ReLU
 * after each, as in the authors' code.
 */
export const denseaspp: Head = {
  id: 'denseaspp',
  title: 'DenseASPP',
  citation: 'Yang et al., DenseASPP for Semantic Segmentation in Street Scenes, CVPR 2018',
  options: [
    { name: 'inner', title: 'Channels of the 1×1 convolutions', default: 256, min: 8, max: 512, integer: true },
    { name: 'growth', title: 'Channels of the dilated convolutions', default: 64, min: 4, max: 128, integer: true },
    {
      ...dropoutOption,
      title:
        'Spatial dropout after each dilated convolution and before the classifier in training; the authors have 0.1',
    },
  ],
  add: (b, { end, stride }, { inner, growth, dropout }, outputs) => {
    const context = DILATIONS.reduce((before, dilation, i) => {
      const torch = (part: number) => ({ conv: `aspp_${dilation}.conv${part}`, norm: `aspp_${dilation}.bn${part}` });
      const name = `dilated${dilation}`;
      const narrow = convNorm(b, `${name}.narrow`, before, { filters: inner, kernel: 1, bias: 1 }, torch(1), 'relu');
      const attrs = { filters: growth, kernel: 3, dilation, padding: dilation, bias: 1 };
      const wide = addDropout(b, `${name}.dropout`, convNorm(b, name, narrow, attrs, torch(2), 'relu'), dropout);
      return b.add(i === DILATIONS.length - 1 ? 'context' : `${name}.joined`, 'concat', [wide, before]);
    }, end);
    const last = addDropout(b, 'context.dropout', context, dropout);
    return { output: classifier(b, last, outputs, 'classifier'), context, stride };
  },
};
