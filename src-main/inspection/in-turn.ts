/** A worker that stays up answers one question after another. */
import { setImmediate as turn } from 'node:timers/promises';
import type { FromWorker } from '../contract/job.ts';
import { Problem } from '../contract/problem.ts';

type Inspected = Extract<FromWorker, { type: 'inspected' }>['result'];

/** @returns what takes a question: it is answered by an `inspected` or a `refused` message with the same id */
export function inTurn(
  send: (message: FromWorker) => void,
  answer: (request: unknown) => Promise<Inspected>,
): (id: number, request: unknown) => void {
  let before: Promise<void> = Promise.resolve();
  return (id, request) => {
    before = before.then(async () => {
      try {
        send({ type: 'inspected', id, result: await answer(request) });
      } catch (error) {
        const { message } = error instanceof Error ? error : new Error(String(error));
        const place = error instanceof Problem ? { where: error.where, next: error.next } : {};
        send({ type: 'refused', id, message, ...place });
      }
      await turn();
    });
  };
}
