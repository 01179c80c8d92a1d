/** Rows of what half precision brings: a network's step in bfloat16 against the same in float32, both ours, in one process. */
import type { Bench } from '../bench.ts';
import type { Measured, RowSpec } from '../row.ts';
import { Side } from '../side.ts';
import { comparePairs } from '../statistics.ts';
import { CASES } from './networks.ts';
import type { OursRequest } from './ours.ts';

export const halfRows: RowSpec[] = CASES.map((one) => {
  const request = { kind: 'half', case: one } satisfies OursRequest;
  return {
    name: `half.${one.name}`,
    goal: null,
    measure: (bench) => measureHalf(bench, request),
    profile: () => ({ request, variant: 'bfloat16' }),
  };
});

async function measureHalf(bench: Bench, request: OursRequest): Promise<Measured> {
  const side = Side.ours('./train/ours.ts', bench.threads);
  try {
    const { variants } = await side.open({ ...request });
    const measured = await bench.inTurn(variants.map((name) => ({ name, run: (steps) => side.run(name, steps) })));
    const compared = comparePairs(measured.get('bfloat16')!, measured.get('float32')!);
    return { unit: 'seconds', ...compared, peerName: 'ours in float32' };
  } finally {
    await side.close();
  }
}
