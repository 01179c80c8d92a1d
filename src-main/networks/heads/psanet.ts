import { thirdLevelHead } from '../auxiliary.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * PSANet: every pixel predicts, for each place relative to it, how much it takes of the pixel there, and by another branch
 * how much it gives to it; both at half of the features' size. What comes together is joined with the features. Input: the
 * backbone's end; logits at its size. Names and details are those of mmsegmentation's PSAHead (both directions, the masks
 * not compact, a softmax over all pixels, a 1×1 convolution with zeros around on the way back); where the features' height
 * or width is odd its half is rounded down.
 *
 *     end ┬ 1×1 ─ ½ ┬ 1×1 ─ places told ─ taken ┬ 1×1 ─ ×2 ┬ 3×3 ─ logits
 *         ├ 1×1 ─ ½ ┴ 1×1 ─ places told ─ given ┘          │
 *         └───────────────────────────────────────────────┘
 *
 * The weights, (h·w)² floats for each picture at half of the features' size and direction, are never there at once: it goes
 * by rows of the answer (engine/ops/point-attention.ts), with w·h·w weights each; at 1/16 of 1024 × 2048 4 MB of 268.
 */
export const psanet: Head = {
  id: 'psanet',
  title: 'PSANet',
  citation: 'Zhao et al., PSANet: Point-wise Spatial Attention Network for Scene Parsing, ECCV 2018',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    {
      name: 'reach',
      title: 'How far a pixel tells of others, at half of the features’ size',
      ...{ default: 48, min: 1, max: 128, integer: true },
    },
  ],
  auxiliaries: thirdLevelHead,
  add: (b, { end, stride }, { channels, reach }, outputs) => {
    const names = (torch: string) => convModule(`decode_head.${torch}`);
    const directions = ['collect', 'distribute'].map((name, i) =>
      addDirection(b, name, end, { channels, side: 2 * reach + 1, distribute: i, torch: i === 0 ? '' : '_p' }),
    );
    const both = b.add('both', 'concat', directions);
    const back = { filters: b.channels(end), kernel: 1, padding: 1 };
    const projected = convNorm(b, 'both.projected', both, back, names('proj'), 'relu');
    const up = b.add('both.up', 'resize', [projected, end]);
    const joined = b.add('context.joined', 'concat', [end, up]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', joined, attrs, names('bottleneck'), 'relu');
    return { output: classifier(b, context, outputs), context, stride };
  },
};

interface Direction {
  channels: number;
  side: number;
  distribute: number;
  /** What ends the names of its parts. */
  torch: string;
}

function addDirection(
  b: GraphBuilder,
  name: string,
  input: string,
  { channels, side, distribute, torch }: Direction,
): string {
  const attrs = { filters: channels, kernel: 1 };
  const conv = (part: string, from: string, names: string) =>
    convNorm(b, `${name}.${part}`, from, attrs, convModule(`decode_head.${names}`), 'relu');
  const reduced = conv('reduced', input, `reduce${torch}`);
  const half = b.add(`${name}.half`, 'resize', [reduced], { factor: 0.5 });
  const hidden = conv('hidden', half, `attention${torch}.0`);
  return b.add(name, 'pointAttention', [hidden, half], { side, distribute }, `decode_head.attention${torch}.1`);
}
