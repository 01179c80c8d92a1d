import { beforeAll, expect, test } from 'vitest';
import { contract } from '../../../src-main/engine/ops/contract.ts';
import { tf } from '../../../src-main/engine/tf.ts';

beforeAll(() => tf.setBackend('cpu'));

test.each([
  ['ij,jk', 'ij,jk is no contraction of two tensors.'],
  ['ijl,jk->ik', 'ijl,jk->ik has a letter that stands in one tensor only, or twice in one.'],
  ['ii,ik->ik', 'ii,ik->ik has a letter that stands in one tensor only, or twice in one.'],
  ['ij,jk->ikm', 'ij,jk->ikm has a letter that stands in one tensor only, or twice in one.'],
  ['ij,ik->jk', 'ij,ik->jk does not fit 2×3 and 3×4.'],
  ['ijl,jk->ilk', 'ijl,jk->ilk does not fit 2×3 and 3×4.'],
])('%s is refused', (equation, message) => {
  const [a, b] = [tf.ones([2, 3]), tf.ones([3, 4])];
  expect(() => contract(equation, a, b)).toThrow(message);
  tf.dispose([a, b]);
});
