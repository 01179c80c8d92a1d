import { thirdLevelHead } from '../auxiliary.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/** Bins of the square pooling, by height and width. */
const BINS = [20, 12];

/**
 * Strip pooling: two mixed pooling modules, one after the other. In each one branch joins means over coarse grids, as
 * PSPNet's do, another means over whole rows and whole columns, which reach far along what is long and thin and take in
 * little beside it. Input: the backbone's end; logits at its size. Names and details are those of the authors' SPHead: half
 * of the backbone's channels, corners aligned on the way up. The strip pooling that the authors add within ResNet's
 * blocks is no part of the head, and is not there.
 *
 *     x ┬ 1×1 ─ 3×3 + grids 20², 12² ─ 3×3 ┬ 1×1 + x
 *       └ 1×1 ─ rows + columns ────── 3×3 ┘
 */
export const stripPooling: Head = {
  id: 'strippooling',
  title: 'Strip pooling',
  citation: 'Hou et al., Strip Pooling: Rethinking Spatial Pooling for Scene Parsing, CVPR 2020',
  options: [],
  auxiliaries: thirdLevelHead,
  add: (b, { end, stride }, _, outputs) => {
    const channels = Math.max(4, Math.floor(b.channels(end) / 2));
    const first = convNorm(b, 'first', end, { filters: channels, kernel: 1 }, sequence('trans_layer'), 'relu');
    const mixed = addMixed(b, 'mixed2', addMixed(b, 'mixed1', first, 'strip_pool1'), 'strip_pool2');
    const attrs = { filters: Math.floor(channels / 2), kernel: 3, padding: 1 };
    const context = convNorm(b, 'context', mixed, attrs, sequence('score_layer'), 'relu');
    return { output: classifier(b, context, outputs, 'head.score_layer.4'), context, stride };
  },
};

function sequence(torch: string) {
  return { conv: `head.${torch}.0`, norm: `head.${torch}.1` };
}

function addMixed(b: GraphBuilder, name: string, input: string, torch: string): string {
  const channels = b.channels(input);
  const filters = Math.floor(channels / 4);
  const square = { filters, kernel: 3, padding: 1 };
  const conv = (part: string, from: string, attrs: Record<string, number>, names: string, act?: 'relu') =>
    convNorm(b, `${name}.${part}`, from, attrs, sequence(`${torch}.${names}`), act);
  const pooled = (
    part: string,
    from: string,
    bins: Record<string, number>,
    attrs: Record<string, number>,
    names: string,
  ) => {
    const means = b.add(`${name}.${part}.bins`, 'adaptiveAveragePool', [from], bins);
    return b.add(`${name}.${part}`, 'resize', [conv(`${part}.conv`, means, attrs, names), from], { alignCorners: 1 });
  };
  const sum = (part: string, parts: string[]) =>
    b.add(`${name}.${part}`, 'relu', [b.add(`${name}.${part}.sum`, 'add', parts)]);

  const near = conv('near', input, { filters, kernel: 1 }, 'conv1_1', 'relu');
  const grids = BINS.map((bins, i) => pooled(`grid${bins}`, near, { bins }, square, `conv2_${i + 1}`));
  const short = sum('short', [conv('own', near, square, 'conv2_0'), ...grids]);
  const far = conv('far', input, { filters, kernel: 1 }, 'conv1_2', 'relu');
  const row = { filters, kernelWidth: 3, paddingWidth: 1 };
  const column = { filters, kernelHeight: 3, paddingHeight: 1 };
  const columns = pooled('columns', far, { height: 1 }, row, 'conv2_3');
  const long = sum('long', [pooled('rows', far, { width: 1 }, column, 'conv2_4'), columns]);
  const ends = [conv('short.end', short, square, 'conv2_5', 'relu'), conv('long.end', long, square, 'conv2_6', 'relu')];
  const joined = b.add(`${name}.joined`, 'concat', ends);
  return sum('end', [input, conv('both', joined, { filters: channels, kernel: 1 }, 'conv3')]);
}
