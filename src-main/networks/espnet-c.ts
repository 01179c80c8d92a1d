import { addEncoder, encoderOptions, LEVEL_TAPS } from './espnet-encoder.ts';
import { GraphBuilder } from './graph.ts';
import type { Network } from './network.ts';

/** ESPNet-C: the encoder of ESPNet with a 1×1 classifier; logits at 1/8 of the input's size. */
export const espnetC: Network = {
  id: 'espnet-c',
  title: 'ESPNet-C',
  citation: 'Mehta et al., ESPNet: Efficient Spatial Pyramid of Dilated Convolutions, ECCV 2018',
  options: encoderOptions,
  build: ({ p, q, width }, outputs) => {
    const b = new GraphBuilder(3);
    const { join3 } = addEncoder(b, { p, q, width }, '');
    const output = b.add('logits', 'conv', [join3], { filters: outputs, kernel: 1 }, 'classifier.conv');
    return b.build({
      id: 'espnet-c',
      options: { p, q, width },
      output,
      stride: 8,
      logitsStride: 8,
      defaultTaps: LEVEL_TAPS,
    });
  },
};
