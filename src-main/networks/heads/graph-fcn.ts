import { convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/** What is a neighbour of a pixel: the eight around it, weighted by their distance. */
const NEAR = { radius: 1, sigma: 1 };

/**
 * Graph-FCN: an FCN's features are the nodes of a graph over the pixels, which two graph convolutions classify (Kipf,
 * Welling, ICLR 2017). Input: the backbone's end; logits at its size.
 *
 *     x = conv3×3(end)        H = relu(Â [x, row, column] W₁)        logits = Â H W₂        (Â: kinds/grid-graph.ts)
 *
 * The FCN's own answer from x is an auxiliary output, with a weight of 1. Written from the paper's abstract and outline, since
 * its authors published no code: that the neighbours are the eight around a pixel, that σ is 1, the widths and the weight are
 * assumed.
 */
export const graphFcn: Head = {
  id: 'graphfcn',
  title: 'Graph-FCN',
  citation: 'Lu et al., Graph-FCN for Image Semantic Segmentation, ISNN 2019 (arXiv 2001.00335)',
  options: [{ name: 'channels', title: 'Channels of the head', default: 256, min: 8, max: 512, integer: true }],
  auxiliaries: (b, _features, _options, outputs) => {
    const node = b.add('fcn', 'conv', ['features'], { filters: outputs, kernel: 1, bias: 1 }, 'fcn');
    return [{ name: 'fcn', node, weight: 1 }];
  },
  add: (b, { end, stride }, { channels }, outputs) => {
    const wide = { filters: channels, kernel: 3, padding: 1, bias: 1 };
    const x = convNorm(b, 'features', end, wide, { conv: 'features.0', norm: 'features.1' }, 'relu');
    const placed = b.add('nodes', 'positions', [x]);
    const first = b.add('graph1.near', 'gridGraph', [placed], NEAR);
    const point = { filters: channels, kernel: 1 };
    const context = b.add('graph1', 'relu', [b.add('graph1.conv', 'conv', [first], point, 'graph1')]);
    const second = b.add('graph2.near', 'gridGraph', [context], NEAR);
    const output = b.add('logits', 'conv', [second], { filters: outputs, kernel: 1 }, 'graph2');
    return { output, context, stride };
  },
};
