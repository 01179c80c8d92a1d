/** What the products of the code that runs now are to be computed in. */
import type { Precision } from '../../contract/precision.ts';

let current: Precision = 'float32';

/** Runs something whose convolutions and matrix products compute in this precision where they have such a form. */
export function inPrecision<T>(precision: Precision, run: () => T): T {
  const before = current;
  current = precision;
  try {
    return run();
  } finally {
    current = before;
  }
}

export function currentPrecision(): Precision {
  return current;
}
