import { relu6 as forward, relu6Gradient } from '../../engine/ops/activation.ts';
import { byOutput } from '../element-wise.ts';

/** min(max(x, 0), 6), as PyTorch's ReLU6. */
export const relu6 = byOutput('relu6', forward, (dy, y) => relu6Gradient.form(dy, y));
