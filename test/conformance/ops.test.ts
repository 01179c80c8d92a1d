import { describe } from 'vitest';
import { describeOps } from './ops/describe.ts';

describe.each(['cpu', 'webgpu', 'wasm'] as const)('%s', (engine) => {
  describeOps(engine);
});
