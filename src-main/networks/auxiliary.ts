/** Auxiliary outputs: what a network answers besides, only so that its inner layers learn from the labels directly. */
import { type Graph, type GraphBuilder, graphOf } from './graph.ts';
import { convModule, convNorm } from './layers.ts';
import type { Head } from './network.ts';

/** An output that takes part in the supervised loss; the network that is trained is run without it. */
export interface Auxiliary {
  /** What its term is called in a run's curves; unique in the network. */
  name: string;
  /** The node of its logits. */
  node: string;
  /** Of its loss, where the one of the logits counts 1: as the paper has it. */
  weight: number;
  /** `presence`: it tells of the whole picture, in one pixel, which classes are there; else it gives logits of each pixel. */
  loss?: 'presence';
}

/** An auxiliary head on `input`, whose convolutions have so many channels; `torch` starts its names in the state dict. */
interface AuxiliaryHead extends Omit<Auxiliary, 'node' | 'loss'> {
  input: string;
  channels: number;
  torch: string;
  convolutions?: number;
}

/** Adds an auxiliary head as mmsegmentation's FCNHead: 3×3 convolutions (one where not said otherwise) and a classifier. */
export function addAuxiliaryHead(
  b: GraphBuilder,
  { name, weight, input, channels, torch, convolutions = 1 }: AuxiliaryHead,
  outputs: number,
): Auxiliary {
  let end = input;
  for (let i = 0; i < convolutions; i++) {
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    end = convNorm(b, `${name}.conv${i}`, end, attrs, convModule(`${torch}.convs.${i}`), 'relu');
  }
  const node = b.add(name, 'conv', [end], { filters: outputs, kernel: 1, bias: 1 }, `${torch}.conv_seg`);
  return { name, node, weight };
}

/**
 * The auxiliary head of PSPNet (Zhao et al., CVPR 2017), which most heads on a backbone took over: on the third of its
 * levels, with a weight of 0.4. It has a quarter of that level's channels, as mmsegmentation's on a ResNet.
 */
export const thirdLevelHead: NonNullable<Head['auxiliaries']> = (b, { levels: [, , third] }, _options, outputs) => {
  const channels = Math.max(1, Math.round(b.channels(third) / 4));
  const head = { name: 'auxiliary', weight: 0.4, input: third, channels, torch: 'auxiliary_head' };
  return [addAuxiliaryHead(b, head, outputs)];
};

/** The graph without what only its auxiliary outputs need: the one that is deployed. */
export function withoutAuxiliaries({ auxiliaries, ...graph }: Graph): Graph {
  if (!auxiliaries) return graph;
  const needed = new Set([graph.output]);
  const nodes = [...graph.nodes].reverse().filter(({ name, inputs }) => {
    if (needed.has(name)) for (const input of inputs) needed.add(input);
    return needed.has(name);
  });
  return graphOf(nodes.reverse(), graph);
}
