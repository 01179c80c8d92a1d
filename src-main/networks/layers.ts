/** Groups of nodes that many networks are made of. */
import type { GraphBuilder } from './graph.ts';
import type { Attributes } from './node-kind.ts';

/** ε of PyTorch's BatchNorm2d. */
const EPSILON = 1e-5;

/** What a convolution and its batch norm are called in the state dict. */
export interface TorchNames {
  conv: string;
  norm: string;
}

/** The names of mmcv's ConvModule. */
export function convModule(name: string): TorchNames {
  return { conv: `${name}.conv`, norm: `${name}.bn` };
}

/**
 * Convolution and batch norm, then an activation where one is named; the last of them as the node `name`.
 * @param attrs the convolution's; with `filters` that of kind `conv`, without it a depthwise one
 */
export function convNorm(
  b: GraphBuilder,
  name: string,
  input: string,
  attrs: Attributes,
  torch: TorchNames,
  activation?: 'relu' | 'relu6' | 'swish' | 'hardSwish',
  epsilon = EPSILON,
): string {
  const kind = attrs.filters === undefined ? 'depthwiseConv' : 'conv';
  const conv = b.add(`${name}.conv`, kind, [input], attrs, torch.conv);
  if (!activation) return norm(b, name, conv, torch.norm, epsilon);
  return b.add(name, activation, [norm(b, `${name}.norm`, conv, torch.norm, epsilon)]);
}

/** Batch norm as the node `name`. */
export function norm(b: GraphBuilder, name: string, input: string, torch: string, epsilon = EPSILON): string {
  return b.add(name, 'batchNorm', [input], { epsilon }, torch);
}

/** The mean over the image's pixels of an input after `transform`, at the input's size again: [h, w] alike everywhere. */
export function pooled(
  b: GraphBuilder,
  name: string,
  input: string,
  bins: number,
  transform: (pooled: string) => string,
): string {
  const bin = b.add(`${name}.bins`, 'adaptiveAveragePool', [input], { bins });
  return b.add(name, 'resize', [transform(bin), input]);
}

/** The last convolution, by 1×1: the node `logits`. */
export function classifier(b: GraphBuilder, input: string, outputs: number, torch = 'decode_head.conv_seg'): string {
  return b.add('logits', 'conv', [input], { filters: outputs, kernel: 1, bias: 1 }, torch);
}
