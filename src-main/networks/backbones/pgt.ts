/**
 * The encoder of the Fully Transformer Network, a pyramid group transformer (Wu et al., arXiv 2106.04108): four stages of
 * transformer blocks at 1/4 to 1/32 of the input's size, whose attention stays inside of groups of pixels, many in the first
 * stage and one in the last.
 *
 *     patches: conv 7×7 ÷ 4, then 3×3 ÷ 2, layer norm        block: x + attention(norm(x)),  x + W₂ gelu(W₁ norm(x))
 *
 * Written from the paper's outline, since its authors published no code: depths, heads, widths and the groups' numbers (8, 4, 2
 * and 1 to a side, so that all are of one size) are assumed.
 */
import type { GraphBuilder } from '../graph.ts';
import type { Backbone } from '../network.ts';
import { addMixer, layerNorm, linear } from '../transformer.ts';
import { widthOption } from './scale.ts';

/** Of the four stages: channels, blocks, heads, and groups to a side. */
const STAGES = [
  { channels: 64, blocks: 2, heads: 2, side: 8 },
  { channels: 128, blocks: 2, heads: 4, side: 4 },
  { channels: 256, blocks: 6, heads: 8, side: 2 },
  { channels: 512, blocks: 2, heads: 16, side: 1 },
] as const;

export const pgt: Backbone = {
  id: 'pgt',
  title: 'PGT',
  citation: 'Wu et al., Fully Transformer Networks for Semantic Image Segmentation, arXiv 2106.04108, 2021',
  options: [widthOption],
  add: (b, { width }, torch) => {
    STAGES.reduce((input, stage, i) => addStage(b, input, stage, i, width, torch), 'input');
    const levels = ['stage1', 'stage2', 'stage3', 'stage4'] as const;
    return { levels, end: 'stage4', stride: 32, multiple: 32, middle: 'stage3' };
  },
};

function addStage(
  b: GraphBuilder,
  input: string,
  { channels, blocks, heads, side }: (typeof STAGES)[number],
  i: number,
  width: number,
  torch: string,
): string {
  // As many to each head.
  const filters = heads * Math.max(1, Math.round((channels * width) / heads));
  const window = i === 0 ? { kernel: 7, stride: 4, padding: 3 } : { kernel: 3, stride: 2, padding: 1 };
  const own = `${torch}.stages.${i}`;
  const patches = b.add(`patches${i + 1}.conv`, 'conv', [input], { ...window, filters, bias: 1 }, `${own}.patches`);
  let end = layerNorm(b, `patches${i + 1}`, patches, `${own}.norm`);
  for (let block = 0; block < blocks; block++) {
    const name = `block${i + 1}.${block}`;
    const from = `${own}.blocks.${block}`;
    const normed = layerNorm(b, `${name}.norm`, end, `${from}.norm1`);
    const [query, key, value] = ['query', 'key', 'value'].map((part) =>
      linear(b, `${name}.${part}`, normed, filters, `${from}.${part}`),
    );
    const told = b.add(`${name}.attention`, 'groupAttention', [query, key, value], { side, heads });
    const out = linear(b, `${name}.out`, told, filters, `${from}.out`);
    const attended = b.add(`${name}.attended`, 'add', [end, out]);
    end = addMixer(b, block === blocks - 1 ? `stage${i + 1}` : name, attended, from);
  }
  return end;
}
