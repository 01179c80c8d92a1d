import { classifier } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * ParseNet: the image's mean joined to the features of every pixel, both brought to length 1 and scaled by channel first,
 * since their sizes differ much. Input: the backbone's end (in the paper VGG-16 at 1/8); logits at its size.
 */
export const parsenet: Head = {
  id: 'parsenet',
  title: 'ParseNet',
  citation: 'Liu et al., ParseNet: Looking Wider to See Better, ICLR 2016 workshop',
  options: [],
  add: (b, { end, stride }, _, outputs) => {
    const mean = b.add('image.mean', 'adaptiveAveragePool', [end], { bins: 1 });
    const image = b.add('image', 'resize', [b.add('image.unit', 'unitScale', [mean], {}, 'norm_global'), end]);
    const features = b.add('features.unit', 'unitScale', [end], {}, 'norm_local');
    const context = b.add('context', 'concat', [features, image]);
    return { output: classifier(b, context, outputs, 'classifier'), context, stride };
  },
};
