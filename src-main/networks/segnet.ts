import { scaled, widthOption } from './backbones/scale.ts';
import { VGG_STAGES } from './backbones/vgg.ts';
import { GraphBuilder } from './graph.ts';
import { convNorm } from './layers.ts';
import type { Network } from './network.ts';

/**
 * SegNet: VGG-16's convolutions with batch norm as the way down, and its mirror image as the way up, where each maximum is
 * put back to the place that it was pooled from, so that no features need be kept but these places. Input multiples of 32;
 * logits at the input's size, by a 3×3 convolution as in the authors' model.
 *
 * 29.44 M parameters are quoted for it.
 */
export const segnet: Network = {
  id: 'segnet',
  title: 'SegNet',
  citation: 'Badrinarayanan et al., SegNet: A Deep Convolutional Encoder-Decoder Architecture, TPAMI 2017',
  options: [widthOption],
  build: ({ width }, outputs) => {
    const b = new GraphBuilder(3);
    const window = { kernel: 2, stride: 2, padding: 0 };
    const conv = (name: string, input: string, filters: number, torch: string) => {
      const attrs = { filters, kernel: 3, padding: 1, bias: 1 };
      return convNorm(b, name, input, attrs, { conv: `${torch}.0`, norm: `${torch}.1` }, 'relu');
    };
    const sources: string[] = [];
    let end = 'input';
    for (const [i, { channels, convs }] of VGG_STAGES.entries()) {
      for (let c = 0; c < convs; c++) {
        const name = c === convs - 1 ? `down${i + 1}` : `down${i + 1}.${c}`;
        end = conv(name, end, scaled(channels, width), `encoder.${i}.${c}`);
      }
      sources.push(end);
      end = b.add(`down${i + 1}.pooled`, 'maxPool', [end], window);
    }
    for (let i = VGG_STAGES.length - 1; i >= 0; i--) {
      const { channels, convs } = VGG_STAGES[i];
      end = b.add(`up${i + 1}.unpooled`, 'maxUnpool', [end, sources[i]], window);
      for (let c = 0; c < convs; c++) {
        const last = c === convs - 1;
        if (last && i === 0) break;
        const filters = scaled(last ? VGG_STAGES[i - 1].channels : channels, width);
        end = conv(last ? `up${i + 1}` : `up${i + 1}.${c}`, end, filters, `decoder.${i}.${c}`);
      }
    }
    const attrs = { filters: outputs, kernel: 3, padding: 1, bias: 1 };
    return b.build({
      id: 'segnet',
      options: { width },
      output: b.add('logits', 'conv', [end], attrs, 'classifier'),
      stride: 32,
      logitsStride: 1,
      defaultTaps: ['down5', 'up4', 'up2'],
    });
  },
};
