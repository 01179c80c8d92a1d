/** Half precision on the running engine. */
import type { Half } from '../contract/precision.ts';
import { Problem } from '../contract/problem.ts';
import { conv } from './ops/conv.ts';
import { tryPrecision } from './ops/forms.ts';
import { ops } from './ops/registry.ts';

/**
 * Makes the running engine ready for code in half precision (ops/precision.ts). What it is for are convolutions, so an
 * engine without plain ones in it is refused; other ops that fail stay in float32.
 * @returns a sentence that says what computes in it
 * @throws Problem where the engine cannot
 */
export async function requirePrecision(half: Half): Promise<string> {
  const { passed, failed } = await tryPrecision(ops, half);
  if (!passed.includes(conv.name)) {
    throw new Problem(`The engine on this machine cannot compute convolutions in ${half}.`, {
      where: 'precision',
      next: 'Take float32, or another engine.',
    });
  }
  const but = failed.length > 0 ? `, but not these, which it cannot: ${failed.join(', ')}` : '';
  return `Convolutions and matrix products compute in ${half}${but}; everything else does in float32.`;
}
