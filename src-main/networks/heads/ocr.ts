import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm } from '../layers.ts';
import type { Features, Head } from '../network.ts';

/**
 * OCR: a first, coarse segmentation says softly where each class's region lies; the mean of the features over each region
 * represents it, and every pixel takes in the representations, weighed by how its features agree with them. Input: the
 * backbone's end, and for the regions its third level (on HRNet the end too); logits at the end's size. Names and details
 * are those of mmsegmentation's FCNHead and OCRHead in a cascade.
 *
 *     third level ─ 3×3 ─ regions ┬ means over regions ─ keys, values
 *     end ─ 3×3 ──────────────────┴──────────── queries ─ attention ┬ 1×1 ─ logits
 *               └─────────────────────────────────────────────────┘
 *
 * The regions' node, `regions`, has one channel for each output and is trained along, with a weight of 0.4.
 */
export const ocr: Head = {
  id: 'ocr',
  title: 'OCR',
  citation: 'Yuan et al., Object-Contextual Representations for Semantic Segmentation, ECCV 2020',
  options: [
    { name: 'channels', title: 'Channels of the head', default: 512, min: 8, max: 512, integer: true },
    {
      name: 'inner',
      title: 'Channels that pixels and regions are compared by',
      default: 256,
      min: 4,
      max: 512,
      integer: true,
    },
  ],
  // The first segmentation, which stays when the network is done.
  auxiliaries: () => [{ name: 'regions', node: 'regions', weight: 0.4 }],
  add: (b, features, { channels, inner }, outputs) => {
    const regions = addRegions(b, features, outputs);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const pixels = convNorm(b, 'pixels', features.end, attrs, convModule('decode_head.1.bottleneck'), 'relu');
    const means = b.add('regions.means', 'regionMeans', [pixels, regions], { regions: outputs });
    const conv = (name: string, input: string, filters: number, torch: string) => {
      const names = convModule(`decode_head.1.object_context_block.${torch}`);
      return convNorm(b, name, input, { filters, kernel: 1 }, names, 'relu');
    };
    const twice = (name: string, input: string) =>
      conv(name, conv(`${name}.0`, input, inner, `${name}_project.0`), inner, `${name}_project.1`);
    const [query, key] = [twice('query', pixels), twice('key', means)];
    const mean = b.add('object.mean', 'attention', [query, key, conv('value', means, inner, 'value_project')]);
    const object = conv('object', mean, channels, 'out_project');
    const joined = b.add('context.joined', 'concat', [object, pixels]);
    const context = conv('context', joined, channels, 'bottleneck');
    return { output: classifier(b, context, outputs, 'decode_head.1.conv_seg'), context, stride: features.stride };
  },
};

/** The first segmentation: a convolution and a classifier, as mmsegmentation has them on ResNet and on HRNet. */
function addRegions(b: GraphBuilder, { levels, end, stride }: Features, outputs: number): string {
  const joined = end !== levels[3];
  const input = joined ? end : levels[2];
  const [filters, kernel] = joined ? [b.channels(input), 1] : [Math.max(1, Math.round(b.channels(input) / 4)), 3];
  const attrs = { filters, kernel, padding: (kernel - 1) / 2 };
  const inner = convNorm(b, 'regions.inner', input, attrs, convModule('decode_head.0.convs.0'), 'relu');
  const classes = { filters: outputs, kernel: 1, bias: 1 };
  if (stride <= 16) return b.add('regions', 'conv', [inner], classes, 'decode_head.0.conv_seg');
  // The third level is larger than the end.
  return b.add('regions.small', 'resize', [b.add('regions', 'conv', [inner], classes, 'decode_head.0.conv_seg'), end]);
}
