/**
 * ResNet (He et al., CVPR 2016, arXiv 1512.03385) as segmentation uses it: three 3×3 convolutions in place of the 7×7
 * one (Zhao et al., CVPR 2017), and the last stages dilated instead of downsampled, so that they stay at 1/8 or 1/16 of
 * the input's size. Names and details are those of mmsegmentation's ResNetV1c: a stage's first block takes half of its
 * dilation, and the second convolution of a block of two none. With its 7×7 convolution (`deepStem` 0) it is torchvision's.
 */
import type { GraphBuilder } from '../graph.ts';
import { convNorm, type TorchNames } from '../layers.ts';
import type { Backbone, Option, Options } from '../network.ts';
import type { Attributes } from '../node-kind.ts';
import { dilatedStages, scaled, strideOption, widthOption } from './scale.ts';

/** The blocks of each variant. */
export const RESNETS = {
  18: { blocks: [2, 2, 2, 2], add: addBasic },
  34: { blocks: [3, 4, 6, 3], add: addBasic },
  50: { blocks: [3, 4, 6, 3], add: addBottleneck },
  101: { blocks: [3, 4, 23, 3], add: addBottleneck },
} as const;

/** Of bottlenecks: the strides of He et al., which Keras has kept, or those of torchvision. */
const earlyOption: Option = {
  ...{ name: 'early', title: 'Stride in a block’s first 1×1 convolution (1) or in its 3×3 one (0)' },
  ...{ default: 0, min: 0, max: 1, integer: true },
};

export const resnet18 = resnet('r18', 'ResNet-18', RESNETS[18]);
export const resnet34 = resnet('r34', 'ResNet-34', RESNETS[34]);
export const resnet50 = resnet('r50', 'ResNet-50', { ...RESNETS[50], options: [earlyOption] });
export const resnet101 = resnet('r101', 'ResNet-101', { ...RESNETS[101], options: [earlyOption] });

interface Block {
  /** Of its 3×3 convolution, where it is not grouped. */
  filters: number;
  stride: number;
  dilation: number;
  /** Whether the first of a bottleneck's convolutions has the stride. */
  early?: boolean;
  torch: string;
}

interface Variant {
  /** Of the four stages. */
  blocks: readonly [number, number, number, number];
  /** Adds a block of this name after an input; `stage` 0 to 3. */
  add(b: GraphBuilder, name: string, input: string, block: Block, stage: number): string;
  citation?: string;
  /** Besides those that all have. */
  options?: Option[];
}

/**
 * A backbone of residual blocks. The ends of its stages are called stage1 to stage4; their blocks filter by 64, 128, 256
 * and 512 channels times `width`.
 */
export function resnet(id: string, title: string, { blocks, add, citation, options = [] }: Variant): Backbone {
  return {
    id,
    title,
    citation: citation ?? 'He et al., Deep Residual Learning for Image Recognition, CVPR 2016',
    options: [
      widthOption,
      strideOption,
      {
        ...{ name: 'deepStem', title: 'Three 3×3 convolutions at the start (1) or one 7×7 (0)' },
        ...{ default: 1, min: 0, max: 1, integer: true },
      },
      ...options,
    ],
    add: (b, options, torch) => {
      const { stem, stage } = resnetParts({ blocks, add }, options, torch);
      const end = [0, 1, 2, 3].reduce((before, i) => stage(b, i, before), stem(b, 'input'));
      const levels = ['stage1', 'stage2', 'stage3', 'stage4'] as const;
      return { levels, end, stride: options.stride, multiple: options.stride, middle: 'stage3' };
    },
  };
}

/** Functions that add the parts of a backbone of residual blocks: its stem, to 1/4 of the input's size, and its stages 0 to 3. */
export function resnetParts({ blocks, add }: Pick<Variant, 'blocks' | 'add'>, options: Options, torch: string) {
  const stages = dilatedStages(options.stride);
  const stage = (b: GraphBuilder, i: number, input: string): string => {
    const { stride, dilation } = stages[i];
    let end = input;
    for (let block = 0; block < blocks[i]; block++) {
      const first = block === 0;
      const name = block === blocks[i] - 1 ? `stage${i + 1}` : `stage${i + 1}.${block}`;
      const parts = {
        filters: scaled(64 * 2 ** i, options.width),
        stride: first ? stride : 1,
        dilation: first ? Math.max(1, dilation / 2) : dilation,
        early: options.early === 1,
        torch: `${torch}.layer${i + 1}.${block}`,
      };
      end = add(b, name, end, parts, i);
    }
    return end;
  };
  return { stem: (b: GraphBuilder, input: string, over = 0) => addStem(b, input, options, { torch, over }), stage };
}

