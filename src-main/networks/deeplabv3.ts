import { addMobileNetV2 } from './backbones/mobilenet-v2.ts';
import { GraphBuilder } from './graph.ts';
import { convModule, convNorm, pooled } from './layers.ts';
import type { Network } from './network.ts';

/** The dilations of the pyramid at 1/8 of the input's size; 1 is a 1×1 convolution. */
const DILATIONS = [1, 12, 24, 36];

/**
 * DeepLabV3 on a dilated MobileNetV2: an atrous spatial pyramid (the image's mean, a 1×1 and three widely dilated 3×3
 * convolutions side by side), then one 3×3 convolution and the classifier; logits at 1/8 of the input's size. Names,
 * channels (512, where the paper has 256) and corners (not aligned) are those of mmsegmentation's
 * DeepLabV3-MobileNetV2-D8. Its auxiliary head is left out, since training has no auxiliary loss, and so is the dropout
 * before the classifier, which needs a random state that the graph has not.
 *
 * 18,375,443 parameters for 19 classes; the auxiliary head (96 → 256 by 3 × 3, batch norm, classifier) would add 226,579.
 */
export const deeplabv3: Network = {
  id: 'deeplabv3-mobilenetv2',
  title: 'DeepLabV3, MobileNetV2',
  citation: 'Chen et al., Rethinking Atrous Convolution for Semantic Image Segmentation, arXiv 1706.05587, 2017',
  options: [
    { name: 'width', title: 'Factor on the channels of the backbone', default: 1, min: 0.25, max: 2, integer: false },
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
  ],
  build: ({ width, channels }, outputs) => {
    const b = new GraphBuilder(3);
    const features = addMobileNetV2(b, width);
    const point = { filters: channels, kernel: 1 };
    const image = pooled(b, 'image', features, 1, (mean) =>
      convNorm(b, 'image.reduced', mean, point, convModule('decode_head.image_pool.1'), 'relu'),
    );
    const parts = DILATIONS.map((dilation, i) => {
      const attrs = dilation === 1 ? point : { filters: channels, kernel: 3, dilation, padding: dilation };
      const names = convModule(`decode_head.aspp_modules.${i}`);
      return convNorm(b, `dilated${dilation}`, features, attrs, names, 'relu');
    });
    const joined = b.add('context.joined', 'concat', [image, ...parts]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
    const output = b.add('logits', 'conv', [context], { filters: outputs, kernel: 1, bias: 1 }, 'decode_head.conv_seg');
    return b.build({
      id: 'deeplabv3-mobilenetv2',
      options: { width, channels },
      output,
      stride: 8,
      logitsStride: 8,
      defaultTaps: ['stage5', 'context', 'logits'],
    });
  },
};
