/** The thread of `OnnxSession`. */
import { workerData } from 'node:worker_threads';
import type * as Ort from 'onnxruntime-node';
import type { SessionAnswer, SessionRequest, SessionThread, SessionValue } from './session.ts';

const { port, answered } = workerData as SessionThread;
let ort: typeof Ort | null = null;
let session: Ort.InferenceSession | null = null;

async function answer(request: SessionRequest): Promise<SessionValue[]> {
  if (request.kind === 'open') {
    // Loaded here and where it is needed only: 45 MB
    ort = ((await import('onnxruntime-node')) as unknown as { default: typeof Ort }).default;
    const graphOptimizationLevel = request.optimise ? 'all' : 'disabled';
    session = await ort.InferenceSession.create(request.model, { logSeverityLevel: 3, graphOptimizationLevel });
    return [];
  }
  if (request.kind === 'close') {
    await session?.release();
    session = null;
    return [];
  }
  const { input, pixels, dims, wanted, read } = request;
  const given = await session!.run({ [input]: new ort!.Tensor('float32', pixels, dims) }, wanted);
  return wanted.map((name) => {
    const { type, dims, data } = given[name];
    const floats = read && data instanceof Float32Array ? data : null;
    return { name, type, dims: [...dims], data: floats };
  });
}

port.on('message', async (request: SessionRequest) => {
  let message: SessionAnswer;
  try {
    message = { values: await answer(request) };
  } catch (error) {
    message = { error: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(message);
  Atomics.store(answered, 0, 1);
  Atomics.notify(answered, 0);
});
