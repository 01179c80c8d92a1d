/** The networks that are measured, each with the size of its batch, and the files from which both sides start alike. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { randomBits, randomUniform } from '../../../src-main/base/random.ts';
import type { NetworkRef } from '../../../src-main/contract/model.ts';
import { type Graph, sizeOf } from '../../../src-main/networks/graph.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { toTorch } from '../../../src-main/networks/torch-layout.ts';

export interface NetworkCase {
  /** As rows call it, and as peer.py knows it. */
  name: string;
  network: NetworkRef;
  outputs: number;
  batch: number;
  /** Height and width. */
  size: [number, number];
}

export const CASES: readonly NetworkCase[] = [
  {
    name: 'espnet',
    network: { id: 'espnet', options: { p: 2, q: 8 } },
    outputs: 12,
    batch: 4,
    size: [360, 480],
  },
  { name: 'pspnet-r18', network: { id: 'pspnet-r18', options: {} }, outputs: 19, batch: 2, size: [256, 256] },
  {
    name: 'deeplabv3-mobilenetv2',
    network: { id: 'deeplabv3-mobilenetv2', options: {} },
    outputs: 19,
    batch: 2,
    size: [256, 256],
  },
  { name: 'bisenetv2', network: { id: 'bisenetv2', options: {} }, outputs: 19, batch: 2, size: [256, 512] },
];

export const SEED = 1;

/**
 * A batch of noise. Labels are drawn for squares of `square` pixels' side; one in twenty is ignored. Bytes as the loader
 * gives them.
 */
export function noiseBatch(
  batch: number,
  [height, width]: readonly [number, number],
  classes: number,
  square = 1,
): { image: Uint8Array<ArrayBuffer>; labels: Int32Array<ArrayBuffer>; items: Int32Array<ArrayBuffer> } {
  const pixels = batch * height * width;
  return {
    image: Uint8Array.from({ length: pixels * 3 }, (_, i) => randomBits(SEED, 'image', i) & 255),
    labels: Int32Array.from({ length: pixels }, (_, i) => {
      const [row, column] = [Math.floor(i / width), i % width].map((at) => Math.floor(at / square));
      const draw = randomUniform(SEED, 'label', row * Math.ceil(width / square) + column);
      return draw < 0.05 ? 255 : Math.floor(((draw - 0.05) / 0.95) * classes);
    }),
    items: Int32Array.from({ length: batch }, (_, i) => i),
  };
}

/**
 * Weights for inference: convolutions scaled up to He's gain, so that activations keep their size through the network
 * without the batch's statistics, and no arithmetic on denormal numbers flatters or harms anybody.
 */
export function inferenceWeights(graph: Graph): Map<string, Float32Array> {
  const weights = initialWeights(graph, SEED);
  for (const { name, shape } of graph.params) {
    if (shape.length === 4)
      weights.set(
        name,
        weights.get(name)!.map((value) => value * Math.sqrt(6)),
      );
  }
  return weights;
}

/**
 * Writes what peer.py starts from: the weights by PyTorch's names in its layout, the batch's bytes and labels.
 * @throws Problem where the network is not there
 */
export function writeCase(folder: string, one: NetworkCase, purpose: 'training' | 'inference'): void {
  const graph = buildNetwork(one.network, one.outputs);
  const weights = purpose === 'training' ? initialWeights(graph, SEED) : inferenceWeights(graph);
  mkdirSync(folder, { recursive: true });
  const { image, labels } = noiseBatch(one.batch, one.size, one.outputs);
  writeFileSync(path.join(folder, 'image.bin'), image);
  writeFileSync(path.join(folder, 'labels.bin'), new Uint8Array(labels.buffer));
  const arrays = graph.params.map((spec) => ({ spec, values: toTorch(spec, weights.get(spec.name)!) }));
  writeFileSync(
    path.join(folder, 'weights.bin'),
    Buffer.concat(arrays.map(({ values }) => new Uint8Array(values.buffer))),
  );
  const index = arrays.map(({ spec }) => ({ name: spec.torchName, shape: spec.torchShape }));
  writeFileSync(path.join(folder, 'weights.json'), JSON.stringify(index));
}

export function parametersOf(graph: Graph): number {
  return graph.params.reduce((sum, { trainable, shape }) => sum + (trainable ? sizeOf(shape) : 0), 0);
}
