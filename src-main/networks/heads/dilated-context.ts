import { classifier } from '../layers.ts';
import type { Head } from '../network.ts';

const DILATIONS = [1, 1, 2, 4, 8, 16, 1];

/**
 * The dilated context module: seven 3×3 convolutions on the scores of all classes, whose dilation doubles, so that what
 * they see grows exponentially while no pixel is lost; then a 1×1. Input: the backbone's end; logits at its size. This is
 * the paper's basic form, with as many channels as there are classes. The paper's front end is VGG-16 at 1/8.
 */
export const dilatedContext: Head = {
  id: 'dilated-context',
  title: 'Dilated context module',
  citation: 'Yu, Koltun, Multi-Scale Context Aggregation by Dilated Convolutions, ICLR 2016',
  options: [],
  add: (b, { end, stride }, _, outputs) => {
    const scores = b.add('scores', 'conv', [end], { filters: outputs, kernel: 1, bias: 1 }, 'final');
    const context = DILATIONS.reduce((before, dilation, i) => {
      const attrs = { filters: outputs, kernel: 3, dilation, padding: dilation, bias: 1 };
      const name = i === DILATIONS.length - 1 ? 'context' : `context.${i + 1}`;
      return b.add(name, 'relu', [b.add(`${name}.conv`, 'conv', [before], attrs, `context.${i}`)]);
    }, scores);
    return { output: classifier(b, context, outputs, 'context_final'), context, stride };
  },
};
