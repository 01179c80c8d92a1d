import { expect, test } from 'vitest';
import { Problem } from '../../../src-main/contract/problem.ts';
import type { ParamSpec } from '../../../src-main/networks/graph.ts';
import { describeMismatch, matchWeights, requireComplete } from '../../../src-main/weights/match.ts';
import type { FileTensor } from '../../../src-main/weights/tensor-file.ts';

const tensor = (...shape: number[]): FileTensor => {
  const data = new Float32Array(shape.reduce((a, b) => a * b, 1)).map((_, i) => i);
  return { shape, dtype: 'float32', data };
};

function spec(torchName: string, torchShape: number[], toOurs: ParamSpec['toOurs'] = 'same'): ParamSpec {
  const [a, b, h, w] = torchShape;
  const shape = toOurs === 'conv' ? [h, w, b, a] : toOurs === 'convTranspose' ? [h, w, b, a] : torchShape;
  return {
    name: `our.${torchName}`,
    shape,
    torchName,
    torchShape,
    toOurs,
    trainable: true,
    init: { kind: 'constant', value: 0 },
  };
}

const params = [
  spec('conv.weight', [4, 3, 2, 5], 'conv'),
  spec('up.weight', [3, 2, 2, 2], 'convTranspose'),
  spec('bn.bias', [4]),
];
const whole = (prefix = '') =>
  new Map([
    [`${prefix}conv.weight`, tensor(4, 3, 2, 5)],
    [`${prefix}up.weight`, tensor(3, 2, 2, 2)],
    [`${prefix}bn.bias`, tensor(4)],
    [`${prefix}bn.num_batches_tracked`, tensor()],
  ]);

test('kernels come into our layout', () => {
  const { weights, matched } = matchWeights(whole(), params);
  expect(matched).toEqual(params.map(({ name }) => name));
  const conv = weights.get('our.conv.weight')!;
  const up = weights.get('our.up.weight')!;
  const at = (shape: readonly number[], index: number[]) => index.reduce((sum, i, axis) => sum * shape[axis] + i, 0);
  for (const [o, i, y, x] of [
    [0, 0, 0, 0],
    [3, 2, 1, 4],
    [1, 2, 0, 3],
    [2, 0, 1, 1],
  ]) {
    expect(conv[at([2, 5, 3, 4], [y, x, i, o])]).toBe(at([4, 3, 2, 5], [o, i, y, x]));
  }
  for (const [i, o, y, x] of [
    [0, 0, 0, 1],
    [2, 1, 1, 0],
    [1, 0, 1, 1],
  ]) {
    expect(up[at([2, 2, 2, 3], [y, x, o, i])]).toBe(at([3, 2, 2, 2], [i, o, y, x]));
  }
});

test.each(['', 'module.', 'model.', 'module.model.', '_orig_mod.module.'])(
  'the prefix “%s” is no part of a name',
  (prefix) => {
    const match = matchWeights(whole(prefix), params);
    expect(match).toMatchObject({ missing: [], unexpected: [], mismatched: [] });
    expect(describeMismatch(match, 'a.pth')).toBeUndefined();
    expect(requireComplete(match, 'a.pth').size).toBe(3);
  },
);

test('what does not match is listed with shapes', () => {
  const tensors = whole();
  tensors.delete('up.weight');
  tensors.set('bn.bias', tensor(7));
  tensors.set('extra.weight', tensor(2, 2));
  const match = matchWeights(tensors, params);
  expect(describeMismatch(match, 'a.pth')).toBe(
    'a.pth lacks up.weight (3×2×2×2); it has bn.bias as 7 where the network has 4; it holds extra.weight (2×2), which the network does not have.',
  );
  expect(() => requireComplete(match, 'a.pth')).toThrow(Problem);
  expect(() => requireComplete(match, 'a.pth')).toThrow(/lacks up\.weight \(3×2×2×2\)/);
});

test('tensors that the network does not have are no fault, but said', () => {
  const tensors = whole().set('extra.weight', tensor(2, 2));
  const match = matchWeights(tensors, params);
  expect(requireComplete(match, 'a.pth').size).toBe(3);
  expect(describeMismatch(match, 'a.pth')).toContain('extra.weight (2×2)');
});

test('weights that are not numbers are refused by name', () => {
  const tensors = whole();
  tensors.get('bn.bias')!.data[2] = Number.NaN;
  tensors.get('conv.weight')!.data[0] = Number.POSITIVE_INFINITY;
  expect(() => requireComplete(matchWeights(tensors, params), 'a.pth')).toThrow(
    /a\.pth holds NaN or infinite weights in our\.conv\.weight, our\.bn\.bias/,
  );
});

test('an empty file matches nothing', () => {
  expect(matchWeights(new Map(), params).missing).toHaveLength(3);
});
