import { afterEach, expect, test } from 'vitest';
import { inOrder, ThreadPool } from '../../../src-main/base/thread-pool.ts';
import { Problem } from '../../../src-main/contract/problem.ts';

interface Request {
  value: number;
  wait?: number;
  how?: string;
  bytes?: Uint8Array;
}

let pool: ThreadPool<Request, { value: number; bytes?: Uint8Array }>;
function start(size: number) {
  pool = new ThreadPool(new URL('./double.thread.ts', import.meta.url), size);
  return pool;
}
afterEach(() => pool?.close());

test('requests are answered, in order through inOrder, however long each takes', async () => {
  start(3);
  const values = Array.from({ length: 20 }, (_, i) => i);
  const results: number[] = [];
  const work = (value: number) => pool.run({ value, wait: (value * 7) % 5 });
  for await (const { value } of inOrder(values, work, 6)) results.push(value);
  expect(results).toEqual(values.map((value) => value * 2));
});

test('threads work at the same time', async () => {
  start(2);
  await Promise.all([pool.run({ value: 0, wait: 50 }), pool.run({ value: 0, wait: 50 })]);
  const started = performance.now();
  await Promise.all([1, 2, 3, 4].map((value) => pool.run({ value, wait: 500 })));
  expect(performance.now() - started).toBeLessThan(1800);
});

test('a Problem arrives as a Problem, an error as an error, and the thread goes on', async () => {
  start(1);
  await expect(pool.run({ value: 1, how: 'problem' })).rejects.toMatchObject({
    name: 'Problem',
    where: 'here',
    next: 'Even it.',
  });
  await expect(pool.run({ value: 1, how: 'problem' })).rejects.toBeInstanceOf(Problem);
  await expect(pool.run({ value: 1, how: 'error' })).rejects.toThrow('our own fault');
  expect(await pool.run({ value: 4 })).toMatchObject({ value: 8 });
});

test('a thread that dies fails its request only', async () => {
  start(1);
  const dying = pool.run({ value: 1, how: 'die' });
  const next = pool.run({ value: 5 });
  await expect(dying).rejects.toThrow('ended with code 3');
  expect(await next).toMatchObject({ value: 10 });
});

test('buffers are handed over, not copied', async () => {
  start(1);
  const bytes = new Uint8Array([1, 2, 3]);
  const answer = await pool.run({ value: 0, bytes }, [bytes.buffer]);
  expect(bytes.length).toBe(0);
  expect([...answer.bytes!]).toEqual([1, 2, 3]);
});

test('closing refuses what runs and what waits', async () => {
  start(1);
  const running = pool.run({ value: 1, wait: 10_000 });
  const waiting = pool.run({ value: 2 });
  const ends = Promise.allSettled([running, waiting]);
  await pool.close();
  expect((await ends).map((end) => end.status)).toEqual(['rejected', 'rejected']);
  await expect(pool.run({ value: 3 })).rejects.toThrow('closed');
});

test('inOrder stops at an abort and at a failure, at its place', async () => {
  start(2);
  const seen: number[] = [];
  const read = async (signal?: AbortSignal) => {
    for await (const { value } of inOrder(
      [1, 2, 3, 4],
      (value) => pool.run({ value, how: value === 3 ? 'error' : '' }),
      4,
      signal,
    )) {
      seen.push(value);
    }
  };
  await expect(read()).rejects.toThrow('our own fault');
  expect(seen).toEqual([2, 4]);
  await expect(read(AbortSignal.abort(new Error('no')))).rejects.toThrow('no');
});
