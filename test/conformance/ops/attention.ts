import { contractGradients, contract as op } from '../../../src-main/engine/ops/contract.ts';
import { kindRun } from './kind.ts';
import type { OpRun } from './op-case.ts';

export const contract: OpRun = {
  run: ([a, b], attrs, dy) => {
    const equation = String(attrs.equation);
    return { outputs: [op(equation, a, b)], gradients: contractGradients(equation, dy, a, b) };
  },
};

export const softmax = kindRun('softmax');
export const attention = kindRun('attention');
export const channelAttention = kindRun('channelAttention');
export const crissCross = kindRun('crissCross');
export const pointAttention = kindRun('pointAttention', 2);
export const regionMeans = kindRun('regionMeans');
export const learntScale = kindRun('learntScale', 1);
