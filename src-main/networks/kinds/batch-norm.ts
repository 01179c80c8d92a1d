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
  keepsInputs: false,
  forward: unfused,
  backward: unfused,
};

function unfused(): never {
  throw new Error('A batch norm is run as a node of kind normAct, which fuse.ts puts in its place.');
}
