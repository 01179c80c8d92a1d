import { kindRun } from './kind.ts';
import type { OpRun } from './op-case.ts';

export const gelu: OpRun = {
  ...kindRun('gelu'),
  prepare: (values, { scale }) => values.map((value) => value * scale),
};
export const addLearnt = kindRun('addLearnt', 1);
export const prepend = kindRun('prepend', 1);
export const regroup = kindRun('regroup');
export const crop = kindRun('crop');
export const channels = kindRun('channels');
