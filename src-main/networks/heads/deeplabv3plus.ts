import { thirdLevelHead } from '../auxiliary.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';
import { addPyramid } from './deeplabv3.ts';

/**
 * DeepLabV3+: DeepLabV3's pyramid with separable convolutions, brought up and joined with the finest level's features,
 * which give back the edges. Input: the backbone's end and its first level; logits at that one's size. Names, channels
 * (512, where the paper has 256) and corners (not aligned) are those of mmsegmentation's DepthwiseSeparableASPPHead.
 */
export const deeplabv3plus: Head = {
  id: 'deeplabv3plus',
  title: 'DeepLabV3+',
  citation: 'Chen et al., Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation, ECCV 2018',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    { name: 'fine', title: 'Channels taken of the finest level', default: 48, min: 4, max: 256, integer: true },
  ],
  auxiliaries: thirdLevelHead,
  add: (b, features, { channels, fine }, outputs) => {
    const context = addPyramid(b, features, { channels }, (name, input, torch, dilation) =>
      separable(b, name, input, channels, torch, dilation),
    );
    const [first] = features.levels;
    const edges = { filters: fine, kernel: 1 };
    const reduced = convNorm(b, 'fine', first, edges, convModule('decode_head.c1_bottleneck'), 'relu');
    const up = b.add('context.up', 'resize', [context, reduced]);
    const both = b.add('decoded.joined', 'concat', [up, reduced]);
    const half = separable(b, 'decoded.0', both, channels, 'decode_head.sep_bottleneck.0');
    const decoded = separable(b, 'decoded', half, channels, 'decode_head.sep_bottleneck.1');
    return { output: classifier(b, decoded, outputs), context: decoded, stride: 4 };
  },
};

/** A 3×3 convolution of each channel and a 1×1 of all, each with batch norm and ReLU. */
function separable(b: GraphBuilder, name: string, input: string, filters: number, torch: string, dilation = 1): string {
  const attrs = { kernel: 3, dilation, padding: dilation };
  const filtered = convNorm(b, `${name}.filtered`, input, attrs, convModule(`${torch}.depthwise_conv`), 'relu');
  return convNorm(b, name, filtered, { filters, kernel: 1 }, convModule(`${torch}.pointwise_conv`), 'relu');
}
