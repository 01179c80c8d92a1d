import { hardSigmoid as forward, hardSigmoidGradient } from '../../engine/ops/activation.ts';
import { byOutput } from '../element-wise.ts';

/** relu6(x + 3) / 6, as PyTorch's Hardsigmoid. */
export const hardSigmoid = byOutput('hardSigmoid', forward, hardSigmoidGradient);
