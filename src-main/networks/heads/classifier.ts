import { classifier, convNorm, type TorchNames } from '../layers.ts';
import type { Head } from '../network.ts';

/** The 1×1 convolution, batch norm and ReLU6 that some classifiers have before their last layer. */
export interface Widening {
  filters: number;
  torch: TorchNames;
  epsilon?: number;
}

/**
 * The classifier of whole images that a backbone was trained with, at every place of its last features: the fully
 * connected layer as a 1×1 convolution (Long et al., CVPR 2015). The mean of these logits over the image's places is what
 * the classifier gives, which takes the mean before its last layer. Such a network is no student or teacher: it is how the
 * weights of a backbone are kept whole, and a student's backbone starts from it. Its classes are of images, not of pixels.
 */
export function imageClassifier(widening?: Widening): Head {
  return {
    id: 'classifier',
    title: 'Classifier of images',
    citation: 'Long et al., Fully Convolutional Networks for Semantic Segmentation, CVPR 2015',
    options: [],
    stride: 32,
    add: (b, { end, stride }, _options, outputs) => {
      const context = widening
        ? convNorm(
            b,
            'context',
            end,
            { filters: widening.filters, kernel: 1 },
            widening.torch,
            'relu6',
            widening.epsilon,
          )
        : end;
      return { output: classifier(b, context, outputs, 'head.fc'), context, stride };
    },
  };
}
