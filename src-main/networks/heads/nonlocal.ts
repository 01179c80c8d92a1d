import { thirdLevelHead } from '../auxiliary.ts';
import { betweenConvs } from '../between-convs.ts';
import type { GraphBuilder } from '../graph.ts';
import { convModule, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * Non-local: between two 3×3 convolutions every pixel takes in the mean of all others, weighed by how their features
 * agree. Input: the backbone's end; logits at its size. Names and details are those of mmsegmentation's NLHead (embedded
 * Gaussian, scaled, half of the channels inside).
 *
 * Of the weights, (h·w)² floats for each picture at the features' size, at most 17 MB are there at once, forwards and
 * backwards (engine/ops/attention.ts); at 1/8 of 1024 × 2048 all would be 4.3 GB.
 */
export const nonlocal: Head = {
  id: 'nonlocal',
  title: 'Non-local',
  citation: 'Wang et al., Non-local Neural Networks, CVPR 2018',
  options: [{ name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true }],
  auxiliaries: thirdLevelHead,
  add: (b, features, { channels }, outputs) =>
    betweenConvs(b, features, channels, outputs, (first) => addNonLocal(b, first)),
};

function addNonLocal(b: GraphBuilder, input: string): string {
  const channels = b.channels(input);
  const inner = { filters: Math.max(1, Math.floor(channels / 2)), kernel: 1, bias: 1 };
  const [query, key, value] = ['theta', 'phi', 'g'].map((part) =>
    b.add(`nonlocal.${part}`, 'conv', [input], inner, `decode_head.nl_block.${part}.conv`),
  );
  const mean = b.add('nonlocal.mean', 'attention', [query, key, value]);
  const names = convModule('decode_head.nl_block.conv_out');
  const back = convNorm(b, 'nonlocal.out', mean, { filters: channels, kernel: 1 }, names);
  return b.add('nonlocal', 'add', [input, back]);
}
