import { thirdLevelHead } from '../auxiliary.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm, pooled } from '../layers.ts';
import type { Features, Head } from '../network.ts';

/** The dilations of the pyramid in pixels of the input; 1 is a 1×1 convolution. */
const DILATIONS = [1, 96, 192, 288];

/**
 * DeepLabV3: an atrous spatial pyramid (the image's mean, a 1×1 and three widely dilated 3×3 convolutions side by side),
 * then one 3×3 convolution and the classifier. Input: the backbone's end; logits at its size. At 1/8 of the input's size
 * the dilations are 12, 24 and 36, at 1/16 half of that, as in the paper. Names, channels (512, where the paper has 256)
 * and corners (not aligned) are those of mmsegmentation's ASPPHead.
 */
export const deeplabv3: Head = {
  id: 'deeplabv3',
  title: 'DeepLabV3',
  citation: 'Chen et al., Rethinking Atrous Convolution for Semantic Image Segmentation, arXiv 1706.05587, 2017',
  options: [{ name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true }],
  auxiliaries: thirdLevelHead,
  add: (b, features, { channels }, outputs) => {
    const context = addPyramid(b, features, channels, (name, input, torch, dilation) => {
      const attrs = { filters: channels, kernel: 3, dilation, padding: dilation };
      return convNorm(b, name, input, attrs, convModule(torch), 'relu');
    });
    return { output: classifier(b, context, outputs), context, stride: features.stride };
  },
};

/** The pyramid and the 3×3 convolution after it: `context`. @param dilated adds one of the dilated 3×3 convolutions */
export function addPyramid(
  b: GraphBuilder,
  { end, stride }: Features,
  channels: number,
  dilated: (name: string, input: string, torch: string, dilation: number) => string,
): string {
  const point = { filters: channels, kernel: 1 };
  const image = pooled(b, 'image', end, 1, (mean) =>
    convNorm(b, 'image.reduced', mean, point, convModule('decode_head.image_pool.1'), 'relu'),
  );
  const parts = DILATIONS.map((pixels, i) => {
    const torch = `decode_head.aspp_modules.${i}`;
    if (pixels === 1) return convNorm(b, 'dilated1', end, point, convModule(torch), 'relu');
    const dilation = Math.max(1, pixels / stride);
    return dilated(`dilated${dilation}`, end, torch, dilation);
  });
  const joined = b.add('context.joined', 'concat', [image, ...parts]);
  const attrs = { filters: channels, kernel: 3, padding: 1 };
  return convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
}
