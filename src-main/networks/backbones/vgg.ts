/**
 * VGG-16 (Simonyan, Zisserman, ICLR 2015, arXiv 1409.1556): 3×3 convolutions and ReLU in five stages with a pooling after
 * each; with batch norm where that is wanted. What the first segmentation networks stand on. Names are those of
 * torchvision's vgg16 and vgg16_bn. Where a stride is left out, the pooling of that place keeps its size and the
 * convolutions after it are dilated, as DeepLab does (Chen et al., ICLR 2015, arXiv 1412.7062).
 */
import type { GraphBuilder } from '../graph.ts';
import { convNorm } from '../layers.ts';
import type { Backbone } from '../network.ts';
import { scaled, strideOption, widthOption } from './scale.ts';

/** Channels and convolutions of the stages. */
export const VGG_STAGES = [
  { channels: 64, convs: 2 },
  { channels: 128, convs: 2 },
  { channels: 256, convs: 3 },
  { channels: 512, convs: 3 },
  { channels: 512, convs: 3 },
];

/** The stages' last convolutions are called stage1 to stage5, at 1/1 to 1/16 of the input's size; `pooled` ends all. */
export const vgg16: Backbone = {
  id: 'vgg16',
  title: 'VGG-16',
  citation: 'Simonyan, Zisserman, Very Deep Convolutional Networks for Large-Scale Image Recognition, ICLR 2015',
  options: [
    widthOption,
    strideOption,
    { name: 'norm', title: 'With batch norm (1) or without (0)', default: 1, min: 0, max: 1, integer: true },
  ],
  add: (b, { width, stride: most, norm }, torch) => {
    let end = 'input';
    let place = 0;
    for (const [i, { channels, convs }] of VGG_STAGES.entries()) {
      const dilation = Math.max(1, 2 ** i / most);
      for (let c = 0; c < convs; c++) {
        const name = c === convs - 1 ? `stage${i + 1}` : `stage${i + 1}.${c}`;
        const attrs = { filters: scaled(channels, width), kernel: 3, dilation, padding: dilation };
        end = addConv(b, name, end, attrs, `${torch}.features`, place, norm === 1);
        place += norm === 1 ? 3 : 2;
      }
      const halves = 2 ** (i + 1) <= most;
      const window = halves ? { kernel: 2, stride: 2, padding: 0 } : { kernel: 3, stride: 1, padding: 1 };
      end = b.add(i === VGG_STAGES.length - 1 ? 'pooled' : `pooled${i + 1}`, 'maxPool', [end], window);
      place++;
    }
    const levels = ['stage3', 'stage4', 'stage5', end] as const;
    return { levels, end, stride: most, multiple: most, middle: 'stage4' };
  },
};

function addConv(
  b: GraphBuilder,
  name: string,
  input: string,
  attrs: Record<string, number>,
  torch: string,
  place: number,
  norm: boolean,
): string {
  const conv = `${torch}.${place}`;
  if (!norm) return b.add(name, 'relu', [b.add(`${name}.conv`, 'conv', [input], { ...attrs, bias: 1 }, conv)]);
  return convNorm(b, name, input, { ...attrs, bias: 1 }, { conv, norm: `${torch}.${place + 1}` }, 'relu');
}
