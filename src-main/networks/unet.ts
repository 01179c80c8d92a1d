import { dropoutOption, withDropout } from './dropout.ts';
import { GraphBuilder } from './graph.ts';
import { classifier, convModule, convNorm } from './layers.ts';
import type { Network } from './network.ts';

const STAGES = 5;

/**
 * U-Net: five stages of two 3×3 convolutions with max pooling between them, and the same way up again, where each stage
 * is joined with its like from the way down. Input multiples of 16; logits at the input's size. Names and details are
 * those of mmsegmentation's UNet and FCNHead: zeros around the convolutions (the paper has none and crops), batch norm,
 * and bilinear resizing with a 1×1 convolution on the way up. The auxiliary head, which the paper has
 * not, is left out.
 */
export const unet: Network = {
  id: 'unet',
  title: 'U-Net',
  citation: 'Ronneberger et al., U-Net: Convolutional Networks for Biomedical Image Segmentation, MICCAI 2015',
  options: [
    { name: 'channels', title: 'Channels of the first stage', default: 64, min: 4, max: 128, integer: true },
    dropoutOption,
  ],
  build: ({ channels, dropout }, outputs) => {
    const b = new GraphBuilder(3);
    const two = (name: string, input: string, filters: number, torch: string) =>
      [0, 1].reduce((end, i) => {
        const attrs = { filters, kernel: 3, padding: 1 };
        return convNorm(b, i === 1 ? name : `${name}.0`, end, attrs, convModule(`${torch}.convs.${i}`), 'relu');
      }, input);
    const downs: string[] = [];
    for (let i = 0; i < STAGES; i++) {
      const window = { kernel: 2, stride: 2, padding: 0 };
      const from = i === 0 ? 'input' : b.add(`down${i}.pooled`, 'maxPool', [downs[i - 1]], window);
      downs.push(two(`down${i + 1}`, from, channels * 2 ** i, `backbone.encoder.${i}.${i === 0 ? 0 : 1}`));
    }
    let end = downs[STAGES - 1];
    for (let i = STAGES - 2; i >= 0; i--) {
      const torch = `backbone.decoder.${i}`;
      const point = { filters: channels * 2 ** i, kernel: 1 };
      const resized = b.add(`up${i + 1}.resized`, 'resize', [end], { factor: 2 });
      const up = convNorm(
        b,
        `up${i + 1}.half`,
        resized,
        point,
        convModule(`${torch}.upsample.interp_upsample.1`),
        'relu',
      );
      const joined = b.add(`up${i + 1}.joined`, 'concat', [downs[i], up]);
      end = two(`up${i + 1}`, joined, channels * 2 ** i, `${torch}.conv_block`);
    }
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const head = convNorm(b, 'head', end, attrs, convModule('decode_head.convs.0'), 'relu');
    const graph = b.build({
      id: 'unet',
      options: { channels, dropout },
      output: classifier(b, head, outputs),
      stride: 16,
      logitsStride: 1,
      defaultTaps: ['down5', 'up3', 'up1'],
    });
    return withDropout(graph, dropout);
  },
};
