/**
 * MobileNetV3 (Howard et al., ICCV 2019, arXiv 1905.02244) as segmentation uses it: inverted residuals, most of which scale
 * their channels by what the image's mean says of them, and x · relu6(x + 3) / 6 where the picture has become small. The
 * last stride is taken out and the convolutions from there on are dilated, so that it ends at 1/16 of the input's size.
 * Names and details are those of torchvision's, with the 1×1 convolution at its end, which the classifier of images has too.
 */
import type { GraphBuilder } from '../graph.ts';
import { convNorm, type TorchNames } from '../layers.ts';
import type { Backbone } from '../network.ts';
import { dilatedStages, inEights, strideOption, widthOption } from './scale.ts';

type Block = readonly [kernel: number, wide: number, filters: number, scales: boolean, hard: boolean, halves: boolean];

/** Tables 1 and 2 of the paper, the channels at width 1. */
const LARGE: readonly Block[] = [
  [3, 16, 16, false, false, false],
  [3, 64, 24, false, false, true],
  [3, 72, 24, false, false, false],
  [5, 72, 40, true, false, true],
  [5, 120, 40, true, false, false],
  [5, 120, 40, true, false, false],
  [3, 240, 80, false, true, true],
  [3, 200, 80, false, true, false],
  [3, 184, 80, false, true, false],
  [3, 184, 80, false, true, false],
  [3, 480, 112, true, true, false],
  [3, 672, 112, true, true, false],
  [5, 672, 160, true, true, true],
  [5, 960, 160, true, true, false],
  [5, 960, 160, true, true, false],
];
const SMALL: readonly Block[] = [
  [3, 16, 16, true, false, true],
  [3, 72, 24, false, false, true],
  [3, 88, 24, false, false, false],
  [5, 96, 40, true, true, true],
  [5, 240, 40, true, true, false],
  [5, 240, 40, true, true, false],
  [5, 120, 48, true, true, false],
  [5, 144, 48, true, true, false],
  [5, 288, 96, true, true, true],
  [5, 576, 96, true, true, false],
  [5, 576, 96, true, true, false],
];

/** ε of its batch norms. */
const EPSILON = 1e-3;

export const mobilenetV3Large = mobilenetV3('mobilenetv3-large', 'MobileNetV3-Large', LARGE);
export const mobilenetV3Small = mobilenetV3('mobilenetv3-small', 'MobileNetV3-Small', SMALL);

/**
 * Its blocks are called block1, block2, … and the convolution at its end `last`. Of its levels the second, at 1/8, ends at its
 * first block, where torchvision's heads read; the others at their last.
 */
function mobilenetV3(id: string, title: string, blocks: readonly Block[]): Backbone {
  return {
    id,
    title,
    citation: 'Howard et al., Searching for MobileNetV3, ICCV 2019',
    options: [widthOption, { ...strideOption, default: 16 }],
    add: (b, { width, stride: most }, torch) => {
      const wide = (channels: number) => inEights(channels * width);
      const stem = { filters: wide(16), kernel: 3, stride: 2, padding: 1 };
      let end = convNorm(b, 'stem', 'input', stem, at(`${torch}.0`), 'hardSwish', EPSILON);
      const dilated = dilatedStages(most);
      const levels: string[][] = [[], [], [], []];
      let level = -1;
      for (const [i, [kernel, expanded, filters, scales, hard, halves]] of blocks.entries()) {
        if (halves) level++;
        // The level at 1/4 of the size is never dilated: its first block halves what the stem gives
        const { stride, dilation } = dilated[Math.max(0, level)];
        end = addBlock(b, `block${i + 1}`, end, {
          ...{ kernel, scales, dilation, wide: wide(expanded), filters: wide(filters) },
          act: hard ? 'hardSwish' : 'relu',
          stride: halves ? (level === 0 ? 2 : stride) : 1,
          torch: `${torch}.${i + 1}.block`,
        });
        levels[Math.max(0, level)].push(end);
      }
      const last = { filters: 6 * b.channels(end), kernel: 1 };
      end = convNorm(b, 'last', end, last, at(`${torch}.${blocks.length + 1}`), 'hardSwish', EPSILON);
      const [quarter, [eighth], sixteenth] = levels;
      const middle = sixteenth.at(-1)!;
      return { levels: [quarter.at(-1)!, eighth, middle, end], end, stride: most, multiple: most, middle };
    },
  };
}

interface BlockParts {
  kernel: number;
  /** Channels between, and at the end. */
  wide: number;
  filters: number;
  /** Whether it scales each channel. */
  scales: boolean;
  act: 'relu' | 'hardSwish';
  stride: number;
  dilation: number;
  torch: string;
}

/** Widen by 1×1, filter each channel, scale each, narrow by 1×1; the input is added where size and channels stay. */
function addBlock(b: GraphBuilder, name: string, input: string, block: BlockParts): string {
  const { kernel, wide, filters, scales, act, stride, dilation, torch } = block;
  let part = 0;
  let x = input;
  if (wide !== b.channels(input)) {
    x = convNorm(b, `${name}.wide`, x, { filters: wide, kernel: 1 }, at(`${torch}.${part++}`), act, EPSILON);
  }
  const depthwise = { kernel, stride, dilation, padding: (dilation * (kernel - 1)) / 2 };
  x = convNorm(b, `${name}.filtered`, x, depthwise, at(`${torch}.${part++}`), act, EPSILON);
  if (scales) x = addSqueeze(b, `${name}.scaled`, x, `${torch}.${part++}`);
  const adds = stride === 1 && b.channels(input) === filters;
  const narrow = at(`${torch}.${part}`);
  const end = convNorm(b, adds ? `${name}.narrow` : name, x, { filters, kernel: 1 }, narrow, undefined, EPSILON);
  return adds ? b.add(name, 'add', [input, end]) : end;
}

/** Squeeze and excitation with a hard sigmoid: the image's mean, through two 1×1 convolutions, as a factor of each channel. */
function addSqueeze(b: GraphBuilder, name: string, input: string, torch: string): string {
  const channels = b.channels(input);
  const mean = b.add(`${name}.mean`, 'adaptiveAveragePool', [input], { bins: 1 });
  const less = { filters: inEights(Math.floor(channels / 4)), kernel: 1, bias: 1 };
  const reduced = b.add(`${name}.reduced`, 'conv', [mean], less, `${torch}.fc1`);
  const active = b.add(`${name}.active`, 'relu', [reduced]);
  const expanded = b.add(`${name}.expanded`, 'conv', [active], { ...less, filters: channels }, `${torch}.fc2`);
  return b.add(name, 'multiply', [input, b.add(`${name}.gate`, 'hardSigmoid', [expanded])]);
}

/** torchvision's Conv2dNormActivation. */
function at(name: string): TorchNames {
  return { conv: `${name}.0`, norm: `${name}.1` };
}
