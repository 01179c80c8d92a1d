import type { Refusal } from '../src-main/contract/window.ts';

/** What the host would not do, with what to do next. */
export class Refused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.message);
    this.name = 'Refused';
    this.refusal = refusal;
  }
}

/** A refusal as one line: what, where, what next. */
export function refusalLine({ message, where, next }: Refusal): string {
  return [message, where && !message.includes(where) ? `(${where})` : '', next].filter(Boolean).join(' ');
}

/** Anything thrown, as what is shown to the user. */
export function asRefusal(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  return { message: error instanceof Error ? error.message : String(error) };
}
