import { thirdLevelHead } from '../auxiliary.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * DANet: of the same features one branch lets every pixel take in the mean of all others, weighed by how their features
 * agree, another every channel the mean of all others; what they give is added. Input: the backbone's end; logits at its
 * size. Names and details are those of mmsegmentation's DAHead: unscaled products, and a factor on what each attention
 * gives that starts at 0. Each branch has an auxiliary classifier, with a weight of 1.
 *
 *     end ┬ 3×3 ─ attention of pixels ── + ─ 3×3 ┬ sum ─ logits
 *         └ 3×3 ─ attention of channels + ─ 3×3 ┘
 *
 * Of the pixels' weights, (h·w)² floats for each picture at the features' size, at most 17 MB are there at once, forwards
 * and backwards (engine/ops/attention.ts); at 1/8 of 1024 × 2048 all would be 4.3 GB.
 */
export const danet: Head = {
  id: 'danet',
  title: 'DANet',
  citation: 'Fu et al., Dual Attention Network for Scene Segmentation, CVPR 2019',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    { name: 'inner', title: 'Channels that pixels are compared by', default: 64, min: 4, max: 512, integer: true },
  ],
  auxiliaries: (b, features, options, outputs) => [
    ...['position', 'channel'].map((name, i) => {
      const attrs = { filters: outputs, kernel: 1, bias: 1 };
      const node = b.add(`${name}.logits`, 'conv', [`${name}.out`], attrs, `decode_head.${['pam', 'cam'][i]}_conv_seg`);
      return { name: node, node, weight: 1 };
    }),
    ...thirdLevelHead(b, features, options, outputs),
  ],
  add: (b, { end, stride }, { channels, inner }, outputs) => {
    const conv = (name: string, input: string, torch: string) => {
      const attrs = { filters: channels, kernel: 3, padding: 1 };
      return convNorm(b, name, input, attrs, convModule(`decode_head.${torch}`), 'relu');
    };
    const pixels = conv('position.out', addPosition(b, conv('position.in', end, 'pam_in_conv'), inner), 'pam_out_conv');
    const channel = conv('channel.in', end, 'cam_in_conv');
    const mean = b.add('channel.mean', 'channelAttention', [channel]);
    const attended = addScaled(b, 'channel', channel, mean, 'decode_head.cam.gamma');
    const context = b.add('context', 'add', [pixels, conv('channel.out', attended, 'cam_out_conv')]);
    return { output: classifier(b, context, outputs), context, stride };
  },
};

function addPosition(b: GraphBuilder, input: string, inner: number): string {
  const project = (part: string, filters: number) =>
    b.add(`position.${part}`, 'conv', [input], { filters, kernel: 1, bias: 1 }, `decode_head.pam.${part}_project`);
  const [query, key] = [project('query', inner), project('key', inner)];
  const mean = b.add('position.mean', 'attention', [query, key, project('value', b.channels(input))], { scale: 1 });
  return addScaled(b, 'position', input, mean, 'decode_head.pam.gamma');
}

/** The input and what is attended to, times a learnt number. */
function addScaled(b: GraphBuilder, name: string, input: string, mean: string, torch: string): string {
  return b.add(name, 'add', [b.add(`${name}.scaled`, 'learntScale', [mean], {}, torch), input]);
}
