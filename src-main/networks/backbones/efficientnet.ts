/**
 * EfficientNet (Tan, Le, ICML 2019, arXiv 1905.11946): inverted residuals whose depth, width and resolution grow together,
 * with squeeze-and-excitation (each channel is scaled by what the image's mean says of it). The Lite family has ReLU6 in
 * place of swish, no squeeze-and-excitation, and a first and a last stage that stay small. Names and details are those of
 * timm's tf_efficientnet, whose weights are TensorFlow's: a stride's zeros lie more on the right and below. The last
 * 1×1 convolution, which only the classifier of images reads, is not there.
 */
import type { GraphBuilder } from '../graph.ts';
import { convNorm, type TorchNames } from '../layers.ts';
import type { Backbone } from '../network.ts';
import { dilatedStages, inEights, strideOption, widthOption } from './scale.ts';

interface Variant {
  /** Factors on the channels and on the blocks of a stage. */
  width: number;
  depth: number;
  lite?: boolean;
}

const family: [id: string, title: string, Variant][] = [
  ['b0', 'B0', { width: 1, depth: 1 }],
  ['b1', 'B1', { width: 1, depth: 1.1 }],
  ['b2', 'B2', { width: 1.1, depth: 1.2 }],
  ['b3', 'B3', { width: 1.2, depth: 1.4 }],
  ['b4', 'B4', { width: 1.4, depth: 1.8 }],
  ['lite0', 'Lite0', { width: 1, depth: 1, lite: true }],
  ['lite1', 'Lite1', { width: 1, depth: 1.1, lite: true }],
  ['lite2', 'Lite2', { width: 1.1, depth: 1.2, lite: true }],
  ['lite3', 'Lite3', { width: 1.2, depth: 1.4, lite: true }],
  ['lite4', 'Lite4', { width: 1.4, depth: 1.8, lite: true }],
];

export const efficientNets: readonly Backbone[] = family.map(([id, title, variant]) =>
  efficientNet(`efficientnet-${id}`, `EfficientNet-${title}`, variant),
);

/** `level`: of which of the four levels it is part; `halves`: whether its first block halves the size, as far as allowed. */
const STAGES = [
  { kernel: 3, expansion: 1, channels: 16, blocks: 1, level: 0, halves: false },
  { kernel: 3, expansion: 6, channels: 24, blocks: 2, level: 0, halves: true },
  { kernel: 5, expansion: 6, channels: 40, blocks: 2, level: 1, halves: true },
  { kernel: 3, expansion: 6, channels: 80, blocks: 3, level: 2, halves: true },
  { kernel: 5, expansion: 6, channels: 112, blocks: 3, level: 2, halves: false },
  { kernel: 5, expansion: 6, channels: 192, blocks: 4, level: 3, halves: true },
  { kernel: 3, expansion: 6, channels: 320, blocks: 1, level: 3, halves: false },
];

/** ε of TensorFlow's batch norm. */
const EPSILON = 1e-3;

/** The ends of its stages are called stage1 to stage7. */
function efficientNet(id: string, title: string, variant: Variant): Backbone {
  const { lite = false } = variant;
  return {
    id,
    title,
    citation: 'Tan, Le, EfficientNet: Rethinking Model Scaling for Convolutional Neural Networks, ICML 2019',
    options: [widthOption, strideOption],
    add: (b, { width, stride: most }, torch) => {
      const wide = (channels: number) => inEights(channels * variant.width * width);
      const around = { paddingTop: 0, paddingLeft: 0, paddingBottom: 1, paddingRight: 1 };
      const stem = { filters: lite ? 32 : wide(32), kernel: 3, stride: 2, ...around };
      const act = lite ? 'relu6' : 'swish';
      let end = convNorm(b, 'stem', 'input', stem, { conv: `${torch}.conv_stem`, norm: `${torch}.bn1` }, act, EPSILON);
      const levels = dilatedStages(most);
      for (const [i, { kernel, expansion, channels, blocks, level, halves }] of STAGES.entries()) {
        const fixed = lite && (i === 0 || i === STAGES.length - 1);
        const count = fixed ? blocks : Math.ceil(blocks * variant.depth);
        const { dilation } = levels[level];
        const stride = level === 0 ? 2 : levels[level].stride;
        for (let block = 0; block < count; block++) {
          const first = block === 0 && halves;
          end = addBlock(b, block === count - 1 ? `stage${i + 1}` : `stage${i + 1}.${block}`, end, {
            filters: wide(channels),
            expansion,
            kernel,
            stride: first ? stride : 1,
            // Where a stride is left out, what follows that block is dilated.
            dilation: first ? Math.max(1, dilation / 2) : dilation,
            lite,
            torch: `${torch}.blocks.${i}.${block}`,
          });
        }
      }
      return { levels: ['stage2', 'stage3', 'stage5', 'stage7'], end, stride: most, multiple: most, middle: 'stage5' };
    },
  };
}

