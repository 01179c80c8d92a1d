/** Starts the real job process on the sources, as the workbench does on the bundle. */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { FromWorker, Job, ToWorker } from '../../../src-main/contract/job.ts';

const ENTRY = fileURLToPath(new URL('../../../src-main/worker/main.ts', import.meta.url));

export interface RunningWorker {
  child: ChildProcess;
  messages: FromWorker[];
  tell(message: ToWorker): void;
  /** Settled when it has ended: everything that it said. */
  ended: Promise<FromWorker[]>;
}

/**
 * @param onMessage called with each message and the worker, to answer, kill or disconnect it
 * @param options.preload a script that runs in the process before ours
 */
export function startWorker(
  job: Job,
  onMessage: (message: FromWorker, worker: RunningWorker) => void = () => {},
  options: { preload?: string } = {},
): RunningWorker {
  const child = fork(ENTRY, [], {
    serialization: 'advanced',
    execArgv: options.preload ? ['--import', options.preload] : [],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_NO_WARNINGS: '1' },
    stdio: ['ignore', 'inherit', 'pipe', 'ipc'],
  });
  let noise = '';
  child.stderr?.on('data', (text) => {
    noise += text;
  });
  const messages: FromWorker[] = [];
  const worker: RunningWorker = {
    child,
    messages,
    tell: (message) => {
      if (child.connected) child.send(message);
    },
    ended: new Promise((resolve) => {
      child.on('exit', (code, signal) => {
        const said = messages.some((message) => message.type === 'failed' || message.type === 'done');
        if (!said && signal === null && code !== 0) console.error(noise);
        resolve(messages);
      });
    }),
  };
  child.on('message', (message: FromWorker) => {
    messages.push(message);
    onMessage(message, worker);
  });
  worker.tell({ type: 'job', job });
  return worker;
}

/** The messages of one type. */
export function those<T extends FromWorker['type']>(
  messages: FromWorker[],
  type: T,
): Extract<FromWorker, { type: T }>[] {
  return messages.filter((message): message is Extract<FromWorker, { type: T }> => message.type === type);
}
