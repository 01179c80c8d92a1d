/** A drawing's figures in words. Pure. */
import type { DrawnBox } from '../../../src-main/contract/network-drawing.ts';

/** What a kind of node is called. */
const KINDS: Record<string, string> = {
  conv: 'convolution',
  depthwiseConv: 'depthwise',
  convTranspose: 'transposed conv.',
  batchNorm: 'batch norm',
  groupNorm: 'group norm',
  layerNorm: 'layer norm',
  prelu: 'PReLU',
  relu: 'ReLU',
  relu6: 'ReLU6',
  gelu: 'GELU',
  hardSigmoid: 'hard sigmoid',
  hardSwish: 'hard swish',
  averagePool: 'average pool',
  adaptiveAveragePool: 'average pool to bins',
  branchFusion: 'branch fusion',
  maxPool: 'max pool',
  maxUnpool: 'max unpool',
  unitScale: 'unit scale',
  addLearnt: 'add learnt',
  weightedSum: 'weighted sum',
  channelMean: 'mean of channels',
  groupAttention: 'attention in groups',
  emAttention: 'EM attention',
  gridGraph: 'step over the grid',
};

export function kindName(kind: string): string {
  return KINDS[kind] ?? kind;
}

/** Kind and what matters most of its attributes: `convolution 3 × 3, stride 2`. */
export function kindLine({ kind, attrs, nodes }: DrawnBox): string {
  if (kind === null) return `${nodes} nodes`;
  const { kernel, kernelHeight = kernel, kernelWidth = kernel, stride, dilation, groups, bins } = attrs;
  const parts = [
    kernelHeight === undefined ? '' : `${kernelHeight} × ${kernelWidth}`,
    bins === undefined ? '' : `${bins} × ${bins}`,
  ].filter(Boolean);
  const more = [
    (stride ?? 1) > 1 ? `stride ${stride}` : '',
    (dilation ?? 1) > 1 ? `dilation ${dilation}` : '',
    (groups ?? 1) > 1 ? `${groups} groups` : '',
  ].filter(Boolean);
  return [[kindName(kind), ...parts].join(' '), ...more].join(', ');
}

export function shapeLine(shape: readonly number[]): string {
  return shape.join(' × ');
}

/** A stride as a share of the input's size: 8 → `1/8`, 7.5 → `1/7.5`. */
export function share(stride: number): string {
  return stride === 1 ? '1' : `1/${Math.round(stride * 10) / 10}`;
}
