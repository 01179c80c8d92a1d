/** What is made of the noise before an op is run on it. */

/** The step of finite differences; see check.ts. */
export const STEP = 2 ** -7;

/** To multiples of `step`, ties to even as PyTorch's round(): some values lie where the function bends then. */
export function rounded(values: Float32Array, step: number): Float32Array {
  return values.map((value) => {
    const wanted = value / step;
    const low = Math.floor(wanted);
    const up = wanted - low > 0.5 || (wanted - low === 0.5 && low % 2 !== 0);
    return (low + (up ? 1 : 0)) * step;
  });
}

/** The values with those near a kink moved beyond it, further than a step of finite differences goes. */
export function awayFrom(kinks: readonly number[], values: Float32Array): Float32Array {
  return values.map((value) => {
    const kink = kinks.find((one) => Math.abs(value - one) < 4 * STEP);
    return kink === undefined ? value : kink + 4 * STEP;
  });
}

/** Values in the same order of size, each so far from the next that a step of finite differences does not swap them. */
export function apart(values: Float32Array): Float32Array {
  const order = [...values.keys()].sort((a, b) => values[a] - values[b]);
  const result = new Float32Array(values.length);
  order.forEach((at, rank) => {
    result[at] = (rank - values.length / 2) * 4 * STEP;
  });
  return result;
}
