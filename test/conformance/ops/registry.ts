/** How the ops of golden/ops*.json are run: one small file per group, one line each. */
import { hardSigmoid, hardSwish, prelu, relu, relu6, sigmoid, swish } from './activation.ts';
import {
  attention,
  channelAttention,
  contract,
  crissCross,
  learntScale,
  pointAttention,
  regionMeans,
  softmax,
} from './attention.ts';
import { multiply } from './combine.ts';
import { bias, conv, convTranspose, depthwise } from './conv.ts';
import { affineAct, branchFusion, crossEntropy, normAct } from './fused.ts';
import { batchNorm, batchNormInference, groupNorm, layerNorm } from './norm.ts';
import type { OpRun } from './op-case.ts';
import { cosinesBelowOne, energy, softened, squaredDistance, unit } from './similarity.ts';
import {
  adaptiveAveragePool,
  averagePool,
  maxPool,
  maxUnpool,
  pad,
  paddedAveragePool,
  resize,
  resizeBilinear,
  unitScale,
} from './spatial.ts';
import { addLearnt, channels, crop, gelu, prepend, regroup } from './tokens.ts';

export const runs: Readonly<Record<string, OpRun>> = {
  ...{ conv, convTranspose, depthwise, bias },
  ...{ batchNorm, batchNormInference, groupNorm, layerNorm },
  ...{ prelu, relu, relu6, sigmoid, swish, hardSigmoid, hardSwish },
  ...{ paddedAveragePool, averagePool, adaptiveAveragePool, maxPool, maxUnpool },
  ...{ resizeBilinear, resize, pad, unitScale, multiply },
  ...{ softmax, contract, attention },
  ...{ channelAttention, crissCross, pointAttention, regionMeans, learntScale },
  ...{ energy, unit, softened, cosinesBelowOne, squaredDistance },
  ...{ gelu, addLearnt, prepend, regroup, crop, channels },
  ...{ normAct, affineAct, branchFusion, crossEntropy },
};
