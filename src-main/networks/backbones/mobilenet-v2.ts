/**
 * MobileNetV2 (Sandler et al., CVPR 2018, arXiv 1801.04381) as segmentation uses it: the last strides are taken out and
 * the convolutions behind them dilated, so that it ends at 1/8 or 1/16 of the input's size. Names and details are those
 * of mmsegmentation's MobileNetV2, at 1/8 with strides (1, 2, 2, 1, 1, 1, 1) and dilations (1, 1, 1, 2, 2, 4, 4): only a
 * stage's first block is dilated, and the last 1×1 convolution of the classifier is not there.
 */
import type { GraphBuilder } from '../graph.ts';
import { convModule, convNorm } from '../layers.ts';
import type { Backbone } from '../network.ts';
import { dilatedStages, inEights, strideOption, widthOption } from './scale.ts';

/** `level`: of which of the four levels it is part; `halves`: whether its first block halves the size, as far as allowed. */
const STAGES = [
  { expansion: 1, channels: 16, blocks: 1, level: 0, halves: false },
  { expansion: 6, channels: 24, blocks: 2, level: 0, halves: true },
  { expansion: 6, channels: 32, blocks: 3, level: 1, halves: true },
  { expansion: 6, channels: 64, blocks: 4, level: 2, halves: true },
  { expansion: 6, channels: 96, blocks: 3, level: 2, halves: false },
  { expansion: 6, channels: 160, blocks: 3, level: 3, halves: true },
  { expansion: 6, channels: 320, blocks: 1, level: 3, halves: false },
];

/**
 * The ends of its stages are called stage1 to stage7, of 16, 24, 32, 64, 96, 160 and 320 channels times `width`.
 */
export const mobilenetV2: Backbone = {
  id: 'mobilenetv2',
  title: 'MobileNetV2',
  citation: 'Sandler et al., MobileNetV2: Inverted Residuals and Linear Bottlenecks, CVPR 2018',
  options: [{ ...widthOption, min: 0.25 }, strideOption],
  add: (b, { width, stride: most }, torch) => {
    const stem = { filters: inEights(32 * width), kernel: 3, stride: 2, padding: 1 };
    let end = convNorm(b, 'stem', 'input', stem, convModule(`${torch}.conv1`), 'relu6');
    const levels = dilatedStages(most);
    for (const [i, { expansion, channels, blocks, level, halves }] of STAGES.entries()) {
      const { stride, dilation } = levels[level];
      for (let block = 0; block < blocks; block++) {
        const first = block === 0;
        end = addBlock(b, block === blocks - 1 ? `stage${i + 1}` : `stage${i + 1}.${block}`, end, {
          filters: inEights(channels * width),
          expansion,
          stride: first && halves ? (level === 0 ? 2 : stride) : 1,
          dilation: first ? dilation : 1,
          torch: `${torch}.layer${i + 1}.${block}.conv`,
        });
      }
    }
    return { levels: ['stage2', 'stage3', 'stage5', 'stage7'], end, stride: most, multiple: most, middle: 'stage5' };
  },
};

/**
 * An inverted residual: widen by 1×1, filter each channel by 3×3, narrow by 1×1 without an activation; the input is
 * added where size and channels stay.
 */
function addBlock(
  b: GraphBuilder,
  name: string,
  input: string,
  block: { filters: number; expansion: number; stride: number; dilation: number; torch: string },
): string {
  const { filters, expansion, stride, dilation, torch } = block;
  const channels = b.channels(input);
  const wide = { filters: channels * expansion, kernel: 1 };
  const parts = expansion === 1 ? 0 : 1;
  const widened = parts === 0 ? input : convNorm(b, `${name}.wide`, input, wide, convModule(`${torch}.0`), 'relu6');
  const depthwise = { kernel: 3, stride, dilation, padding: dilation };
  const filtered = convNorm(b, `${name}.filtered`, widened, depthwise, convModule(`${torch}.${parts}`), 'relu6');
  const adds = stride === 1 && channels === filters;
  const narrow = convModule(`${torch}.${parts + 1}`);
  const narrowed = convNorm(b, adds ? `${name}.narrow` : name, filtered, { filters, kernel: 1 }, narrow);
  return adds ? b.add(name, 'add', [input, narrowed]) : narrowed;
}
