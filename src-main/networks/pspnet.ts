import { addResNet18 } from './backbones/resnet.ts';
import { GraphBuilder } from './graph.ts';
import { convModule, convNorm, pooled } from './layers.ts';
import type { Network } from './network.ts';

/** The pyramid's grids: means over the whole image, its quarters, ninths and thirty-sixths. */
const BINS = [1, 2, 3, 6];

/**
 * PSPNet on a dilated ResNet-18: the features joined with their means over coarse grids, which tell every pixel about
 * the whole scene, then one 3×3 convolution and the classifier; logits at 1/8 of the input's size. Names, channels and
 * corners (not aligned) are those of mmsegmentation's PSPNet-R18-D8. Its auxiliary head is left out, since training has
 * no auxiliary loss, and so is the dropout before the classifier, which needs a random state that the graph has not.
 *
 * 12,641,267 parameters for 19 classes. With the auxiliary head (256 → 64 by 3 × 3, batch norm, classifier: 148,819)
 * they are 12.79 M, and for ADE20K's 150 classes the 12.82 M that are quoted for mmsegmentation's.
 */
export const pspnet: Network = {
  id: 'pspnet-r18',
  title: 'PSPNet, ResNet-18',
  citation: 'Zhao et al., Pyramid Scene Parsing Network, CVPR 2017',
  options: [
    { name: 'width', title: 'Factor on the channels of the backbone', default: 1, min: 0.125, max: 2, integer: false },
    { name: 'channels', title: 'Channels of the head', default: 128, min: 8, max: 512, integer: true },
  ],
  build: ({ width, channels }, outputs) => {
    const b = new GraphBuilder(3);
    const features = addResNet18(b, width);
    const parts = BINS.map((bins, i) =>
      pooled(b, `pyramid${bins}`, features, bins, (bin) => {
        const names = convModule(`decode_head.psp_modules.${i}.1`);
        return convNorm(b, `pyramid${bins}.reduced`, bin, { filters: channels, kernel: 1 }, names, 'relu');
      }),
    );
    const joined = b.add('context.joined', 'concat', [features, ...parts]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
    const output = b.add('logits', 'conv', [context], { filters: outputs, kernel: 1, bias: 1 }, 'decode_head.conv_seg');
    return b.build({
      id: 'pspnet-r18',
      options: { width, channels },
      output,
      stride: 8,
      logitsStride: 8,
      defaultTaps: ['stage3', 'context', 'logits'],
    });
  },
};
