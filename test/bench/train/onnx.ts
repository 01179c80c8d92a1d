/** ONNX Runtime's side: the network that peer.py has exported. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { serve, type Work } from '../serve.ts';

const works = new Map<string, Work>();

await serve({
  works,
  async open({ model, input, shape, threads }: OnnxRequest) {
    const session = await InferenceSession.create(model, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionProviders: ['cpu'],
      graphOptimizationLevel: 'all',
    });
    const values = new Float32Array(new Uint8Array(readFileSync(input)).buffer);
    const feeds = { [session.inputNames[0]]: new Tensor('float32', values, shape) };
    const forward = async () => (await session.run(feeds))[session.outputNames[0]].data as Float32Array;
    works.set('forward', async () => {
      await forward();
    });
    const { version } = createRequire(import.meta.url)('onnxruntime-node/package.json');
    const value = Math.sqrt((await forward()).reduce((sum, x) => sum + x * x, 0));
    return { name: `ONNX Runtime ${version}`, variants: ['forward'], value };
  },
});

export interface OnnxRequest {
  model: string;
  /** The input's float32 bytes, NCHW, normalised. */
  input: string;
  shape: number[];
  threads: number;
}
