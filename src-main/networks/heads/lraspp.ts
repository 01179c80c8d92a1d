import { convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * Lite R-ASPP: the last features by a 1×1 convolution, each channel scaled by what the image's mean says of it, give logits that
 * are brought up to the second level's size, where a classifier of its own adds the edges:
 *
 *     logits = classifier(second level) + classifier(up(relu(norm(conv x)) · sigmoid(conv mean(x))))
 *
 * Input: the backbone's end and its second level, at 1/8 of the input's size; logits at that one's size. Names and details are
 * those of torchvision's LRASPPHead: the mean is over all pixels, where the paper has one of windows.
 */
export const lraspp: Head = {
  id: 'lraspp',
  title: 'Lite R-ASPP',
  citation: 'Howard et al., Searching for MobileNetV3, ICCV 2019',
  options: [{ name: 'channels', title: 'Channels of the head', default: 128, min: 8, max: 512, integer: true }],
  add: (b, { end, levels: [, low] }, { channels }, outputs) => {
    const point = { filters: channels, kernel: 1 };
    const names = { conv: 'classifier.cbr.0', norm: 'classifier.cbr.1' };
    const high = convNorm(b, 'high', end, point, names, 'relu');
    const mean = b.add('gate.mean', 'adaptiveAveragePool', [end], { bins: 1 });
    const gate = b.add('gate', 'sigmoid', [b.add('gate.conv', 'conv', [mean], point, 'classifier.scale.1')]);
    const context = b.add('context', 'multiply', [high, gate]);
    const up = b.add('context.up', 'resize', [context, low]);
    const classify = (name: string, input: string) =>
      b.add(
        `${name}.logits`,
        'conv',
        [input],
        { filters: outputs, kernel: 1, bias: 1 },
        `classifier.${name}_classifier`,
      );
    const logits = [classify('low', low), classify('high', up)];
    return { output: b.add('logits', 'add', logits), context, stride: 8 };
  },
};
