import { addBiSeNetV2 } from './backbones/bisenetv2.ts';
import { GraphBuilder } from './graph.ts';
import { convModule, convNorm } from './layers.ts';
import type { Network } from './network.ts';

/**
 * BiSeNetV2: a branch for detail and one for meaning that guide each other (backbones/bisenetv2.ts), then one wide 3×3
 * convolution and the classifier; logits at 1/8 of the input's size. Names, channels (1024 in the head) and corners
 * (not aligned) are those of mmsegmentation's BiSeNetV2. Its four auxiliary heads are left out, since training has no
 * auxiliary loss, and so is the dropout before the classifier, which needs a random state that the graph has not.
 *
 * 3,358,883 parameters for 19 classes; the auxiliary heads (of 16, 64, 256 and 1024 channels) would add 11,445,372.
 */
export const bisenetv2: Network = {
  id: 'bisenetv2',
  title: 'BiSeNetV2',
  citation: 'Yu et al., BiSeNet V2: Bilateral Network with Guided Aggregation, IJCV 2021',
  options: [
    { name: 'width', title: 'Factor on the channels of both branches', default: 1, min: 0.25, max: 2, integer: false },
    { name: 'channels', title: 'Channels of the head', default: 1024, min: 8, max: 1024, integer: true },
  ],
  build: ({ width, channels }, outputs) => {
    const b = new GraphBuilder(3);
    const features = addBiSeNetV2(b, width);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const head = convNorm(b, 'head', features, attrs, convModule('decode_head.convs.0'), 'relu');
    const output = b.add('logits', 'conv', [head], { filters: outputs, kernel: 1, bias: 1 }, 'decode_head.conv_seg');
    return b.build({
      id: 'bisenetv2',
      options: { width, channels },
      output,
      stride: 32,
      logitsStride: 8,
      defaultTaps: ['detail', 'semantic', 'aggregated'],
    });
  },
};
