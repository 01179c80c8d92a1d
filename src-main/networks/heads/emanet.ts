import { thirdLevelHead } from '../auxiliary.ts';
import { classifier, convModule, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * EMANet: each pixel is told again by a few bases that are fitted to all pixels, so that attention to everything costs
 * pixels times bases. Input: the backbone's end; logits at its size. Names and details are those of mmsegmentation's EMAHead
 * (64 bases, three rounds, twice the head's channels inside).
 *
 *     x = conv3×3(end)     y = relu(x + norm(conv1×1(relu(EM(conv1×1(x))))))      (kinds/em-attention.ts)
 *     conv3×3(end, conv3×3(y))  →  classifier
 */
export const emanet: Head = {
  id: 'emanet',
  title: 'EMANet',
  citation: 'Li et al., Expectation-Maximization Attention Networks for Semantic Segmentation, ICCV 2019',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 256, min: 8, max: 512, integer: true },
    { name: 'bases', title: 'Bases', default: 64, min: 2, max: 128, integer: true },
  ],
  auxiliaries: thirdLevelHead,
  add: (b, { end, stride }, { channels, bases }, outputs) => {
    const square = (filters: number) => ({ filters, kernel: 3, padding: 1 });
    const names = (part: string) => convModule(`decode_head.${part}`);
    const x = convNorm(b, 'features', end, square(2 * channels), names('ema_in_conv'), 'relu');
    const told = b.add('attention', 'emAttention', [x], { bases, stages: 3 }, 'decode_head');
    const point = { filters: 2 * channels, kernel: 1 };
    const out = convNorm(b, 'told', b.add('attention.relu', 'relu', [told]), point, names('ema_out_conv'));
    const both = b.add('both', 'relu', [b.add('both.sum', 'add', [x, out])]);
    const narrow = convNorm(b, 'narrow', both, square(channels), names('bottleneck'), 'relu');
    const joined = b.add('context.joined', 'concat', [end, narrow]);
    const context = convNorm(b, 'context', joined, square(channels), names('conv_cat'), 'relu');
    return { output: classifier(b, context, outputs), context, stride };
  },
};
