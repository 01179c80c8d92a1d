/** ResNet-50 of Keras, trained on ImageNet: convolutions with biases, strides in a block's first one (He et al., 2015). */
import { toTorch as toTorchLayout } from '../../networks/torch-layout.ts';
import type { FileTensor } from '../tensor-file.ts';
import { has, IMAGENET, type Recognise } from './recognised.ts';

/** ε of Keras's batch norm and of ours; a variance that is larger by the difference gives the same. */
const EPSILON = { keras: 1e-3, ours: 1e-5 };

export const kerasResnet: Recognise = (tensors) => {
  if (!has(tensors, 'conv1/kernel', [7, 7, 3, 64]) || !has(tensors, 'fc1000/kernel', [2048, 1000])) return undefined;
  if (!has(tensors, 'res4f_branch2c/kernel', [1, 1, 256, 1024])) return undefined;
  const named = new Map<string, FileTensor>();
  for (const [name, tensor] of tensors) {
    const place = placeOf(name.slice(0, name.lastIndexOf('/')));
    if (!name.endsWith('/kernel') || !place) continue;
    named.set(`${place.conv}.weight`, toTorch(tensor));
    const bias = tensors.get(name.replace(/kernel$/, 'bias'));
    if (place.norm === undefined) {
      if (bias) named.set(`${place.conv}.bias`, bias);
      continue;
    }
    const [gamma, beta, mean, variance] = ['gamma', 'beta', 'moving_mean', 'moving_variance'].map((array) =>
      tensors.get(`${place.kerasNorm}/${array}`),
    );
    if (!gamma || !beta || !mean || !variance) continue;
    // norm(x + bias) is the norm with its mean less by the bias
    const less = mean.data.map((value, i) => value - (bias?.data[i] ?? 0));
    const wider = variance.data.map((value) => value + EPSILON.keras - EPSILON.ours);
    named.set(`${place.norm}.weight`, gamma).set(`${place.norm}.bias`, beta);
    named.set(`${place.norm}.running_mean`, { ...mean, data: less });
    named.set(`${place.norm}.running_var`, { ...variance, data: wider });
  }
  return {
    network: { id: 'classifier-r50', options: { deepStem: 0, early: 1 } },
    ...IMAGENET,
    preprocessing: { channels: 'bgr', mean: [103.939, 116.779, 123.68], std: [1, 1, 1], scale: 1 },
    licence: 'MIT (Keras and the weights of He et al.)',
    source: 'ResNet-50 of Keras, trained on ImageNet',
    tensors: named,
  };
};

/** Where a layer of Keras's is: `res3b_branch2a` is the first convolution of the second block of the second stage. */
function placeOf(layer: string): { conv: string; norm?: string; kerasNorm?: string } | undefined {
  if (layer === 'conv1') return { conv: 'backbone.conv1', norm: 'backbone.bn1', kerasNorm: 'bn_conv1' };
  if (layer === 'fc1000') return { conv: 'head.fc' };
  const found = /^res([2-5])([a-f])_branch(1|2[abc])$/.exec(layer);
  if (!found) return undefined;
  const [, stage, letter, branch] = found;
  const block = `backbone.layer${Number(stage) - 1}.${letter.charCodeAt(0) - 'a'.charCodeAt(0)}`;
  const kerasNorm = layer.replace('res', 'bn');
  if (branch === '1') return { conv: `${block}.downsample.0`, norm: `${block}.downsample.1`, kerasNorm };
  const i = 1 + 'abc'.indexOf(branch[1]);
  return { conv: `${block}.conv${i}`, norm: `${block}.bn${i}`, kerasNorm };
}

/** A filter HWIO as OIHW; a matrix [inputs, outputs] as a filter of 1×1. */
function toTorch({ shape, dtype, data }: FileTensor): FileTensor {
  const [height, width, inputs, outputs] = shape.length === 2 ? [1, 1, ...shape] : shape;
  const torchShape = [outputs, inputs, height, width];
  return { shape: torchShape, dtype, data: toTorchLayout({ toOurs: 'conv', torchShape }, data) };
}
