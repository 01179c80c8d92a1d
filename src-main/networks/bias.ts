/** What the kinds with a filter share: the bias that may come with it. */
import { addBias, biasGradient } from '../engine/ops/conv.ts';
import type { Tensor, Tensor1D, Tensor4D } from '../engine/tf.ts';
import type { ForwardAnswer, KindParam } from './node-kind.ts';

/** A filter, and a bias for its `filters` output channels where it has one; both start alike. */
export function filterParams(
  filter: Pick<KindParam, 'shape' | 'torchShape' | 'toOurs' | 'init'>,
  filters: number,
  bias = 0,
): KindParam[] {
  const list: KindParam[] = [{ param: 'filter', torch: 'weight', trainable: true, ...filter }];
  if (!bias) return list;
  const shape = [filters];
  return [
    ...list,
    { param: 'bias', torch: 'bias', shape, torchShape: shape, toOurs: 'same', trainable: true, init: filter.init },
  ];
}

/** y with the bias added where there is one. Disposes y where it gives another tensor. */
export function withBias(y: Tensor4D, bias: Tensor | undefined): ForwardAnswer {
  if (!bias) return { output: y };
  const output = addBias(y, bias as Tensor1D);
  y.dispose();
  return { output };
}

/** The filter's gradient, and the bias's where there is one. */
export function withBiasGradient(filter: Tensor, dy: Tensor4D, bias: Tensor | undefined): Tensor[] {
  return bias ? [filter, biasGradient(dy)] : [filter];
}
