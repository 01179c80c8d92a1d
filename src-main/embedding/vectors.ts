/** Arrays of vectors, row-major, one row for each item. */
export interface Rows {
  count: number;
  channels: number;
  values: Float32Array;
}

/** The mean of all rows, in double precision. */
export function meanOf({ count, channels, values }: Rows): Float64Array {
  const mean = new Float64Array(channels);
  for (let i = 0, p = 0; i < count; i++) for (let c = 0; c < channels; c++, p++) mean[c] += values[p];
  return mean.map((sum) => sum / Math.max(1, count));
}

/** A row is taken to lie in the centre where it is nearer to it than what rounding to float16 leaves. */
const NOTHING = 1e-3;

/**
 * Rows less a centre, brought to length 1: then a product of two rows tells what they have in common beyond what all
 * rows have (features after a rectifier all point about the same way). A row in the centre becomes zeros.
 */
export function unitAround({ count, channels, values }: Rows, centre: Float64Array): Rows {
  const result = new Float32Array(values.length);
  for (let i = 0; i < count; i++) {
    let square = 0;
    for (let c = 0, p = i * channels; c < channels; c++, p++) square += (values[p] - centre[c]) ** 2;
    const length = Math.sqrt(square);
    if (length < NOTHING) continue;
    for (let c = 0, p = i * channels; c < channels; c++, p++) result[p] = (values[p] - centre[c]) / length;
  }
  return { count, channels, values: result };
}

/** Products of all rows with all axes: count × axes. */
export function alongAxes({ count, channels, values }: Rows, axes: readonly Float64Array[]): Rows {
  const result = new Float32Array(count * axes.length);
  for (let i = 0, p = 0; i < count; i++) {
    const row = i * channels;
    for (const axis of axes) {
      let sum = 0;
      for (let c = 0; c < channels; c++) sum += values[row + c] * axis[c];
      result[p++] = sum;
    }
  }
  return { count, channels: axes.length, values: result };
}

/** Rows in another order. @param order row numbers */
export function inOrder({ count, channels, values }: Rows, order: Int32Array): Rows {
  const sorted = new Float32Array(values.length);
  order.forEach((row, place) => {
    sorted.set(values.subarray(row * channels, (row + 1) * channels), place * channels);
  });
  return { count, channels, values: sorted };
}
