import type { GraphBuilder } from '../graph.ts';
import { classifier } from '../layers.ts';
import type { Head } from '../network.ts';
import { addMixer, layerNorm, linear } from '../transformer.ts';

const HEADS = 4;

/**
 * The decoder of the Fully Transformer Network, a feature pyramid transformer: each level of the backbone goes up to the
 * finest one's size by as many transformer blocks as steps, and their sum is classified. Input: the four levels (in the
 * paper those of PGT); logits at the finest one's size.
 *
 *     level 4:  block ↑ block ↑ block ↑        3:  block ↑ block ↑        2:  block ↑        1:  as it is        → sum → 1×1
 *     block:  x + attention(norm(x) to its half-size conv),  x + W₂ gelu(W₁ norm(x))
 *
 * Blocks and branches are those of the outline in docs/networks.md; the authors published no code. Without drop path.
 */
export const ftn: Head = {
  id: 'ftn',
  title: 'FTN',
  citation: 'Wu et al., Fully Transformer Networks for Semantic Image Segmentation, arXiv 2106.04108, 2021',
  options: [{ name: 'channels', title: 'Channels of the head', default: 256, min: 8, max: 512, integer: true }],
  add: (b, { levels }, { channels }, outputs) => {
    const filters = HEADS * Math.ceil(channels / HEADS);
    const branches = levels.map((level, i) => {
      const torch = `decode_head.branches.${i}`;
      let end = linear(b, `branch${i + 1}.reduced`, level, filters, `${torch}.reduce`);
      for (let step = 0; step < i; step++) {
        const name = `branch${i + 1}.${step}`;
        end = b.add(`${name}.up`, 'resize', [
          addBlock(b, name, end, filters, `${torch}.blocks.${step}`),
          levels[i - step - 1],
        ]);
      }
      return end;
    });
    const context = b.add('context', 'add', branches);
    return { output: classifier(b, context, outputs), context, stride: 4 };
  },
};

function addBlock(b: GraphBuilder, name: string, input: string, filters: number, torch: string): string {
  const normed = layerNorm(b, `${name}.norm1`, input, `${torch}.norm1`);
  const query = linear(b, `${name}.query`, normed, filters, `${torch}.query`);
  const half = { filters, kernel: 3, stride: 2, padding: 1, bias: 1 };
  const small = layerNorm(
    b,
    `${name}.small`,
    b.add(`${name}.small.conv`, 'conv', [normed], half, `${torch}.small`),
    `${torch}.small_norm`,
  );
  const [key, value] = ['key', 'value'].map((part) => linear(b, `${name}.${part}`, small, filters, `${torch}.${part}`));
  const told = b.add(`${name}.attention`, 'attention', [query, key, value], { heads: HEADS });
  const out = linear(b, `${name}.out`, told, filters, `${torch}.out`);
  return addMixer(b, name, b.add(`${name}.attended`, 'add', [input, out]), torch);
}
