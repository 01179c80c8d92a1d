import type { Bridge, Refusal } from '../src-main/contract/window.ts';

type Answer = Awaited<ReturnType<Bridge['request']>>;
type Socket = Pick<WebSocket, 'send' | 'close' | 'readyState'> & {
  onopen: (() => void) | null;
  onclose: (() => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
};

const OPEN = 1;
/** Waits between attempts to reach the host again, in ms. */
const WAITS = [300, 600, 1200, 2500, 5000];
const LOST: Refusal = {
  message: 'The connection to Stillroom was lost before the answer came.',
  next: 'Check that `stillroom serve` still runs; this page connects again by itself.',
};

interface Pending {
  message: string;
  sent: boolean;
  settle: (answer: Answer) => void;
}

/**
 * The host behind a WebSocket, for pages that `stillroom serve` gives to a browser. Requests made while there is no
 * connection wait for the next one; those under way when it breaks are refused, since nobody knows how far they came.
 *
 * @param connect opens a socket to the host
 * @param onConnection is told whenever the connection comes (true) or goes (false)
 */
export function browserBridge(connect: () => Socket, onConnection: (up: boolean) => void = () => {}): Bridge {
  const pending = new Map<number, Pending>();
  const listeners = new Set<(name: string, news: unknown) => void>();
  let socket: Socket;
  let next = 1;
  let attempt = 0;

  function deliver(data: unknown) {
    const message = JSON.parse(String(data)) as { id?: number; news?: string; value?: unknown } & Answer;
    if (message.news !== undefined) {
      for (const listener of listeners) listener(message.news, message.value);
      return;
    }
    const waiting = message.id === undefined ? undefined : pending.get(message.id);
    if (!waiting || message.id === undefined) return;
    pending.delete(message.id);
    waiting.settle(message.ok ? { ok: true, answer: message.answer } : { ok: false, refusal: message.refusal });
  }

  function open() {
    socket = connect();
    socket.onopen = () => {
      attempt = 0;
      for (const request of pending.values()) {
        request.sent = true;
        socket.send(request.message);
      }
      onConnection(true);
    };
    socket.onmessage = (event) => deliver(event.data);
    socket.onclose = () => {
      onConnection(false);
      for (const [id, request] of pending) {
        if (!request.sent) continue;
        pending.delete(id);
        request.settle({ ok: false, refusal: LOST });
      }
      setTimeout(open, WAITS[Math.min(attempt++, WAITS.length - 1)]);
    };
  }

  open();
  return {
    request(name, params) {
      const id = next++;
      return new Promise<Answer>((settle) => {
        const sent = socket.readyState === OPEN;
        const message = JSON.stringify({ id, name, params });
        pending.set(id, { message, sent, settle });
        if (sent) socket.send(message);
      });
    },
    onNews(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** Where the page's own host listens. */
export function socketAddress(location: { protocol: string; host: string }): string {
  return `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api`;
}
