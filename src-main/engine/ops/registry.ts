/** The ops with fast forms, which are tried when an engine starts: one line each. */
import { relu6Gradient, reluGradient, sigmoidGradient } from './activation.ts';
import { batchNorm } from './batch-norm.ts';
import { fuseBranches } from './branches.ts';
import { split, sum } from './combine.ts';
import { matrixProduct } from './contract.ts';
import { bias, conv, convAct, dilatedConv, groupedConv, stridedDilatedConv } from './conv.ts';
import { channelCosines } from './cosines.ts';
import { crossEntropy } from './cross-entropy.ts';
import { depthwise, depthwiseAct, depthwiseGradients } from './depthwise.ts';
import { squaresApart } from './distance.ts';
import { meanSquare } from './energy.ts';
import { maxPool, maxPoolGradient } from './max-pool.ts';
import { maxUnpoolGradient } from './max-unpool.ts';
import { affineAct, normAct } from './norm-act.ts';
import { adaptiveCrossEntropy, pixelDivergence, pixelLosses, weightedPixels } from './pixel-losses.ts';
import { regionDivergence } from './region-divergence.ts';
import { logSoftmax, tempered } from './softmax.ts';
import { bilinear, separable } from './spatial.ts';
import { structureOfPixels } from './structure.ts';
import { unitVectors } from './unit.ts';
import { updateAdam, updateSgd } from './update.ts';

export const ops = [
  bias,
  conv,
  convAct,
  dilatedConv,
  groupedConv,
  stridedDilatedConv,
  matrixProduct,
  depthwiseGradients,
  depthwise,
  depthwiseAct,
  batchNorm,
  reluGradient,
  relu6Gradient,
  sigmoidGradient,
  maxPool,
  maxPoolGradient,
  maxUnpoolGradient,
  sum,
  split,
  normAct,
  affineAct,
  fuseBranches,
  crossEntropy,
  pixelLosses,
  weightedPixels,
  pixelDivergence,
  adaptiveCrossEntropy,
  regionDivergence,
  structureOfPixels,
  logSoftmax,
  separable,
  bilinear,
  updateSgd,
  updateAdam,
  meanSquare,
  unitVectors,
  tempered,
  channelCosines,
  squaresApart,
];
