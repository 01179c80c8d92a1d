/**
 * The two branches of BiSeNetV2 (Yu et al., IJCV 2021, arXiv 2004.02147) and their aggregation: a wide, shallow one for
 * detail at 1/8 of the input's size, a narrow, deep one for meaning at 1/32, and gates by which each guides the other.
 * Names and details are those of mmsegmentation's BiSeNetV2, among them a ReLU after the depthwise convolutions and a
 * batch norm with ReLU after the last convolution of the context embedding, which the paper does not show.
 */
import type { GraphBuilder } from '../graph.ts';
import { convModule, convNorm, norm, pooled } from '../layers.ts';

const EXPANSION = 6;

/**
 * Adds the backbone's nodes; `detail` ends the detail branch, `semantic` the semantic one and `aggregated` both, each
 * of 128 channels times `width`, at 1/8, 1/32 and 1/8 of the input's size.
 * @returns the end of both
 */
export function addBiSeNetV2(b: GraphBuilder, width: number): string {
  // Halves of the stem's channels are taken.
  const wide = (channels: number) => Math.max(2, 2 * Math.round((channels * width) / 2));
  const detail = addDetail(b, [64, 64, 128].map(wide));
  const semantic = addSemantic(b, [16, 32, 64, 128].map(wide));
  return addAggregation(b, detail, semantic);
}

/** Three stages of plain 3×3 convolutions, the first of each with stride 2. */
function addDetail(b: GraphBuilder, stages: readonly number[]): string {
  let end = 'input';
  for (const [i, filters] of stages.entries()) {
    const blocks = i === 0 ? 2 : 3;
    for (let block = 0; block < blocks; block++) {
      const last = i === stages.length - 1 && block === blocks - 1;
      const attrs = { filters, kernel: 3, stride: block === 0 ? 2 : 1, padding: 1 };
      const torch = convModule(`backbone.detail.detail_branch.${i}.${block}`);
      end = convNorm(b, last ? 'detail' : `detail${i + 1}.${block}`, end, attrs, torch, 'relu');
    }
  }
  return end;
}

function addSemantic(b: GraphBuilder, [first, ...stages]: readonly number[]): string {
  let end = addStem(b, first);
  for (const [i, filters] of stages.entries()) {
    const blocks = i === stages.length - 1 ? 4 : 2;
    for (let block = 0; block < blocks; block++) {
      const name = block === blocks - 1 ? `stage${i + 2}` : `stage${i + 2}.${block}`;
      end = addGather(b, name, end, filters, `backbone.semantic.stage${i + 2}.${block}`);
    }
  }
  return addContext(b, end);
}

/** To 1/4 of the input's size, by convolution and by max pooling side by side. */
function addStem(b: GraphBuilder, filters: number): string {
  const torch = (part: string) => convModule(`backbone.semantic.stage1.${part}`);
  const half = { filters, kernel: 3, stride: 2, padding: 1 };
  const first = convNorm(b, 'stage1.first', 'input', half, torch('conv_first'), 'relu');
  const narrow = { filters: filters / 2, kernel: 1 };
  const narrowed = convNorm(b, 'stage1.narrow', first, narrow, torch('convs.0'), 'relu');
  const left = convNorm(b, 'stage1.left', narrowed, half, torch('convs.1'), 'relu');
  const right = b.add('stage1.right', 'maxPool', [first], { kernel: 3, stride: 2, padding: 1 });
  const joined = b.add('stage1.joined', 'concat', [left, right]);
  return convNorm(b, 'stage1', joined, { filters, kernel: 3, padding: 1 }, torch('fuse_last'), 'relu');
}

/**
 * A gather-and-expansion layer: 3×3, widened channel by channel, narrowed by 1×1, and the input added; where the
 * channels change it also halves the size, the input by a separable convolution.
 */
