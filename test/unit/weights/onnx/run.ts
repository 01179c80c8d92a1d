/** A network in our engine and in ONNX Runtime, for tests that hold one against the other. */
import { InferenceSession, Tensor } from 'onnxruntime-node';
import type { ModelCard } from '../../../../src-main/contract/model.ts';
import { resizeBilinear } from '../../../../src-main/engine/ops/spatial.ts';
import { type Tensor4D, tf } from '../../../../src-main/engine/tf.ts';
import { Executable } from '../../../../src-main/networks/execute.ts';
import { type Graph, sizeOf } from '../../../../src-main/networks/graph.ts';
import { noise } from '../../../conformance/noise.ts';

/** Weights that make every part of a network matter: no bias of zero, no variance of one. */
export function someWeights(graph: Graph): Map<string, Float32Array> {
  return new Map(
    graph.params.map(({ name, shape }, i) => {
      const values = noise(sizeOf(shape), i + 1);
      const spread = 1 / Math.sqrt(Math.max(1, sizeOf(shape.slice(0, -1))));
      if (/\.(variance|scale)$/.test(name)) return [name, values.map((value) => 1 + 0.5 * value)];
      return [name, values.map((value) => value * (shape.length > 1 ? 1.7 * spread : 0.3))];
    }),
  );
}

export function cardOf(graph: Graph): ModelCard {
  return {
    name: graph.id,
    network: { id: graph.id, options: graph.options },
    classes: [{ name: 'Sky', color: [1, 2, 3] }],
    outputs: graph.outputs,
    preprocessing: { channels: 'bgr', mean: [110, 108, 105], std: [72, 73, 70], scale: 1 / 255 },
    licence: 'own',
    source: 'a test',
    sha256: '0',
  };
}

/** Logits at the picture's size, NHWC, of a batch of pictures one after the other. */
export function ours(
  graph: Graph,
  weights: Map<string, Float32Array>,
  pictures: Float32Array[],
  size: [number, number],
) {
  const executable = new Executable(graph, weights);
  const results = pictures.map((picture) =>
    tf.tidy(() => {
      const { logits } = executable.forward(tf.tensor4d(picture, [1, ...size, 3]));
      return (resizeBilinear(logits, size) as Tensor4D).dataSync<'float32'>().slice();
    }),
  );
  executable.dispose();
  return results;
}

/** The same of an ONNX file. */
export async function theirs(file: Uint8Array, pictures: Float32Array[], [height, width]: [number, number]) {
  const session = await InferenceSession.create(file, { logSeverityLevel: 3 });
  const results: Float32Array[] = [];
  for (const picture of pictures) {
    const input = new Tensor('float32', swap(picture, height * width, 3), [1, 3, height, width]);
    const answer = (await session.run({ [session.inputNames[0]]: input }))[session.outputNames[0]];
    const [, outputs, ...size] = answer.dims;
    if (size[0] !== height || size[1] !== width) throw new Error(`The output is ${size.join(' × ')}.`);
    results.push(swap(answer.data as Float32Array, outputs, height * width));
  }
  await session.release();
  return results;
}

/** A row-major matrix with its axes swapped: NHWC to NCHW of one image, and back. */
export function swap(values: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(values, (_, i) => values[(i % rows) * columns + Math.floor(i / rows)]);
}

export function somePictures(count: number, [height, width]: [number, number]): Float32Array[] {
  return Array.from({ length: count }, (_, i) => noise(height * width * 3, 100 + i));
}

/** The largest difference of logits, and how many pixels have another likeliest output. */
export function compare(a: Float32Array[], b: Float32Array[], outputs: number): { logits: number; pixels: number } {
  let [logits, pixels] = [0, 0];
  for (const [n, values] of a.entries()) {
    for (let at = 0; at < values.length; at += outputs) {
      let [here, there] = [0, 0];
      for (let c = 0; c < outputs; c++) {
        logits = Math.max(logits, Math.abs(values[at + c] - b[n][at + c]));
        if (values[at + c] > values[at + here]) here = c;
        if (b[n][at + c] > b[n][at + there]) there = c;
      }
      if (here !== there) pixels++;
    }
  }
  return { logits, pixels };
}
