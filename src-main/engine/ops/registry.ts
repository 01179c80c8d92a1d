/** The ops with fast forms, which are tried when an engine starts: one line each. */
import { reluGradient } from './activation.ts';
import { batchNorm, batchNormInference } from './batch-norm.ts';
import { split, sum } from './combine.ts';
import { bias, convGradients, dilatedConvGradients } from './conv.ts';

export const ops = [bias, convGradients, dilatedConvGradients, batchNorm, batchNormInference, reluGradient, sum, split];
