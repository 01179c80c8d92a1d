import { swish as forward, swishGradient } from '../../engine/ops/activation.ts';
import { byInput } from '../element-wise.ts';

/** x · sigmoid(x), as PyTorch's SiLU. */
export const swish = byInput('swish', forward, swishGradient);
