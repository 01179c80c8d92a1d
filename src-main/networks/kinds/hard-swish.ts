import { hardSwish as forward, hardSwishGradient } from '../../engine/ops/activation.ts';
import { byInput } from '../element-wise.ts';

/** x · relu6(x + 3) / 6, as PyTorch's Hardswish. */
export const hardSwish = byInput('hardSwish', forward, hardSwishGradient);
