import { expect, test } from 'vitest';
import { computeEnvironment } from '../../../src-main/base/compute-environment.ts';

test('large pages are asked for, unless the user has settings of their own', () => {
  expect(computeEnvironment({ HOME: '/home/me' })).toEqual({
    HOME: '/home/me',
    GLIBC_TUNABLES: 'glibc.malloc.hugetlb=1',
  });
  expect(computeEnvironment({ GLIBC_TUNABLES: 'glibc.malloc.check=3' }).GLIBC_TUNABLES).toBe('glibc.malloc.check=3');
});
