/** The other end of side.ts for our own scripts: answers requests, one line each, until its input ends. */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { ANSWER } from './side.ts';

export type Work = () => void | Promise<void>;

export interface Served {
  open(request: never): Promise<unknown>;
  /** The variants, once it is open. */
  works: ReadonlyMap<string, Work>;
  profile?(variant: string, steps: number): Promise<unknown>;
}

export async function serve(served: Served): Promise<void> {
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    try {
      say({ result: await answer(served, request) });
    } catch (error) {
      say({ error: error instanceof Error ? error.message : String(error) });
    }
  }
  process.exit(0);
}

function say(message: unknown): void {
  process.stdout.write(`${ANSWER}${JSON.stringify(message)}\n`);
}

async function answer(served: Served, request: { do: string; variant: string; steps: number }): Promise<unknown> {
  if (request.do === 'open') return served.open(request as never);
  if (request.do === 'run') return times(served.works.get(request.variant)!, request.steps);
  if (request.do === 'profile') return served.profile!(request.variant, request.steps);
  if (request.do === 'peak') return peak();
  throw new Error(`It cannot ${request.do}.`);
}

async function times(work: Work, steps: number): Promise<number[]> {
  const seconds: number[] = [];
  for (let i = 0; i < steps; i++) {
    const began = performance.now();
    await work();
    seconds.push((performance.now() - began) / 1000);
  }
  return seconds;
}

function peak(): number {
  const line = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'));
  if (!line) throw new Error('This system does not say how much memory a process has held.');
  return Number(line[1]) * 1024;
}
