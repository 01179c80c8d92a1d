import { describe } from 'vitest';
import { describeOps } from './ops-cases.ts';

describe.each(['cpu', 'wasm'] as const)('%s', (engine) => {
  describeOps(engine);
});
