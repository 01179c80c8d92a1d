import { addAuxiliaryHead } from './auxiliary.ts';
import { RESNETS, resnetParts } from './backbones/resnet.ts';
import { scaled, widthOption } from './backbones/scale.ts';
import { dropoutOption, withDropout } from './dropout.ts';
import { GraphBuilder } from './graph.ts';
import { classifier, convModule, convNorm, pooled } from './layers.ts';
import type { Network } from './network.ts';

/** The pyramid's grids, as PSPNet's. */
const BINS = [1, 2, 3, 6];

/**
 * ICNet: the full image goes through three strided convolutions, the half one through a ResNet's first two stages, and
 * only a quarter of it, taken from there, through the dilated rest with PSPNet's pyramid; the three are joined step by
 * step. Input multiples of 32; logits at 1/8. Names, channels and corners (not aligned) are those of mmsegmentation's
 * ICNet, ICNeck and FCNHead. The cascade's labels: two auxiliary heads, each with a weight of 0.4,
 * read what comes up from the coarser steps.
 */
export const icnets: readonly Network[] = ([18, 50, 101] as const).map((depth) => ({
  id: `icnet-r${depth}`,
  title: `ICNet, ResNet-${depth}`,
  citation: 'Zhao et al., ICNet for Real-Time Semantic Segmentation on High-Resolution Images, ECCV 2018',
  auxiliary: true,
  options: [
    widthOption,
    { name: 'channels', title: 'Channels of the head', default: 128, min: 8, max: 256, integer: true },
    dropoutOption,
  ],
  build: ({ width, channels, dropout }, outputs) => {
    const b = new GraphBuilder(3);
    const { stem, stage } = resnetParts(RESNETS[depth], { width, stride: 8, deepStem: 1 }, 'backbone.backbone');
    const conv = (name: string, input: string, attrs: Record<string, number>, torch: string) =>
      convNorm(b, name, input, attrs, convModule(torch), 'relu');
    const half = (name: string, input: string, filters: number, i: number) =>
      conv(name, input, { filters, kernel: 3, stride: 2, padding: 1 }, `backbone.conv_sub1.${i}`);
    const light = scaled(channels / 4, 1);
    const fine = half('fine', half('fine.1', half('fine.0', 'input', light, 0), light, 1), scaled(channels / 2, 1), 2);

    // At half the size, bilinear resizing is the mean of four pixels.
    const mean = { kernel: 2, stride: 2, padding: 0 };
    const halved = b.add('halved', 'averagePool', ['input'], mean);
    // The pooling goes over the end by a row and a column (ceil_mode there).
    const middle = stage(b, 1, stage(b, 0, stem(b, halved, 1)));
    const quartered = b.add('quartered', 'averagePool', [middle], mean);
    const coarse = stage(b, 3, stage(b, 2, quartered));
    const wide = scaled(512, width);
    const parts = BINS.map((bins, i) =>
      pooled(b, `pyramid${bins}`, coarse, bins, (bin) =>
        conv(`pyramid${bins}.reduced`, bin, { filters: wide, kernel: 1 }, `backbone.psp_modules.${i}.1`),
      ),
    );
    const joined = b.add('context.joined', 'concat', [...parts, coarse]);
    const context = conv('context', joined, { filters: wide, kernel: 3, padding: 1 }, 'backbone.psp_bottleneck');

    const point = { filters: 2 * channels, kernel: 1 };
    const sub2 = conv('middle', middle, point, 'backbone.conv_sub2');
    const sub4 = conv('coarse', context, point, 'backbone.conv_sub4');
    /** Cascade feature fusion. */
    const fuse = (name: string, low: string, high: string, torch: string) => {
      const up = b.add(`${name}.up`, 'resize', [low, high]);
      const attrs = { filters: channels, kernel: 3, dilation: 2, padding: 2 };
      const below = conv(`${name}.low`, up, attrs, `neck.${torch}.conv_low`);
      const above = conv(`${name}.high`, high, { filters: channels, kernel: 1 }, `neck.${torch}.conv_high`);
      return b.add(name, 'relu', [b.add(`${name}.sum`, 'add', [below, above])]);
    };
    const fused = fuse('fused', fuse('fused24', sub4, sub2, 'cff_24'), fine, 'cff_12');
    const head = conv('head', fused, { filters: channels, kernel: 3, padding: 1 }, 'decode_head.convs.0');
    const output = classifier(b, head, outputs);
    const auxiliaries = ['fused24.low', 'fused.low'].map((input, i) =>
      addAuxiliaryHead(
        b,
        { name: `auxiliary${i}`, weight: 0.4, input, channels, torch: `auxiliary_head.${i}` },
        outputs,
      ),
    );
    const graph = b.build({
      id: `icnet-r${depth}`,
      options: { width, channels, dropout },
      output,
      stride: 32,
      logitsStride: 8,
      defaultTaps: ['fused24', 'fused', 'logits'],
      auxiliaries,
    });
    return withDropout(graph, dropout);
  },
}));
