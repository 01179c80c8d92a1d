import type { Answers, News, NewsName, Params, Refusal, RequestName } from '../src-main/contract/window.ts';
import { browserBridge, socketAddress } from './bridge-browser.ts';
import { useConnection } from './state/connection.ts';

/** What the host would not do, with what to do next. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}

const bridge =
  window.stillroom ??
  browserBridge(
    () => new WebSocket(socketAddress(window.location)) as never,
    (up) => useConnection.getState().set(up),
  );

/** Asks the host. Throws {@link Refused} where it says no. */
export async function ask<N extends RequestName>(name: N, params: Params<N>): Promise<Answers[N]> {
  const reply = await bridge.request(name, params);
  if (!reply.ok) throw new Refused(reply.refusal);
  return reply.answer as Answers[N];
}

/** Listens to one kind of news; answers what ends it. */
export function onNews<N extends NewsName>(name: N, listener: (news: News[N]) => void): () => void {
  return bridge.onNews((which, news) => {
    if (which === name) listener(news as News[N]);
  });
}

/** Anything thrown, as what is shown to the user. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  return { message: error instanceof Error ? error.message : String(error) };
}
