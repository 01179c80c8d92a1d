import { relu as forward, reluGradient } from '../../engine/ops/activation.ts';
import { byOutput } from '../element-wise.ts';

/** max(x, 0), as PyTorch's ReLU. */
export const relu = byOutput('relu', forward, (dy, y) => reluGradient.form(dy, y));
