import { sigmoid as forward, sigmoidGradient } from '../../engine/ops/activation.ts';
import { byOutput } from '../element-wise.ts';

/** 1 / (1 + e^−x), as PyTorch's Sigmoid. */
export const sigmoid = byOutput('sigmoid', forward, (dy, y) => sigmoidGradient.form(dy, y));
