/** The kinds of nodes a network graph is made of: one file each in kinds/, one line each here. */
import { adaptiveAveragePool } from './kinds/adaptive-average-pool.ts';
import { add } from './kinds/add.ts';
import { affineAct } from './kinds/affine-act.ts';
import { attention } from './kinds/attention.ts';
import { averagePool } from './kinds/average-pool.ts';
import { batchNorm } from './kinds/batch-norm.ts';
import { branchFusion } from './kinds/branch-fusion.ts';
import { channelAttention } from './kinds/channel-attention.ts';
import { channelMean } from './kinds/channel-mean.ts';
import { concat } from './kinds/concat.ts';
import { conv } from './kinds/conv.ts';
import { convAct } from './kinds/conv-act.ts';
import { convTranspose } from './kinds/conv-transpose.ts';
import { convTransposeMean } from './kinds/conv-transpose-mean.ts';
import { crissCross } from './kinds/criss-cross.ts';
import { depthwiseAct } from './kinds/depthwise-act.ts';
import { depthwiseConv } from './kinds/depthwise-conv.ts';
import { dropout } from './kinds/dropout.ts';
import { emAttention } from './kinds/em-attention.ts';
import { encoding } from './kinds/encoding.ts';
import { gelu } from './kinds/gelu.ts';
import { gridGraph } from './kinds/grid-graph.ts';
import { groupAttention } from './kinds/group-attention.ts';
import { groupNorm, layerNorm } from './kinds/group-norm.ts';
import { hardSigmoid } from './kinds/hard-sigmoid.ts';
import { hardSwish } from './kinds/hard-swish.ts';
import { input } from './kinds/input.ts';
import { learntScale } from './kinds/learnt-scale.ts';
import { maxPool } from './kinds/max-pool.ts';
import { maxUnpool } from './kinds/max-unpool.ts';
import { multiply } from './kinds/multiply.ts';
import { normAct, normAddAct } from './kinds/norm-act.ts';
import { opaque } from './kinds/opaque.ts';
import { pad } from './kinds/pad.ts';
import { pointAttention } from './kinds/point-attention.ts';
import { positions } from './kinds/positions.ts';
import { prelu } from './kinds/prelu.ts';
import { regionMeans } from './kinds/region-means.ts';
import { relu } from './kinds/relu.ts';
import { relu6 } from './kinds/relu6.ts';
import { resize } from './kinds/resize.ts';
import { sigmoid } from './kinds/sigmoid.ts';
import { softmax } from './kinds/softmax.ts';
import { spatialDropout } from './kinds/spatial-dropout.ts';
import { swish } from './kinds/swish.ts';
import { addLearnt, channels, crop, prepend, regroup } from './kinds/tokens.ts';
import { unitScale } from './kinds/unit-scale.ts';
import { weightedSum } from './kinds/weighted-sum.ts';
import type { NodeKind } from './node-kind.ts';

const all = [
  input,
  conv,
  depthwiseConv,
  convTranspose,
  batchNorm,
  groupNorm,
  layerNorm,
  prelu,
  relu,
  relu6,
  sigmoid,
  swish,
  hardSigmoid,
  hardSwish,
  gelu,
  softmax,
  dropout,
  spatialDropout,
  add,
  multiply,
  concat,
  averagePool,
  adaptiveAveragePool,
  branchFusion,
  normAct,
  normAddAct,
  affineAct,
  convAct,
  depthwiseAct,
  convTransposeMean,
  maxPool,
  maxUnpool,
  pad,
  unitScale,
  resize,
  attention,
  channelAttention,
  crissCross,
  pointAttention,
  regionMeans,
  learntScale,
  groupAttention,
  weightedSum,
  gridGraph,
  positions,
  emAttention,
  encoding,
  channelMean,
  addLearnt,
  prepend,
  regroup,
  crop,
  channels,
  opaque,
];
const kinds = new Map<string, NodeKind>(all.map((kind) => [kind.id, kind]));

/** The kind of this id. */
export function kindOf(id: string): NodeKind {
  const kind = kinds.get(id);
  if (!kind) throw new Error(`There is no kind of node called ${id}.`);
  return kind;
}
