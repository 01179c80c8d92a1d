import { thirdLevelHead } from '../auxiliary.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm, pooled } from '../layers.ts';
import type { Features, Head, Options } from '../network.ts';

/** Of the first of the pyramid's three dilated convolutions, in pixels of the input; the others have two and three times as much. */
const DILATION = 96;

/**
 * DeepLabV3: an atrous spatial pyramid (the image's mean, a 1×1 and three widely dilated 3×3 convolutions side by side),
 * then one 3×3 convolution and the classifier. Input: the backbone's end; logits at its size. At 1/8 of the input's size
 * the dilations are 12, 24 and 36, at 1/16 half of that, as in the paper. Names, channels (512, where the paper has 256)
 * and corners (not aligned) are those of mmsegmentation's ASPPHead. With `project` a 1×1 convolution follows the pyramid
 * first, as the paper and torchvision have it.
 */
export const deeplabv3: Head = {
  id: 'deeplabv3',
  title: 'DeepLabV3',
  citation: 'Chen et al., Rethinking Atrous Convolution for Semantic Image Segmentation, arXiv 1706.05587, 2017',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    {
      ...{ name: 'project', title: 'A 1×1 convolution after the pyramid (1), as torchvision has it, or none (0)' },
      ...{ default: 0, min: 0, max: 1, integer: true },
    },
    {
      ...{ name: 'dilation', title: 'Dilation in the pyramid: that of the first convolution in pixels of the input' },
      ...{ default: DILATION, min: 48, max: 384, integer: true },
    },
  ],
  auxiliaries: thirdLevelHead,
  add: (b, features, options, outputs) => {
    const { channels } = options;
    const context = addPyramid(b, features, options, (name, input, torch, dilation) => {
      const attrs = { filters: channels, kernel: 3, dilation, padding: dilation };
      return convNorm(b, name, input, attrs, convModule(torch), 'relu');
    });
    return { output: classifier(b, context, outputs), context, stride: features.stride };
  },
};

/** The pyramid and the 3×3 convolution after it: `context`. @param dilated adds one of the dilated 3×3 convolutions */
export function addPyramid(
  b: GraphBuilder,
  { end, stride }: Features,
  { channels, project = 0, dilation: first = DILATION }: Options,
  dilated: (name: string, input: string, torch: string, dilation: number) => string,
): string {
  const point = { filters: channels, kernel: 1 };
  const image = pooled(b, 'image', end, 1, (mean) =>
    convNorm(b, 'image.reduced', mean, point, convModule('decode_head.image_pool.1'), 'relu'),
  );
  const module = (i: number) => `decode_head.aspp_modules.${i}`;
  const narrow = convNorm(b, 'dilated1', end, point, convModule(module(0)), 'relu');
  const parts = [1, 2, 3].map((times) => {
    const dilation = Math.max(1, Math.round((times * first) / stride));
    return dilated(`dilated${dilation}`, end, module(times), dilation);
  });
  const all = b.add('context.joined', 'concat', [image, narrow, ...parts]);
  const joined = project ? convNorm(b, 'projected', all, point, convModule('decode_head.project'), 'relu') : all;
  const attrs = { filters: channels, kernel: 3, padding: 1 };
  return convNorm(b, 'context', joined, attrs, convModule('decode_head.bottleneck'), 'relu');
}
