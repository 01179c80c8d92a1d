import { scaled, widthOption } from './backbones/scale.ts';
import { VGG_STAGES } from './backbones/vgg.ts';
import { GraphBuilder } from './graph.ts';
import { classifier, convNorm, norm } from './layers.ts';
import type { Network } from './network.ts';

/**
 * DeconvNet: VGG-16 with batch norm down to 1/32 and through its two fully connected layers as convolutions, then the same
 * way up by unpooling and transposed convolutions. Input multiples of 32; logits at the input's size. The paper's network
 * takes crops of 224 × 224, of which its 7×7 convolution makes one pixel; with zeros around them, as here, it takes images
 * of any size with the same parameters.
 */
export const deconvnet: Network = {
  id: 'deconvnet',
  title: 'DeconvNet',
  citation: 'Noh et al., Learning Deconvolution Network for Semantic Segmentation, ICCV 2015',
  options: [
    widthOption,
    { name: 'channels', title: 'Channels of the middle', default: 4096, min: 8, max: 4096, integer: true },
  ],
  build: ({ width, channels }, outputs) => {
    const b = new GraphBuilder(3);
    const window = { kernel: 2, stride: 2, padding: 0 };
    const conv = (name: string, input: string, [filters, kernel]: number[], torch: string) => {
      const attrs = { filters, kernel, padding: (kernel - 1) / 2, bias: 1 };
      return convNorm(b, name, input, attrs, { conv: `${torch}.0`, norm: `${torch}.1` }, 'relu');
    };
    const deconv = (name: string, input: string, [filters, kernel]: number[], torch: string) => {
      const attrs = { filters, kernel, stride: 1, padding: (kernel - 1) / 2, bias: 1 };
      const up = b.add(`${name}.conv`, 'convTranspose', [input], attrs, `${torch}.0`);
      return b.add(name, 'relu', [norm(b, `${name}.norm`, up, `${torch}.1`)]);
    };
    const sources: string[] = [];
    let end = 'input';
    for (const [i, stage] of VGG_STAGES.entries()) {
      for (let c = 0; c < stage.convs; c++) {
        const name = c === stage.convs - 1 ? `down${i + 1}` : `down${i + 1}.${c}`;
        end = conv(name, end, [scaled(stage.channels, width), 3], `encoder.${i}.${c}`);
      }
      sources.push(end);
      end = b.add(`down${i + 1}.pooled`, 'maxPool', [end], window);
    }
    end = conv('fc7', conv('fc6', end, [channels, 7], 'fc6'), [channels, 1], 'fc7');
    end = deconv('back6', end, [scaled(512, width), 7], 'back6');
    for (let i = VGG_STAGES.length - 1; i >= 0; i--) {
      const { convs } = VGG_STAGES[i];
      end = b.add(`up${i + 1}.unpooled`, 'maxUnpool', [end, sources[i]], window);
      for (let c = 0; c < convs; c++) {
        const last = c === convs - 1;
        const filters = scaled(VGG_STAGES[last ? Math.max(0, i - 1) : i].channels, width);
        end = deconv(last ? `up${i + 1}` : `up${i + 1}.${c}`, end, [filters, 3], `decoder.${i}.${c}`);
      }
    }
    return b.build({
      id: 'deconvnet',
      options: { width, channels },
      output: classifier(b, end, outputs, 'classifier'),
      stride: 32,
      logitsStride: 1,
      defaultTaps: ['down5', 'fc7', 'up2'],
    });
  },
};