function addGather(b: GraphBuilder, name: string, input: string, filters: number, torch: string): string {
  const channels = b.channels(input);
  const down = channels !== filters;
  const names = (part: string) => convModule(`${torch}.${part}`);
  const stride = down ? 2 : 1;
  const square = { kernel: 3, padding: 1 };
  const gathered = convNorm(b, `${name}.gathered`, input, { ...square, filters: channels }, names('conv1'), 'relu');
  const expand = { ...square, multiplier: EXPANSION, stride };
  const expanded = convNorm(b, `${name}.expanded`, gathered, expand, names('dwconv.0'), down ? undefined : 'relu');
  const filtered = down ? convNorm(b, `${name}.filtered`, expanded, square, names('dwconv.1'), 'relu') : expanded;
  const narrowed = convNorm(b, `${name}.narrowed`, filtered, { filters, kernel: 1 }, names('conv2.0'));
  let shortcut = input;
  if (down) {
    const each = convNorm(b, `${name}.each`, input, { ...square, stride }, names('shortcut.0.depthwise_conv'));
    const point = { filters, kernel: 1 };
    shortcut = convNorm(b, `${name}.shortcut`, each, point, names('shortcut.0.pointwise_conv'));
  }
  return b.add(name, 'relu', [b.add(`${name}.sum`, 'add', [narrowed, shortcut])]);
}

/** The context embedding: the image's mean, normalised and transformed, is added to every pixel. */
function addContext(b: GraphBuilder, input: string): string {
  const torch = 'backbone.semantic.stage4_CEBlock';
  const filters = b.channels(input);
  const mean = pooled(b, 'mean', input, 1, (bin) => {
    const normed = norm(b, 'mean.norm', bin, `${torch}.gap.1`);
    return convNorm(b, 'mean.reduced', normed, { filters, kernel: 1 }, convModule(`${torch}.conv_gap`), 'relu');
  });
  const sum = b.add('semantic.sum', 'add', [input, mean]);
  const attrs = { filters, kernel: 3, padding: 1 };
  return convNorm(b, 'semantic', sum, attrs, convModule(`${torch}.conv_last`), 'relu');
}

/** Bilateral guided aggregation: at 1/8 and at 1/32 one branch times the sigmoid of the other, the two then added. */
function addAggregation(b: GraphBuilder, detail: string, semantic: string): string {
  const torch = (part: string) => `backbone.bga.${part}.0`;
  const filters = b.channels(detail);
  const square = { kernel: 3, padding: 1 };
  const separable = (name: string, input: string, part: string) => {
    const each = convNorm(b, `${name}.each`, input, square, convModule(`${torch(part)}.depthwise_conv`));
    return b.add(name, 'conv', [each], { filters, kernel: 1, bias: 1 }, `${torch(part)}.pointwise_conv.conv`);
  };
  const fine = separable('fine', detail, 'detail_dwconv');
  const half = { ...square, filters, stride: 2 };
  const lower = convNorm(b, 'lower', detail, half, convModule(torch('detail_down')));
  const coarse = b.add('coarse', 'averagePool', [lower], { kernel: 3, stride: 2, padding: 1 });

  const guide = convNorm(b, 'guide', semantic, { ...square, filters }, convModule(torch('semantic_conv')));
  const fineGate = b.add('fine.gate', 'sigmoid', [b.add('guide.large', 'resize', [guide, fine])]);
  const coarseGate = b.add('coarse.gate', 'sigmoid', [separable('coarse.guide', semantic, 'semantic_dwconv')]);

  const fineGuided = b.add('fine.guided', 'multiply', [fine, fineGate]);
  const coarseGuided = b.add('coarse.guided', 'multiply', [coarse, coarseGate]);
  const both = [fineGuided, b.add('coarse.large', 'resize', [coarseGuided, fineGuided])];
  const names = convModule('backbone.bga.conv');
  return convNorm(b, 'aggregated', b.add('aggregated.sum', 'add', both), { ...square, filters }, names, 'relu');
}
