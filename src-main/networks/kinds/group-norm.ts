import { groupNorm as forward, groupNormGradient, type NormGroups } from '../../engine/ops/group-norm.ts';
import { type Tensor1D, tf } from '../../engine/tf.ts';
import type { Attributes, Init, KindParam, NodeKind } from '../node-kind.ts';

/** Group norm, as PyTorch's GroupNorm(groups, channels). attrs: `groups`, `epsilon`. */
export const groupNorm = normKind('groupNorm', ({ groups }) => groups);

/** Layer norm over each pixel's channels, as PyTorch's LayerNorm(channels) on NHWC. attrs: `epsilon`. */
export const layerNorm = normKind('layerNorm', () => 'pixel');

function normKind(id: string, groupsOf: (attrs: Attributes) => NormGroups): NodeKind {
  return {
    id,
    channels: (_, [channels]) => channels,
    size: (_, [size]) => size,
    params: (_, [channels]) => {
      const array = (param: string, torch: string, init: Init): KindParam => ({
        ...{ param, torch, shape: [channels], torchShape: [channels], toOurs: 'same', trainable: true, init },
      });
      return [
        array('scale', 'weight', { kind: 'constant', value: 1 }),
        array('offset', 'bias', { kind: 'constant', value: 0 }),
      ];
    },
    macs: () => 0,
    keepsInputs: false,
    forward: ({ attrs, inputs: [x], params: [scale, offset], training }) => {
      const { y, saved } = forward(x, scale as Tensor1D, offset as Tensor1D, groupsOf(attrs), attrs.epsilon);
      if (training) return { output: y, saved };
      tf.dispose(saved);
      return { output: y };
    },
    backward: ({ attrs, gradient, params: [scale], saved }) => {
      const { input, ...params } = groupNormGradient(gradient, scale as Tensor1D, saved, groupsOf(attrs));
      return { inputs: [input], params: [params.scale, params.offset] };
    },
  };
}
