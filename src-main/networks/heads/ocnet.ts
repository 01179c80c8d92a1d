import { thirdLevelHead } from '../auxiliary.ts';
import { classifier, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * OCNet (its base form): each pixel takes in the mean of all pixels weighed by how alike they are, which gathers those of
 * its own object; the answer is joined with the features. Input: the backbone's end; logits at its size. As in the
 * authors' code query and key are one: two 1×1 convolutions with batch norm and ReLU, half as wide as the head.
 *
 * Of the weights, (h·w)² floats for each picture at the features' size, at most 17 MB are there at once, forwards and
 * backwards (engine/ops/attention.ts); at 1/8 of 1024 × 2048 all would be 4.3 GB.
 */
export const ocnet: Head = {
  id: 'ocnet',
  title: 'OCNet',
  citation: 'Yuan et al., OCNet: Object Context for Semantic Segmentation, IJCV 2021 (arXiv 1809.00916)',
  options: [{ name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true }],
  auxiliaries: thirdLevelHead,
  add: (b, { end, stride }, { channels }, outputs) => {
    const names = (part: string) => ({ conv: `${part}.0`, norm: `${part}.1` });
    const wide = { filters: channels, kernel: 3, padding: 1, bias: 1 };
    const features = convNorm(b, 'features', end, wide, names('reduce'), 'relu');
    const inner = { filters: Math.floor(channels / 2), kernel: 1, bias: 1 };
    const first = convNorm(b, 'object.key.0', features, inner, names('key1'), 'relu');
    const key = convNorm(b, 'object.key', first, inner, names('key2'), 'relu');
    const value = b.add('object.value', 'conv', [features], inner, 'value');
    const mean = b.add('object.mean', 'attention', [key, key, value]);
    const object = b.add('object', 'conv', [mean], { filters: channels, kernel: 1, bias: 1 }, 'out');
    const joined = b.add('context.joined', 'concat', [object, features]);
    const context = convNorm(b, 'context', joined, { filters: channels, kernel: 1, bias: 1 }, names('fuse'), 'relu');
    return { output: classifier(b, context, outputs, 'classifier'), context, stride };
  },
};
