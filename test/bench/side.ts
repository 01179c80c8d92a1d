/** A process that computes when it is told to: one side of a comparison. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { computeEnvironment } from '../../src-main/base/compute-environment.ts';

/** Its answers are lines that begin so; other lines are a library's chatter. */
export const ANSWER = '> ';

/** What a side says of itself once it is ready. */
export interface Opened {
  /** Whom it computes with: "PyTorch 2.13.0". */
  name: string;
  /** Ways of doing the work, which are measured one by one. */
  variants: string[];
  /** Trainable parameters of the network; absent where it does not know. */
  parameters?: number;
  /** What the work gives at first (a loss, or the L2 norm of the logits), to see that all do the same. */
  value?: number;
  /** Whether it computes on an NVIDIA card; absent where it does not know. */
  cuda?: boolean;
  /** What it could not do, as whole sentences. */
  notes?: string[];
}

export class Side {
  private readonly child: ChildProcess;
  private readonly answers: AsyncIterator<string>;
  private readonly ended: Promise<void>;
  private words = '';

  private constructor(program: string, args: string[], env: NodeJS.ProcessEnv) {
    this.child = spawn(program, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.words = (this.words + text).slice(-4000);
    });
    this.ended = new Promise((resolve) => {
      this.child.on('close', () => resolve());
      this.child.on('error', (error) => {
        this.words += error.message;
        resolve();
      });
    });
    // Writing to a process that has died is told by its end, not here.
    this.child.stdin!.on('error', () => {});
    this.answers = createInterface({ input: this.child.stdout! })[Symbol.asyncIterator]();
  }

  /** One of our own scripts on Electron as Node. */
  static ours(script: string, threads: number): Side {
    return new Side(process.execPath, [fileURLToPath(new URL(script, import.meta.url))], {
      ...computeEnvironment(process.env),
      TF_NUM_INTRAOP_THREADS: String(threads),
    });
  }

  static python(python: string, script: string, threads: number): Side {
    // Settings that were made for this machine's own libraries are not to slow the peer down.
    const own = Object.entries(process.env).filter(([name]) => !name.startsWith('OPENBLAS_'));
    return new Side(python, [fileURLToPath(new URL(script, import.meta.url))], {
      ...Object.fromEntries(own),
      OMP_NUM_THREADS: String(threads),
      PYTHONWARNINGS: 'ignore',
      PYTHONDONTWRITEBYTECODE: '1',
    });
  }

  /** @throws Error with its last words where it refuses or dies */
  async ask<T>(request: { do: string; [argument: string]: unknown }): Promise<T> {
    this.child.stdin!.write(`${JSON.stringify(request)}\n`);
    for (;;) {
      const { value: line, done } = await this.answers.next();
      if (done) throw new Error(`It died: ${lastLine(this.words)}`);
      if (!line.startsWith(ANSWER)) continue;
      const answer = JSON.parse(line.slice(ANSWER.length));
      if (answer.error !== undefined) throw new Error(answer.error);
      return answer.result;
    }
  }

  open(request: Record<string, unknown>): Promise<Opened> {
    return this.ask({ do: 'open', ...request });
  }

  /** Does the work of a variant several times. @returns seconds of each */
  run(variant: string, steps: number): Promise<number[]> {
    return this.ask({ do: 'run', variant, steps });
  }

  /** The most memory that the process has held, in bytes (Linux: VmHWM). */
  peak(): Promise<number> {
    return this.ask({ do: 'peak' });
  }

  /** Ends the process. */
  async close(): Promise<void> {
    this.child.stdin!.end();
    this.child.kill();
    await this.ended;
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) || 'it said nothing.';
}
