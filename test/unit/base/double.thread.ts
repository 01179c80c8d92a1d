/** The thread of thread-pool.test.ts. */
import { serveThread } from '../../../src-main/base/thread-pool.ts';
import { Problem } from '../../../src-main/contract/problem.ts';

serveThread<{ value: number; wait?: number; how?: string; bytes?: Uint8Array }, { value: number; bytes?: Uint8Array }>(
  async ({ value, wait = 0, how, bytes }) => {
    await new Promise((resolve) => setTimeout(resolve, wait));
    if (how === 'problem') throw new Problem('It is odd.', { where: 'here', next: 'Even it.' });
    if (how === 'error') throw new TypeError('our own fault');
    if (how === 'die') process.exit(3);
    return { value: value * 2, bytes };
  },
  ({ bytes }) => (bytes ? [bytes.buffer as ArrayBuffer] : []),
);