interface Block {
  filters: number;
  expansion: number;
  kernel: number;
  stride: number;
  dilation: number;
  lite: boolean;
  torch: string;
}

/** Widen by 1×1, filter each channel, scale each, narrow by 1×1; the input is added where size and channels stay. */
function addBlock(b: GraphBuilder, name: string, input: string, block: Block): string {
  const { filters, expansion, lite, torch, stride } = block;
  const act = lite ? 'relu6' : 'swish';
  const channels = b.channels(input);
  const at = (conv: string, i: number): TorchNames => ({ conv: `${torch}.${conv}`, norm: `${torch}.bn${i}` });
  const wide = { filters: channels * expansion, kernel: 1 };
  const more = expansion === 1 ? 0 : 1;
  const widened = more ? convNorm(b, `${name}.wide`, input, wide, at('conv_pw', 1), act, EPSILON) : input;
  const filtered = addDepthwise(b, `${name}.filtered`, widened, block, at('conv_dw', 1 + more));
  const scaled = lite ? filtered : addSqueeze(b, `${name}.scaled`, filtered, channels / 4, `${torch}.se`);
  const adds = stride === 1 && channels === filters;
  const last = at(more ? 'conv_pwl' : 'conv_pw', 2 + more);
  const narrow = { filters, kernel: 1 };
  const narrowed = convNorm(b, adds ? `${name}.narrow` : name, scaled, narrow, last, undefined, EPSILON);
  return adds ? b.add(name, 'add', [input, narrowed]) : narrowed;
}

function addDepthwise(b: GraphBuilder, name: string, input: string, block: Block, torch: TorchNames): string {
  const { kernel, stride, dilation, lite } = block;
  const act = lite ? 'relu6' : 'swish';
  const padding = (dilation * (kernel - 1)) / 2;
  if (stride === 1) return convNorm(b, name, input, { kernel, dilation, padding }, torch, act, EPSILON);
  const before = (kernel - 3) / 2;
  const sides = { paddingTop: before, paddingLeft: before, paddingBottom: before + 1, paddingRight: before + 1 };
  const padded = b.add(`${name}.padded`, 'pad', [input], sides);
  return convNorm(b, name, padded, { kernel, stride }, torch, act, EPSILON);
}

/** Squeeze and excitation: the image's mean, through two 1×1 convolutions, as a factor for each channel. */
function addSqueeze(b: GraphBuilder, name: string, input: string, filters: number, torch: string): string {
  const mean = b.add(`${name}.mean`, 'adaptiveAveragePool', [input], { bins: 1 });
  const reduced = b.add(`${name}.reduced`, 'conv', [mean], { filters, kernel: 1, bias: 1 }, `${torch}.conv_reduce`);
  const active = b.add(`${name}.active`, 'swish', [reduced]);
  const back = { filters: b.channels(input), kernel: 1, bias: 1 };
  const expanded = b.add(`${name}.expanded`, 'conv', [active], back, `${torch}.conv_expand`);
  return b.add(name, 'multiply', [input, b.add(`${name}.gate`, 'sigmoid', [expanded])]);
}
