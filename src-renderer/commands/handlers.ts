import type { CommandId } from './list.ts';

/** What a command does, and whether it can be done now. */
export interface Handler {
  run(): void;
  enabled?(): boolean;
}

const handlers = new Map<string, Handler>();

/** Gives commands their meaning; a view may do so while it is shown. Answers what takes it back. */
export function handle(some: Partial<Record<CommandId, Handler | (() => void)>>): () => void {
  const mine = new Map<string, Handler>();
  for (const [id, handler] of Object.entries(some)) {
    const full = typeof handler === 'function' ? { run: handler } : handler;
    if (full) mine.set(id, full);
  }
  for (const [id, handler] of mine) handlers.set(id, handler);
  return () => {
    for (const [id, handler] of mine) if (handlers.get(id) === handler) handlers.delete(id);
  };
}

/** Whether a command means something now. */
export function canRun(id: string): boolean {
  const handler = handlers.get(id);
  return handler !== undefined && (handler.enabled?.() ?? true);
}

/** Gives a command; one that cannot be done now does nothing. */
export function run(id: string): void {
  if (canRun(id)) handlers.get(id)?.run();
}
