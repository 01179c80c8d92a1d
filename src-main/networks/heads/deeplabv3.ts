import { classifier, convModule, convNorm, pooled } from '../layers.ts';
import type { Head } from '../network.ts';

/** The dilations of the pyramid in pixels of the input; 1 is a 1×1 convolution. */
const DILATIONS = [1, 96, 192, 288];

/**
 * DeepLabV3: an atrous spatial pyramid (the image's mean, a 1×1 and three widely dilated 3×3 convolutions side by side),
 * then one 3×3 convolution and the classifier. Input: the backbone's end; logits at its size. At 1/8 of the input's size
 * the dilations are 12, 24 and 36, at 1/16 half of that, as in the paper. Names, channels (512, where the paper has 256)
 * and corners (not aligned) are those of mmsegmentation's ASPPHead. Its dropout before the classifier is left out, since
 * it needs a random state that the graph has not.
 */
export const deeplabv3: Head = {
  id: 'deeplabv3',
  title: 'DeepLabV3',
  citation: 'Chen et al., Rethinking Atrous Convolution for Semantic Image Segmentation, arXiv 1706.05587, 2017',
  options: [{ name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true }],
  add: (b, { end, stride }, { channels }, outputs) => {
    const point = { filters: channels, kernel: 1 };
    const image = pooled(b, 'image', end, 1, (mean) =>
      convNorm(b, 'image.reduced', mean, point, convModule('decode_head.image_pool.1'), 'relu'),
    );
    const parts = DILATIONS.map((pixels, i) => {
      const dilation = Math.max(1, pixels / stride);
      const attrs = pixels === 1 ? point : { filters: channels, kernel: 3, dilation, padding: dilation };
      const names = convModule(`decode_head.aspp_modules.${i}`);
      return convNorm(b, `dilated${dilation}`, end, attrs, names, 'relu');
    });
    const joined = b.add('context.joined', 'concat', [image, ...parts]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
    return { output: classifier(b, context, outputs), context, stride };
  },
};
