import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm, pooled } from '../layers.ts';
import type { Head } from '../network.ts';

/** The dilations of the pyramid in pixels of the input; 1 is a 1×1 convolution. */
const DILATIONS = [1, 96, 192, 288];

/**
 * DeepLabV3+: DeepLabV3's pyramid with separable convolutions, brought up and joined with the finest level's features,
 * which give back the edges. Input: the backbone's end and its first level; logits at that one's size. Names, channels
 * (512, where the paper has 256) and corners (not aligned) are those of mmsegmentation's DepthwiseSeparableASPPHead; its
 * dropout before the classifier is left out, since it needs a random state that the graph has not.
 */
export const deeplabv3plus: Head = {
  id: 'deeplabv3plus',
  title: 'DeepLabV3+',
  citation: 'Chen et al., Encoder-Decoder with Atrous Separable Convolution for Semantic Image Segmentation, ECCV 2018',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    { name: 'fine', title: 'Channels taken of the finest level', default: 48, min: 4, max: 256, integer: true },
  ],
  add: (b, { end, stride, levels: [first] }, { channels, fine }, outputs) => {
    const point = { filters: channels, kernel: 1 };
    const image = pooled(b, 'image', end, 1, (mean) =>
      convNorm(b, 'image.reduced', mean, point, convModule('decode_head.image_pool.1'), 'relu'),
    );
    const parts = DILATIONS.map((pixels, i) => {
      const torch = `decode_head.aspp_modules.${i}`;
      const dilation = Math.max(1, pixels / stride);
      if (pixels === 1) return convNorm(b, 'dilated1', end, point, convModule(torch), 'relu');
      return separable(b, `dilated${dilation}`, end, channels, torch, dilation);
    });
    const joined = b.add('context.joined', 'concat', [image, ...parts]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
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
