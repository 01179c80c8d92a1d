import {
  addEncoder,
  convNormAct,
  encoderOptions,
  espModule,
  joinNormAct,
  LEVEL_TAPS,
  norm,
  normAct,
} from './espnet-encoder.ts';
import { GraphBuilder } from './graph.ts';
import type { Network } from './network.ts';

/**
 * ESPNet: the encoder, and a light decoder that brings the scores of levels 3, 2 and 1 together; logits at the input's
 * size. Its last convolution takes level 1 alone (form 0, the authors' Cityscapes files: 16 + outputs channels) or
 * joined with the reduced input (form 1, their CamVid file: 19 + outputs).
 */
export const espnet: Network = {
  id: 'espnet',
  title: 'ESPNet',
  citation: 'Mehta et al., ESPNet: Efficient Spatial Pyramid of Dilated Convolutions, ECCV 2018',
  options: [
    ...encoderOptions.map((option) => (option.name === 'q' ? { ...option, default: 8 } : option)),
    {
      name: 'form',
      title: 'Decoder also sees the reduced input (1, as in the CamVid file) or not (0, as in the Cityscapes files)',
      default: 1,
      min: 0,
      max: 1,
      integer: true,
    },
  ],
  build: ({ p, q, width, form }, outputs) => {
    const b = new GraphBuilder(3);
    const ends = addEncoder(b, { p, q, width }, 'encoder.');
    // The last ESP module has five branches, so with fewer classes the decoder still works on five channels.
    const filters = Math.max(outputs, 5);
    const twice = { filters, kernel: 2 };

    const scores3 = b.add('scores3', 'conv', [ends.join3], { filters, kernel: 1 }, 'encoder.classifier.conv');
    const up3 = b.add('up3', 'convTranspose', [norm(b, 'scores3.norm', scores3, 'br')], twice, 'up_l3.0');
    const scores2 = b.add('scores2', 'conv', [ends.join2], { filters, kernel: 1 }, 'level3_C.conv');
    const both = joinNormAct(b, 'merge', [scores2, up3], 'combine_l2_l3.0');
    const merged = espModule(b, 'merged', both, filters, { torch: 'combine_l2_l3.1', form: 'plain' });
    const up2 = normAct(b, 'up2', b.add('up2.conv', 'convTranspose', [merged], twice, 'up_l2.0'), 'up_l2.1');
    const joined = b.add('fused.joined', 'concat', [up2, form === 1 ? ends.join1 : ends.level1]);
    const fused = convNormAct(b, 'fused', joined, { filters, kernel: 3, padding: 1 }, 'conv');
    const output = b.add('logits', 'convTranspose', [fused], { filters: outputs, kernel: 2 }, 'classifier');
    return b.build({
      id: 'espnet',
      options: { p, q, width, form },
      output,
      stride: 8,
      logitsStride: 1,
      defaultTaps: LEVEL_TAPS,
    });
  },
};
