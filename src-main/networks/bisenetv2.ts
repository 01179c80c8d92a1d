import { addAuxiliaryHead } from './auxiliary.ts';
import { addBiSeNetV2 } from './backbones/bisenetv2.ts';
import { scaled } from './backbones/scale.ts';
import { dropoutOption, withDropout } from './dropout.ts';
import { GraphBuilder } from './graph.ts';
import { convModule, convNorm } from './layers.ts';
import type { Network } from './network.ts';

/** Of the auxiliary heads on the four stages of the semantic branch. */
const AUXILIARY_CHANNELS = [16, 64, 256, 1024];

/**
 * BiSeNetV2: a branch for detail and one for meaning that guide each other (backbones/bisenetv2.ts), then one wide 3×3
 * convolution and the classifier; logits at 1/8 of the input's size. Names, channels (1024 in the head) and corners
 * (not aligned) are those of mmsegmentation's BiSeNetV2. Four auxiliary heads (of 16, 64, 256 and 1024 channels, each with a weight of 1)
 * are on the stages of the semantic branch.
 *
 * 3,358,883 parameters for 19 classes; training adds the auxiliary heads' 11,445,372.
 */
export const bisenetv2: Network = {
  id: 'bisenetv2',
  title: 'BiSeNetV2',
  citation: 'Yu et al., BiSeNet V2: Bilateral Network with Guided Aggregation, IJCV 2021',
  auxiliary: true,
  options: [
    { name: 'width', title: 'Factor on the channels of both branches', default: 1, min: 0.25, max: 2, integer: false },
    { name: 'channels', title: 'Channels of the head', default: 1024, min: 8, max: 1024, integer: true },
    dropoutOption,
  ],
  build: ({ width, channels, dropout }, outputs) => {
    const b = new GraphBuilder(3);
    const features = addBiSeNetV2(b, width);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const head = convNorm(b, 'head', features, attrs, convModule('decode_head.convs.0'), 'relu');
    const output = b.add('logits', 'conv', [head], { filters: outputs, kernel: 1, bias: 1 }, 'decode_head.conv_seg');
    const auxiliaries = AUXILIARY_CHANNELS.map((wide, i) => {
      const shape = { channels: scaled(wide, width), convolutions: 2, input: `stage${i + 1}` };
      return addAuxiliaryHead(b, { name: `auxiliary${i}`, weight: 1, torch: `auxiliary_head.${i}`, ...shape }, outputs);
    });
    const graph = b.build({
      id: 'bisenetv2',
      options: { width, channels, dropout },
      output,
      stride: 32,
      logitsStride: 8,
      defaultTaps: ['detail', 'semantic', 'aggregated'],
      auxiliaries,
    });
    return withDropout(graph, dropout);
  },
};
