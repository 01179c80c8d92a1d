/** Label maps of every kind for property tests. */
import fc from 'fast-check';
import { IGNORE } from '../../../src-main/contract/dataset.ts';

export interface LabelMap {
  width: number;
  height: number;
  labels: Uint8Array;
}

/** Random pixels, patches that lie in each other, and maps of one value; single pixels and borders come by themselves. */
export function labelMap(classes: number, largest = 24): fc.Arbitrary<LabelMap> {
  const side = fc.integer({ min: 1, max: largest });
  const value = fc.oneof({ weight: 4, arbitrary: fc.nat(classes - 1) }, { weight: 1, arbitrary: fc.constant(IGNORE) });
  return fc.tuple(side, side).chain(([width, height]) => {
    const size = { minLength: width * height, maxLength: width * height };
    const noise = fc.array(value, size);
    const patch = fc.tuple(fc.nat(width - 1), fc.nat(height - 1), side, side, value);
    const patches = fc.tuple(value, fc.array(patch, { maxLength: 12 })).map(([ground, list]) => {
      const labels = new Array<number>(width * height).fill(ground);
      for (const [left, top, wide, high, label] of list) {
        for (let y = top; y < Math.min(height, top + high); y++) {
          for (let x = left; x < Math.min(width, left + wide); x++) labels[y * width + x] = label;
        }
      }
      return labels;
    });
    const plain = value.map((one) => new Array<number>(width * height).fill(one));
    return fc.oneof(noise, patches, plain).map((labels) => ({ width, height, labels: Uint8Array.from(labels) }));
  });
}
