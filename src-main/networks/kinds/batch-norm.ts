import { batchNormInference, batchNorm as op } from '../../engine/ops/batch-norm.ts';
import type { Tensor1D } from '../../engine/tf.ts';
import type { Init, KindParam, NodeKind } from '../node-kind.ts';

/**
 * Batch normalisation, as PyTorch's BatchNorm2d: batch statistics in training, running ones otherwise. The running
 * variance is the unbiased one. attrs: `epsilon`.
 */
export const batchNorm: NodeKind = {
  id: 'batchNorm',
  channels: (_, [channels]) => channels,
  size: (_, [size]) => size,
  params: (_, [channels]) => {
    const one: Init = { kind: 'constant', value: 1 };
    const zero: Init = { kind: 'constant', value: 0 };
    const array = (param: string, torch: string, trainable: boolean, init: Init): KindParam => ({
      param,
      torch,
      shape: [channels],
      torchShape: [channels],
      toOurs: 'same',
      trainable,
      init,
    });
    return [
      array('scale', 'weight', true, one),
      array('offset', 'bias', true, zero),
      array('mean', 'running_mean', false, zero),
      array('variance', 'running_var', false, one),
    ];
  },
  macs: () => 0,
  keepsInputs: true,
  saves: true,
  forward: ({ attrs, inputs: [x], params, training }) => {
    const [scale, offset, mean, variance] = params as Tensor1D[];
    if (!training) return { output: batchNormInference.form(x, scale, offset, mean, variance, attrs.epsilon) };
    const { y, saved, ...batch } = op.form.forward(x, scale, offset, attrs.epsilon);
    return { output: y, saved, statistics: [batch.mean, batch.variance] };
  },
  backward: ({ attrs, gradient, inputs: [x], params: [scale], saved }) => {
    const { input, ...params } = op.form.gradient(gradient, x, scale as Tensor1D, saved, attrs.epsilon);
    return { inputs: [input], params: [params.scale, params.offset] };
  },
};
