import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { SaveQueue } from '../../../src-renderer/annotate/save-queue.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A task that is settled by hand; `calls` tells whether each attempt was a second one. */
function task() {
  const calls: boolean[] = [];
  let settle: { resolve: () => void; reject: (error: Error) => void };
  return {
    calls,
    run: (again: boolean) => {
      calls.push(again);
      return new Promise<void>((resolve, reject) => {
        settle = { resolve, reject };
      });
    },
    resolve: () => settle.resolve(),
    reject: (message: string) => settle.reject(new Error(message)),
  };
}
const turn = () => vi.advanceTimersByTimeAsync(0);

test('one thing is saved after the other, and what waits is told', async () => {
  const states: string[] = [];
  const queue = new SaveQueue(() => states.push(queue.state.kind));
  const [one, two] = [task(), task()];
  expect(queue.state).toEqual({ kind: 'saved' });
  queue.push(one.run);
  queue.push(two.run);
  expect(queue.state).toEqual({ kind: 'saving', waiting: 2 });
  expect(two.calls).toEqual([]);
  one.resolve();
  await turn();
  expect(queue.state).toEqual({ kind: 'saving', waiting: 1 });
  expect(two.calls).toEqual([false]);
  two.resolve();
  await turn();
  expect(queue.state).toEqual({ kind: 'saved' });
  expect(states.at(-1)).toBe('saved');
});

test('what fails stays first, says why, and is tried again by itself; later strokes wait behind it', async () => {
  const queue = new SaveQueue(() => {});
  const [one, two] = [task(), task()];
  queue.push(one.run);
  one.reject('The disk is full.');
  await turn();
  queue.push(two.run);
  expect(one.calls).toEqual([false]);
  expect(queue.state).toEqual({ kind: 'failed', waiting: 2, reason: 'The disk is full.' });
  expect(two.calls).toEqual([]);
  await vi.advanceTimersByTimeAsync(1000);
  expect(one.calls).toEqual([false, true]);
  one.reject('The disk is full.');
  await turn();
  await vi.advanceTimersByTimeAsync(1999);
  expect(one.calls).toHaveLength(2);
  await vi.advanceTimersByTimeAsync(1);
  expect(one.calls).toHaveLength(3);
  one.resolve();
  await turn();
  expect(two.calls).toEqual([false]);
  two.resolve();
  await turn();
  expect(queue.state).toEqual({ kind: 'saved' });
});

test('the user need not wait for the next attempt', async () => {
  const queue = new SaveQueue(() => {});
  const one = task();
  queue.push(one.run);
  one.reject('no');
  await turn();
  queue.retry();
  queue.retry();
  expect(one.calls).toEqual([false, true]);
  one.resolve();
  await turn();
  await vi.advanceTimersByTimeAsync(60_000);
  expect(one.calls).toHaveLength(2);
  expect(queue.state).toEqual({ kind: 'saved' });
});

test('what is given up is not tried again, even when it was on its way', async () => {
  const queue = new SaveQueue(() => {});
  const [one, two] = [task(), task()];
  queue.push(one.run);
  queue.push(two.run);
  queue.drop();
  one.reject('too late');
  await turn();
  await vi.advanceTimersByTimeAsync(60_000);
  expect([one.calls.length, two.calls.length]).toEqual([1, 0]);
  expect(queue.state).toEqual({ kind: 'saved' });
});
