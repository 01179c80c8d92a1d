import { thirdLevelHead } from '../auxiliary.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm, pooled } from '../layers.ts';
import type { Head } from '../network.ts';

/** The grids of the contexts, as PSPNet's. */
const BINS = [1, 2, 3, 6];

/**
 * APCNet: as PSPNet, but each pixel says itself, by its features and the image's mean, how much it takes of each cell of a
 * grid. Input: the backbone's end; logits at its size. Names and details are those of mmsegmentation's APCHead, which has
 * 512 channels.
 *
 *     cells = conv(mean over a grid of s × s)          weights = sigmoid(conv(x + image's mean))    [s² of each pixel]
 *     context = relu(conv(Σ weights · cells) + x)
 */
export const apcnet: Head = {
  id: 'apcnet',
  title: 'APCNet',
  citation: 'He et al., Adaptive Pyramid Context Network for Semantic Segmentation, CVPR 2019',
  options: [{ name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true }],
  auxiliaries: thirdLevelHead,
  add: (b, { end, stride }, { channels }, outputs) => {
    const parts = BINS.map((bins, i) => addContext(b, end, channels, bins, `decode_head.acm_modules.${i}`));
    const joined = b.add('context.joined', 'concat', [end, ...parts]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
    return { output: classifier(b, context, outputs), context, stride };
  },
};

/** The adaptive context of one grid. */
function addContext(b: GraphBuilder, input: string, channels: number, bins: number, torch: string): string {
  const name = `adaptive${bins}`;
  const conv = (part: string, from: string, own: string) =>
    convNorm(b, `${name}.${part}`, from, { filters: channels, kernel: 1 }, convModule(`${torch}.${own}`), 'relu');
  const bin = b.add(`${name}.bins`, 'adaptiveAveragePool', [input], { bins });
  const cells = conv('cells', bin, 'pooled_redu_conv');
  const x = conv('reduced', input, 'input_redu_conv');
  const image = pooled(b, `${name}.image`, x, 1, (mean) => conv('image.mean', mean, 'global_info'));
  const both = b.add(`${name}.both`, 'add', [x, image]);
  const affinity = b.add(
    `${name}.affinity`,
    'conv',
    [both],
    { filters: bins * bins, kernel: 1, bias: 1 },
    `${torch}.gla`,
  );
  const weights = b.add(`${name}.weights`, 'sigmoid', [affinity]);
  const sum = conv('sum', b.add(`${name}.taken`, 'weightedSum', [weights, cells]), 'residual_conv');
  const joined = b.add(`${name}.joined`, 'relu', [b.add(`${name}.residual`, 'add', [sum, x])]);
  return conv('fused', joined, 'fusion_conv');
}
