/**
 * MobileNetV2 (Sandler et al., CVPR 2018, arXiv 1801.04381) as segmentation uses it: the last two strides are taken out
 * and the convolutions behind them dilated, so that it ends at 1/8 of the input's size. Names and details are those of
 * mmsegmentation's MobileNetV2 with strides (1, 2, 2, 1, 1, 1, 1) and dilations (1, 1, 1, 2, 2, 4, 4): only a stage's
 * first block is dilated, and the last 1×1 convolution of the classifier is not there.
 */
import type { GraphBuilder } from '../graph.ts';
import { convModule, convNorm } from '../layers.ts';

const STAGES = [
  { expansion: 1, channels: 16, blocks: 1, stride: 1, dilation: 1 },
  { expansion: 6, channels: 24, blocks: 2, stride: 2, dilation: 1 },
  { expansion: 6, channels: 32, blocks: 3, stride: 2, dilation: 1 },
  { expansion: 6, channels: 64, blocks: 4, stride: 1, dilation: 2 },
  { expansion: 6, channels: 96, blocks: 3, stride: 1, dilation: 2 },
  { expansion: 6, channels: 160, blocks: 3, stride: 1, dilation: 4 },
  { expansion: 6, channels: 320, blocks: 1, stride: 1, dilation: 4 },
];

/**
 * Adds the backbone's nodes; the ends of the stages are called stage1 to stage7, of 16, 24, 32, 64, 96, 160 and 320
 * channels times `width`, at 1/2, 1/4 and then 1/8 of the input's size.
 * @returns the end of the last stage
 */
export function addMobileNetV2(b: GraphBuilder, width: number): string {
  const stem = { filters: inEights(32 * width), kernel: 3, stride: 2, padding: 1 };
  let end = convNorm(b, 'stem', 'input', stem, convModule('backbone.conv1'), 'relu6');
  for (const [i, { expansion, channels, blocks, stride, dilation }] of STAGES.entries()) {
    for (let block = 0; block < blocks; block++) {
      const first = block === 0;
      end = addBlock(b, block === blocks - 1 ? `stage${i + 1}` : `stage${i + 1}.${block}`, end, {
        filters: inEights(channels * width),
        expansion,
        stride: first ? stride : 1,
        dilation: first ? dilation : 1,
        torch: `backbone.layer${i + 1}.${block}.conv`,
      });
    }
  }
  return end;
}

/** The nearest multiple of eight, but not less than nine tenths, as the authors round. */
function inEights(channels: number): number {
  const rounded = Math.max(8, Math.floor(channels / 8 + 0.5) * 8);
  return rounded < 0.9 * channels ? rounded + 8 : rounded;
}

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
