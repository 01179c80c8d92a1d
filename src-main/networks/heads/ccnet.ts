import { thirdLevelHead } from '../auxiliary.ts';
import { betweenConvs } from '../between-convs.ts';
import type { GraphBuilder } from '../graph.ts';
import type { Head } from '../network.ts';

/**
 * CCNet: between two 3×3 convolutions every pixel takes in the mean of its row and column, weighed by how their features
 * agree, and does so once more with the same weights, by which all pixels reach it. Input: the backbone's end; logits at
 * its size. Names and details are those of mmsegmentation's CCHead: a factor on what the attention gives that starts at 0.
 *
 *     end ┬ 3×3 ─ criss-cross + ─ criss-cross + ─ 3×3 ┬ 3×3 ─ logits
 *         └────────────────────────────────────────┘
 *
 * An attention's weights are h·w·(h + w) floats for each picture at the features' size, computed again for the gradient: at
 * 1/8 of 1024 × 2048 50 MB.
 */
export const ccnet: Head = {
  id: 'ccnet',
  title: 'CCNet',
  citation: 'Huang et al., CCNet: Criss-Cross Attention for Semantic Segmentation, ICCV 2019',
  options: [{ name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true }],
  auxiliaries: thirdLevelHead,
  add: (b, features, { channels }, outputs) =>
    betweenConvs(b, features, channels, outputs, (first) => repeatCrissCross(b, addCrissCross(b, first))),
};

const PARTS = ['query', 'key', 'value'];

function addCrissCross(b: GraphBuilder, input: string): string {
  const channels = b.channels(input);
  const parts = PARTS.map((part) => {
    const filters = part === 'value' ? channels : Math.floor(channels / 8);
    return b.add(`cross1.${part}`, 'conv', [input], { filters, kernel: 1, bias: 1 }, `decode_head.cca.${part}_conv`);
  });
  const mean = b.add('cross1.mean', 'crissCross', parts);
  const scaled = b.add('cross1.scaled', 'learntScale', [mean], {}, 'decode_head.cca.gamma');
  return b.add('cross1', 'add', [scaled, input]);
}

function repeatCrissCross(b: GraphBuilder, input: string): string {
  const parts = PARTS.map((part) => b.repeat(`cross2.${part}`, `cross1.${part}`, [input]));
  const mean = b.add('cross2.mean', 'crissCross', parts);
  return b.add('cross2', 'add', [b.repeat('cross2.scaled', 'cross1.scaled', [mean]), input]);
}
