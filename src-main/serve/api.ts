import { Problem } from '../contract/problem.ts';
import type { NewsName, Refusal } from '../contract/window.ts';

/** What of the host answers a window's requests. */
export interface Host {
  handle(name: string, params: unknown): Promise<unknown>;
  onNews(listener: (name: NewsName, news: unknown) => void): () => void;
}

export type Outcome = { ok: true; answer: unknown } | { ok: false; refusal: Refusal };

/** Asks the host; what it throws becomes what the user is shown. A fault of our own is also written to stderr, once. */
export async function ask(host: Host, name: string, params: unknown): Promise<Outcome> {
  try {
    return { ok: true, answer: (await host.handle(name, params)) ?? null };
  } catch (error) {
    if (error instanceof Problem) {
      return { ok: false, refusal: { message: error.message, where: error.where, next: error.next } };
    }
    console.error(error);
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, refusal: { message: `Something went wrong in Stillroom itself: ${message}` } };
  }
}
