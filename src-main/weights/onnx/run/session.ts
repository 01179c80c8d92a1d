/**
 * ONNX Runtime as a function that is called and answers: it runs in a thread that this one waits for, since nothing else
 * is to be done meanwhile and TensorFlow's operations answer at once too.
 */
import { fileURLToPath } from 'node:url';
import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { threadScript } from '../../../base/thread-pool.ts';
import { Problem } from '../../../contract/problem.ts';

export type SessionRequest =
  | { kind: 'open'; model: Uint8Array; optimise: boolean }
  | { kind: 'run'; input: string; pixels: Float32Array; dims: number[]; wanted: string[]; read: boolean }
  | { kind: 'close' };

/** A value that the model gave; `data` only where it was to be read and is of float32. */
export interface SessionValue {
  name: string;
  type: string;
  dims: number[];
  data: Float32Array | null;
}

export type SessionAnswer = { values: SessionValue[] } | { error: string };

/** What the thread gets when it starts. */
export interface SessionThread {
  port: MessagePort;
  /** 1 as soon as the answer is in the port. */
  answered: Int32Array<SharedArrayBuffer>;
}

/** A thread that has not answered after so long is not there any more. */
const LONGEST_MS = 15 * 60_000;

export class OnnxSession {
  private readonly port: MessagePort;
  private readonly answered = new Int32Array(new SharedArrayBuffer(4));
  private readonly thread: Worker;
  private readonly where: string;

  /**
   * @param model an ONNX file's bytes
   * @param where the file, for words
   * @param optimise whether it is worth the time to bring it into a faster form
   * @throws Problem where ONNX Runtime does not take the model
   */
  constructor(model: Uint8Array, where: string, optimise = true) {
    const { port1, port2 } = new MessageChannel();
    this.port = port1;
    this.where = where;
    const workerData: SessionThread = { port: port2, answered: this.answered };
    const script = threadScript(new URL('./session.thread.ts', import.meta.url));
    this.thread = new Worker(fileURLToPath(script), { workerData, transferList: [port2] });
    this.thread.unref();
    try {
      this.ask({ kind: 'open', model, optimise });
    } catch (error) {
      void this.thread.terminate();
      throw error;
    }
  }

  /**
   * Runs the model on one picture.
   * @param pixels of the shape `dims`
   * @param wanted names of values that the model gives as outputs
   * @param read false: only their dimensions are told
   * @throws Problem where ONNX Runtime fails
   */
  run(input: string, pixels: Float32Array, dims: number[], wanted: string[], read = true): SessionValue[] {
    return this.ask({ kind: 'run', input, pixels, dims, wanted, read });
  }

  close(): void {
    this.ask({ kind: 'close' });
    this.port.close();
    void this.thread.terminate();
  }

  private ask(request: SessionRequest): SessionValue[] {
    this.port.postMessage(request);
    const waited = Atomics.wait(this.answered, 0, 0, LONGEST_MS);
    Atomics.store(this.answered, 0, 0);
    const message = receiveMessageOnPort(this.port)?.message as SessionAnswer | undefined;
    if (waited === 'timed-out' || !message) throw new Error('The thread of ONNX Runtime does not answer.');
    if ('values' in message) return message.values;
    throw new Problem(`ONNX Runtime cannot run ${this.where}: ${message.error}`, {
      where: this.where,
      next: 'Try the model with onnxruntime in Python, and export it again.',
    });
  }
}
