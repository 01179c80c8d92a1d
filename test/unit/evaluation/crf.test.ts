import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { denseCrf } from '../../../src-main/evaluation/crf/dense-crf.ts';

interface Case {
  size: [number, number];
  classes: number;
  image: number[];
  probabilities: number[];
  package: number[];
  allPairs: number[];
}

// test/oracles/crf.py
const cases: Case[] = JSON.parse(readFileSync(new URL('./golden/crf.json', import.meta.url), 'utf8'));

function likeliest(values: ArrayLike<number>, classes: number): number[] {
  return Array.from({ length: values.length / classes }, (_, pixel) => {
    let best = 0;
    for (let c = 1; c < classes; c++) if (values[pixel * classes + c] > values[pixel * classes + best]) best = c;
    return best;
  });
}

describe.each(cases)('the dense CRF of $classes classes on $size', (golden) => {
  const { size, classes } = golden;
  const image = { height: size[0], width: size[1], data: Uint8Array.from(golden.image) };
  const probabilities = Float32Array.from(golden.probabilities);
  const answer = denseCrf(probabilities, image);

  test('gives pydensecrf’s probabilities', () => {
    const apart = answer.map((value, i) => Math.abs(value - golden.package[i]));
    expect(Math.max(...apart)).toBeLessThan(2e-4);
  });

  test('gives the classes of the sum over all pairs, of which the lattice is an approximation', () => {
    const theirs = likeliest(golden.allPairs, classes);
    const other = likeliest(answer, classes).filter((c, pixel) => c !== theirs[pixel]).length;
    expect(other / theirs.length).toBeLessThan(0.01);
  });

  test('changes many pixels, and not what it was given', () => {
    const before = likeliest(golden.probabilities, classes);
    const changed = likeliest(answer, classes).filter((c, pixel) => c !== before[pixel]).length;
    expect(changed / before.length).toBeGreaterThan(0.1);
    expect(probabilities).toEqual(Float32Array.from(golden.probabilities));
  });
});

test('probabilities of 0 and 1 stay numbers', () => {
  const image = { height: 4, width: 5, data: new Uint8Array(60).fill(128) };
  const answer = denseCrf(
    Float32Array.from({ length: 40 }, (_, i) => i % 2),
    image,
  );
  expect(answer.every((value) => value >= 0 && value <= 1)).toBe(true);
});
