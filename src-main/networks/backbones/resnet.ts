/**
 * ResNet-18 (He et al., CVPR 2016, arXiv 1512.03385) as segmentation uses it: three 3×3 convolutions in place of the
 * 7×7 one (Zhao et al., CVPR 2017), and the last two stages dilated instead of downsampled, so that they stay at 1/8 of
 * the input's size. Names and details are those of mmsegmentation's ResNetV1c: a stage's first block takes half of its
 * dilation, and the second convolution of a block none.
 */
import type { GraphBuilder } from '../graph.ts';
import { convNorm } from '../layers.ts';

const STAGES = [
  { channels: 64, stride: 1, dilation: 1 },
  { channels: 128, stride: 2, dilation: 1 },
  { channels: 256, stride: 1, dilation: 2 },
  { channels: 512, stride: 1, dilation: 4 },
];
const BLOCKS = 2;

/**
 * Adds the backbone's nodes; the ends of the stages are called stage1 to stage4, of 64, 128, 256 and 512 channels times
 * `width`, at 1/4 and then three times 1/8 of the input's size.
 * @returns the end of the last stage
 */
export function addResNet18(b: GraphBuilder, width: number): string {
  const wide = (channels: number) => Math.max(1, Math.round(channels * width));
  const stem = (name: string, input: string, filters: number, stride: number, at: number) =>
    convNorm(
      b,
      name,
      input,
      { filters, kernel: 3, stride, padding: 1 },
      { conv: `backbone.stem.${at}`, norm: `backbone.stem.${at + 1}` },
      'relu',
    );
  const stem1 = stem('stem1', 'input', wide(32), 2, 0);
  const stem3 = stem('stem3', stem('stem2', stem1, wide(32), 1, 3), wide(64), 1, 6);
  let end = b.add('stem', 'maxPool', [stem3], { kernel: 3, stride: 2, padding: 1 });
  for (const [i, { channels, stride, dilation }] of STAGES.entries()) {
    for (let block = 0; block < BLOCKS; block++) {
      const first = block === 0;
      end = addBlock(b, block === BLOCKS - 1 ? `stage${i + 1}` : `stage${i + 1}.${block}`, end, {
        filters: wide(channels),
        stride: first ? stride : 1,
        dilation: first ? Math.max(1, dilation / 2) : dilation,
        torch: `backbone.layer${i + 1}.${block}`,
      });
    }
  }
  return end;
}

/** Two 3×3 convolutions and the input added, which a 1×1 convolution brings to size and channels where they change. */
function addBlock(
  b: GraphBuilder,
  name: string,
  input: string,
  { filters, stride, dilation, torch }: { filters: number; stride: number; dilation: number; torch: string },
): string {
  const names = (i: number) => ({ conv: `${torch}.conv${i}`, norm: `${torch}.bn${i}` });
  const attrs = { filters, kernel: 3, stride, dilation, padding: dilation };
  const inner = convNorm(b, `${name}.inner`, input, attrs, names(1), 'relu');
  const outer = convNorm(b, `${name}.outer`, inner, { filters, kernel: 3, padding: 1 }, names(2));
  let shortcut = input;
  if (stride !== 1 || b.channels(input) !== filters) {
    const down = { conv: `${torch}.downsample.0`, norm: `${torch}.downsample.1` };
    shortcut = convNorm(b, `${name}.shortcut`, input, { filters, kernel: 1, stride }, down);
  }
  return b.add(name, 'relu', [b.add(`${name}.sum`, 'add', [outer, shortcut])]);
}
