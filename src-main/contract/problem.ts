/**
 * What the user is told when something cannot be done: one sentence that says what and where, and what to do next.
 * Everything that is the user's to mend is thrown as a Problem; anything else that is thrown is our own fault.
 */
export class Problem extends Error {
  /** The file, folder, field or node it is about, as the user knows it. */
  readonly where: string | undefined;
  /** What the user can do next, as a sentence. */
  readonly next: string | undefined;

  constructor(message: string, options: { where?: string; next?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'Problem';
    this.where = options.where;
    this.next = options.next;
  }

  /** The one line that is shown: sentence, place, next step. */
  get line(): string {
    const where = this.where && !this.message.includes(this.where) ? ` (${this.where})` : '';
    return `${this.message}${where}${this.next ? ` ${this.next}` : ''}`;
  }
}

/** The line to show for anything that was thrown. */
export function describe(error: unknown): string {
  if (error instanceof Problem) return error.line;
  return error instanceof Error ? error.message : String(error);
}
