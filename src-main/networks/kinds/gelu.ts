import { gelu as forward, geluGradient } from '../../engine/ops/activation.ts';
import { byInput } from '../element-wise.ts';

/** x · Φ(x) with the normal distribution's Φ, as PyTorch's GELU. */
export const gelu = byInput('gelu', forward, geluGradient);
