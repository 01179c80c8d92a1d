/** The ops with fast forms, which are tried when an engine starts: one line each. */
import { relu6Gradient, reluGradient, sigmoidGradient } from './activation.ts';
import { batchNorm, batchNormInference } from './batch-norm.ts';
import { split, sum } from './combine.ts';
import { bias, convGradients, dilatedConvGradients } from './conv.ts';
import { depthwiseGradients } from './depthwise.ts';
import { maxPoolGradient } from './max-pool.ts';

export const ops = [
  bias,
  convGradients,
  dilatedConvGradients,
  depthwiseGradients,
  batchNorm,
  batchNormInference,
  reluGradient,
  relu6Gradient,
  sigmoidGradient,
  maxPoolGradient,
  sum,
  split,
];
