import type { Answers, News, NewsName, Params, RequestName } from '../src-main/contract/window.ts';
import { browserBridge, socketAddress } from './bridge-browser.ts';
import { Refused } from './refused.ts';
import { useConnection } from './state/connection.ts';

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
