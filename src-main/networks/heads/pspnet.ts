import { thirdLevelHead } from '../auxiliary.ts';
import { classifier, convModule, convNorm, pooled } from '../layers.ts';
import type { Head } from '../network.ts';

/** The pyramid's grids: means over the whole image, its quarters, ninths and thirty-sixths. */
const BINS = [1, 2, 3, 6];

/**
 * PSPNet: the features joined with their means over coarse grids, which tell every pixel about the whole scene, then
 * one 3×3 convolution and the classifier. Input: the backbone's end; logits at its size. Names and corners (not aligned)
 * are those of mmsegmentation's PSPHead, which has 512 channels on ResNet-50 and larger (so has the paper), 128 on
 * ResNet-18.
 */
export const pspnet: Head = {
  id: 'pspnet',
  title: 'PSPNet',
  citation: 'Zhao et al., Pyramid Scene Parsing Network, CVPR 2017',
  options: [{ name: 'channels', title: 'Channels of the head', default: 128, min: 8, max: 512, integer: true }],
  auxiliaries: thirdLevelHead,
  add: (b, { end, stride }, { channels }, outputs) => {
    const parts = BINS.map((bins, i) =>
      pooled(b, `pyramid${bins}`, end, bins, (bin) => {
        const names = convModule(`decode_head.psp_modules.${i}.1`);
        return convNorm(b, `pyramid${bins}.reduced`, bin, { filters: channels, kernel: 1 }, names, 'relu');
      }),
    );
    const joined = b.add('context.joined', 'concat', [end, ...parts]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
    return { output: classifier(b, context, outputs), context, stride };
  },
};
