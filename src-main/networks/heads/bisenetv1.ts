import { addAuxiliaryHead } from '../auxiliary.ts';
import { scaled } from '../backbones/scale.ts';
import type { GraphBuilder } from '../graph.ts';
import { classifier, convModule, convNorm } from '../layers.ts';
import type { Head } from '../network.ts';

/**
 * BiSeNet: a backbone that goes down to 1/32 for meaning, refined by gates from the image's mean, and beside it a short
 * path of three strided convolutions that keeps detail at 1/8, where both are joined and weighed by channel. Input: the
 * image and the backbone's last three levels; logits at 1/8. Names and details are those of mmsegmentation's BiSeNetV1
 * (nearest pixels on the way up, one 1×1 convolution with batch norm in the fusion's gate). Its two auxiliary heads are on the context path at 1/8 and at 1/16, with
 * weights of 1.
 */
export const bisenetv1: Head = {
  id: 'bisenetv1',
  title: 'BiSeNet',
  citation: 'Yu et al., BiSeNet: Bilateral Segmentation Network for Real-time Semantic Segmentation, ECCV 2018',
  stride: 32,
  backboneTorch: 'backbone.context_path.backbone',
  options: [{ name: 'channels', title: 'Channels of the head', default: 256, min: 16, max: 1024, integer: true }],
  add: (b, { levels: [, eighth, sixteenth, last] }, { channels }, outputs) => {
    const half = Math.round(channels / 2);
    const path = 'backbone.context_path';
    const gap = gateConv(b, 'mean', last, half, `${path}.gap_conv.1`, 'relu');
    const coarse = refine(b, 'refined32', last, half, `${path}.arm32`);
    const sum32 = b.add('sum32', 'add', [coarse, b.add('mean.everywhere', 'resize', [gap, coarse])]);
    const up32 = climb(b, 'up32', sum32, sixteenth, half, `${path}.conv_head32`);
    const sum16 = b.add('sum16', 'add', [refine(b, 'refined16', sixteenth, half, `${path}.arm16`), up32]);
    const up16 = climb(b, 'up16', sum16, eighth, half, `${path}.conv_head16`);

    const joined = b.add('fused.joined', 'concat', [addSpatialPath(b, channels), up16]);
    const one = { filters: channels, kernel: 1 };
    const fused = convNorm(b, 'fused.all', joined, one, convModule('backbone.ffm.conv1'), 'relu');
    const gate = gateConv(b, 'fused.gate', fused, channels, 'backbone.ffm.conv_atten.0', 'relu');
    const scaledBy = b.add('fused.scaled', 'multiply', [fused, b.add('fused.weights', 'sigmoid', [gate])]);
    const context = b.add('fused', 'add', [scaledBy, fused]);
    const attrs = { filters: channels, kernel: 3, padding: 1 };
    const head = convNorm(b, 'head', context, attrs, convModule('decode_head.convs.0'), 'relu');
    return { output: classifier(b, head, outputs), context, stride: 8 };
  },
  auxiliaries: (b, _features, { channels }, outputs) =>
    ['up16', 'up32'].map((input, i) => {
      const head = { channels: scaled(channels / 4, 1), input, torch: `auxiliary_head.${i}` };
      return addAuxiliaryHead(b, { name: `auxiliary${i}`, weight: 1, ...head }, outputs);
    }),
};

/** Three strided convolutions and a 1×1: `spatial`, of half the head's channels, at 1/8 of the input's size. */
function addSpatialPath(b: GraphBuilder, channels: number): string {
  let end = 'input';
  for (let i = 0; i < 4; i++) {
    const kernel = [7, 3, 3, 1][i];
    const filters = scaled(i === 3 ? channels / 2 : channels / 4, 1);
    const attrs = { filters, kernel, stride: i === 3 ? 1 : 2, padding: (kernel - 1) / 2 };
    const torch = convModule(`backbone.spatial_path.layer${i + 1}`);
    end = convNorm(b, i === 3 ? 'spatial' : `spatial.${i}`, end, attrs, torch, 'relu');
  }
  return end;
}

/** The image's mean through a 1×1 convolution. */
function gateConv(b: GraphBuilder, name: string, input: string, filters: number, torch: string, act?: 'relu'): string {
  const mean = b.add(`${name}.pooled`, 'adaptiveAveragePool', [input], { bins: 1 });
  return convNorm(b, name, mean, { filters, kernel: 1 }, convModule(torch), act);
}

/** The attention refinement module. */
function refine(b: GraphBuilder, name: string, input: string, filters: number, torch: string): string {
  const attrs = { filters, kernel: 3, padding: 1 };
  const x = convNorm(b, `${name}.features`, input, attrs, convModule(`${torch}.conv_layer`), 'relu');
  const gate = gateConv(b, `${name}.gate`, x, filters, `${torch}.atten_conv_layer.1`);
  return b.add(name, 'multiply', [x, b.add(`${name}.weights`, 'sigmoid', [gate])]);
}

/** Brought to the size of another by the nearest pixels, and a 3×3 convolution. */
function climb(b: GraphBuilder, name: string, input: string, like: string, filters: number, torch: string): string {
  const up = b.add(`${name}.resized`, 'resize', [input, like], { nearest: 1 });
  return convNorm(b, name, up, { filters, kernel: 3, padding: 1 }, convModule(torch), 'relu');
}
