/**
 * The real application without Playwright, for what its memory is: Playwright listens to the network, and Chromium then
 * keeps the bodies of all answers for it, up to 200 MB, in the page's process.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { WebSocket } from 'ws';
import { ROOT, Scratch, switches } from '../../e2e/app.ts';

const PAGE_OF_MEMORY = 4096;

interface Answer {
  id: number;
  result?: { result?: { value?: unknown }; exceptionDetails?: { exception?: { description?: string }; text: string } };
  error?: { message: string };
}

export class BareWindow {
  private readonly scratch: Scratch;
  private readonly program: ChildProcess;
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (answer: Answer) => void>();
  private asked = 0;

  private constructor(scratch: Scratch, program: ChildProcess, socket: WebSocket) {
    this.scratch = scratch;
    this.program = program;
    this.socket = socket;
    socket.on('message', (data) => {
      const answer = JSON.parse(String(data)) as Answer;
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  /** Starts the application on a project; the display must be there. */
  static async open(project: string): Promise<BareWindow> {
    const scratch = new Scratch();
    const { ELECTRON_RUN_AS_NODE: _, ...env } = scratch.env;
    const debugged = ['--remote-debugging-port=0', `--user-data-dir=${scratch.path('profile')}`];
    const program = spawn(process.execPath, [...switches('machine'), ...debugged, ROOT, project], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    const socket = new WebSocket(await pageAddress(await debuggingPort(program)));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    const window = new BareWindow(scratch, program, socket);
    while (!(await window.loaded())) await wait(100);
    return window;
  }

  /** Runs a function in the page, by its text: it sees its argument and the page alone. */
  async run<A, T>(inPage: (argument: A) => T | Promise<T>, argument: A): Promise<T> {
    const expression = `(${inPage})(${JSON.stringify(argument)})`;
    const { result } = await this.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    const failed = result?.exceptionDetails;
    if (failed) throw new Error(failed.exception?.description ?? failed.text);
    return result?.result?.value as T;
  }

  /** Waits for an element and clicks into its middle. */
  async click(selector: string): Promise<void> {
    const [x, y] = await this.run(async (which) => {
      let found = document.querySelector(which);
      for (; !found; found = document.querySelector(which)) await new Promise(requestAnimationFrame);
      const { left, top, width, height } = found.getBoundingClientRect();
      return [left + width / 2, top + height / 2];
    }, selector);
    for (const type of ['mousePressed', 'mouseReleased']) {
      await this.send('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
    }
  }

  /** Bytes in memory of the page's process and of the one that draws for it, after a collection. */
  async memory(): Promise<{ page: number; drawing: number }> {
    await this.send('HeapProfiler.collectGarbage');
    return { page: this.resident('renderer'), drawing: this.resident('gpu-process') };
  }

  async close(): Promise<void> {
    this.socket.close();
    const ended = new Promise((resolve) => this.program.once('exit', resolve));
    this.program.kill();
    await ended;
    this.scratch.remove();
  }

  private async loaded(): Promise<boolean> {
    try {
      return await this.run(() => document.readyState === 'complete', null);
    } catch {
      // Between the empty page and ours there is none to ask.
      return false;
    }
  }

  private async send(method: string, params = {}): Promise<Answer> {
    const id = ++this.asked;
    const answered = new Promise<Answer>((resolve) => this.waiting.set(id, resolve));
    this.socket.send(JSON.stringify({ id, method, params }));
    const answer = await answered;
    if (answer.error) throw new Error(`${method}: ${answer.error.message}`);
    return answer;
  }

  private resident(type: string): number {
    const profile = this.scratch.path('profile');
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .reduce((sum, process) => {
        try {
          const command = readFileSync(`/proc/${process}/cmdline`, 'utf8');
          if (!command.includes(`--type=${type}`) || !command.includes(profile)) return sum;
          return sum + Number(readFileSync(`/proc/${process}/statm`, 'utf8').split(' ')[1]) * PAGE_OF_MEMORY;
        } catch {
          // It has ended meanwhile.
          return sum;
        }
      }, 0);
  }
}

function debuggingPort(program: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let said = '';
    program.stderr!.on('data', (data) => {
      said = (said + data).slice(-10_000);
      const port = /DevTools listening on ws:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1];
      if (port) resolve(port);
    });
    program.once('exit', (code) => reject(new Error(`The application ended with code ${code}.`)));
  });
}

async function pageAddress(port: string): Promise<string> {
  for (;;) {
    const listed = await (await fetch(`http://127.0.0.1:${port}/json/list`)).json();
    const page = (listed as { type: string; webSocketDebuggerUrl: string }[]).find(({ type }) => type === 'page');
    if (page) return page.webSocketDebuggerUrl;
    await wait(100);
  }
}