/** @param over rows and columns of zeros that the pooling sees at the end */
function addStem(
  b: GraphBuilder,
  input: string,
  { width, deepStem }: Options,
  { torch, over }: { torch: string; over: number },
): string {
  const conv = (name: string, from: string, [channels, kernel, stride]: number[], names: TorchNames) => {
    const attrs = { filters: scaled(channels, width), kernel, stride, padding: (kernel - 1) / 2 };
    return convNorm(b, name, from, attrs, names, 'relu');
  };
  const at = (i: number) => ({ conv: `${torch}.stem.${i}`, norm: `${torch}.stem.${i + 1}` });
  const deep = () => conv('stem2', conv('stem1', input, [32, 3, 2], at(0)), [32, 3, 1], at(3));
  const last =
    deepStem === 1
      ? conv('stem3', deep(), [64, 3, 1], at(6))
      : conv('stem1', input, [64, 7, 2], { conv: `${torch}.conv1`, norm: `${torch}.bn1` });
  const pooled = over === 0 ? last : b.add('stem.padded', 'pad', [last], { paddingBottom: over, paddingRight: over });
  return b.add('stem', 'maxPool', [pooled], { kernel: 3, stride: 2, padding: 1 });
}

/** Two 3×3 convolutions and the input added. */
export function addBasic(
  b: GraphBuilder,
  name: string,
  input: string,
  { filters, stride, dilation, torch }: Block,
): string {
  const attrs = { filters, kernel: 3, stride, dilation, padding: dilation };
  const inner = convNorm(b, `${name}.inner`, input, attrs, partOf(torch, 1), 'relu');
  const outer = convNorm(b, `${name}.outer`, inner, { filters, kernel: 3, padding: 1 }, partOf(torch, 2));
  return addShortcut(b, name, input, outer, stride, torch);
}

/** Narrow by 1×1, filter by 3×3, widen fourfold by 1×1, and the input added. */
export function addBottleneck(b: GraphBuilder, name: string, input: string, block: Block): string {
  return addGrouped(b, name, input, block, { inner: block.filters, groups: 1 });
}

/** A bottleneck whose 3×3 convolution is of `inner` channels in groups. */
export function addGrouped(
  b: GraphBuilder,
  name: string,
  input: string,
  { filters, stride, dilation, early, torch }: Block,
  { inner, groups }: { inner: number; groups: number },
): string {
  const first: Attributes = early ? { filters: inner, kernel: 1, stride } : { filters: inner, kernel: 1 };
  const narrow = convNorm(b, `${name}.narrow`, input, first, partOf(torch, 1), 'relu');
  const attrs = { filters: inner, kernel: 3, stride: early ? 1 : stride, dilation, padding: dilation, groups };
  const filtered = convNorm(b, `${name}.filtered`, narrow, attrs, partOf(torch, 2), 'relu');
  const wide = convNorm(b, `${name}.wide`, filtered, { filters: 4 * filters, kernel: 1 }, partOf(torch, 3));
  return addShortcut(b, name, input, wide, stride, torch);
}

/** The input added, which a 1×1 convolution brings to size and channels where they change. */
function addShortcut(b: GraphBuilder, name: string, input: string, end: string, stride: number, torch: string): string {
  const filters = b.channels(end);
  let shortcut = input;
  if (stride !== 1 || b.channels(input) !== filters) {
    const down = { conv: `${torch}.downsample.0`, norm: `${torch}.downsample.1` };
    shortcut = convNorm(b, `${name}.shortcut`, input, { filters, kernel: 1, stride }, down);
  }
  return b.add(name, 'relu', [b.add(`${name}.sum`, 'add', [end, shortcut])]);
}

function partOf(torch: string, i: number): TorchNames {
  return { conv: `${torch}.conv${i}`, norm: `${torch}.bn${i}` };
}
