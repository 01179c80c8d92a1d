import { expect, test, vi } from 'vitest';
import { QueryCache } from '../../../src-renderer/state/query-cache.ts';

const settled = () => new Promise((resolve) => setTimeout(resolve, 0));
const refusal = (error: unknown) => ({ message: String((error as Error).message) });

test('one request serves all who follow it', async () => {
  const ask = vi.fn(async () => [1]);
  const cache = new QueryCache(ask, refusal);
  const told = vi.fn();
  cache.follow('runs.list', {}, () => told());
  cache.follow('runs.list', {}, () => told());
  expect(cache.peek('runs.list {}')).toMatchObject({ data: undefined, loading: true });
  await settled();
  expect(ask).toHaveBeenCalledTimes(1);
  expect(told).toHaveBeenCalledTimes(2);
  expect(cache.peek('runs.list {}')).toEqual({ data: [1], error: undefined, loading: false });
});

test('while something is asked again the old answer stays; what nobody follows is forgotten', async () => {
  let answer = 1;
  const cache = new QueryCache(async () => answer, refusal);
  cache.follow('runs.list', {}, () => {});
  cache.follow('models.list', {}, () => {})();
  await settled();
  answer = 2;
  cache.refresh(() => true);
  expect(cache.peek('runs.list {}')).toMatchObject({ data: 1, loading: true });
  expect(cache.peek('models.list {}').data).toBeUndefined();
  await settled();
  expect(cache.peek('runs.list {}')).toMatchObject({ data: 2, loading: false });
});

test('only the newest answer counts, whichever comes last', async () => {
  const answers: ((value: number) => void)[] = [];
  const cache = new QueryCache(() => new Promise((resolve) => answers.push(resolve)), refusal);
  cache.follow('runs.list', {}, () => {});
  cache.refresh(() => true);
  answers[1](2);
  await settled();
  answers[0](1);
  await settled();
  expect(cache.peek('runs.list {}').data).toBe(2);
});

test('a refusal is kept until somebody new asks', async () => {
  let fails = true;
  const cache = new QueryCache(async () => {
    if (fails) throw new Error('no');
    return 1;
  }, refusal);
  cache.follow('runs.list', {}, () => {});
  await settled();
  expect(cache.peek('runs.list {}').error).toEqual({ message: 'no' });
  fails = false;
  cache.follow('runs.list', {}, () => {});
  await settled();
  expect(cache.peek('runs.list {}')).toEqual({ data: 1, error: undefined, loading: false });
});

test('answers are changed in place by news', async () => {
  const cache = new QueryCache(async () => [1, 2], refusal);
  const told = vi.fn();
  cache.follow('jobs.list', {}, told);
  cache.patch('jobs.list', () => [9]);
  await settled();
  cache.patch('jobs.list', (jobs) => [...(jobs as number[]), 3]);
  expect(cache.peek('jobs.list {}').data).toEqual([1, 2, 3]);
  const before = told.mock.calls.length;
  cache.patch('jobs.list', (jobs) => jobs);
  expect(told).toHaveBeenCalledTimes(before);
});
