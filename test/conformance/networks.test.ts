import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../src-main/engine/choose.ts';
import { type Tensor, type Tensor4D, tf } from '../../src-main/engine/tf.ts';
import { Executable } from '../../src-main/networks/execute.ts';
import { foldNetwork } from '../../src-main/networks/fold.ts';
import { countNetwork, type Graph, type ParamSpec, sizeOf } from '../../src-main/networks/graph.ts';
import { buildNetwork } from '../../src-main/networks/registry.ts';
import { fromTorch, toTorch } from '../../src-main/networks/torch-layout.ts';
import { noise } from './noise.ts';

/** Norm of an array and its products with two noise arrays. */
interface Summary {
  norm: number;
  products: number[];
  size: number;
}

interface Case {
  network: string;
  options: Record<string, number>;
  outputs: number;
  size: [number, number];
  parameters: number;
  evaluated: Record<string, Summary>;
  trained: Record<string, Summary>;
  gradients: Record<string, Summary>;
  statistics: Record<string, Summary>;
}

const cases: Case[] = JSON.parse(readFileSync(new URL('./golden/networks.json', import.meta.url), 'utf8'));
const FORWARD = 1e-4;
const GRADIENT = 1e-3;

afterEach(() => expect(tf.memory().numTensors).toBe(0));

describe.each(['cpu', 'wasm'] as const)('%s', (engine) => {
  beforeAll(async () => {
    await startEngine(engine);
  });

  describe.each(cases)('$network $options with $outputs outputs', (golden) => {
    const graph = buildNetwork({ id: golden.network, options: golden.options }, golden.outputs);
    const weights = weightsOf(graph);

    test('has as many parameters', () => {
      expect(countNetwork(graph, golden.size).parameters).toBe(golden.parameters);
    });

    test('gives what PyTorch gives in evaluation, folded or not', () => {
      const x = input(golden.size);
      const plain = new Executable(graph, weights);
      const folded = plain.fold();
      const taps = Object.keys(golden.evaluated).filter((name) => name !== 'logits');
      for (const executable of [plain, folded]) {
        const answer = executable.forward(x, { taps });
        expectLike(answer.logits, golden.evaluated.logits, 11, FORWARD);
        for (const tap of taps) expectLike(answer.taps.get(tap)!, golden.evaluated[tap], 11, FORWARD);
        tf.dispose([answer.logits, ...answer.taps.values()]);
        executable.dispose();
      }
      x.dispose();
    });

    test('trains as PyTorch does: outputs, all gradients, running statistics', () => {
      const x = input(golden.size);
      const executable = new Executable(graph, weights);
      const used = Object.keys(golden.trained);
      const { logits, taps, saved } = executable.forward(x, { training: true, taps: used });
      expectLike(logits, golden.trained.logits, 11, FORWARD);
      const arriving = new Map<string, Tensor4D>();
      for (const [i, name] of used.entries()) {
        const output = taps.get(name)!;
        expectLike(output, golden.trained[name], 11, FORWARD);
        arriving.set(name, tf.tensor(noise(output.size, 20 + i), output.shape) as Tensor4D);
      }
      const gradients = executable.backward(saved!, arriving);
      expect(gradients.size).toBe(Object.keys(golden.gradients).length);
      for (const spec of graph.params.filter(({ trainable }) => trainable)) {
        const values = gradients.get(spec.name)!.dataSync() as Float32Array;
        expectValues(toTorch(spec, values), golden.gradients[spec.torchName], 31, GRADIENT);
      }
      const moved = executable.weights();
      for (const spec of graph.params.filter(({ trainable }) => !trainable)) {
        expectValues(moved.get(spec.name)!, golden.statistics[spec.torchName], 41, FORWARD);
      }
      tf.dispose([x, logits, ...taps.values(), ...arriving.values(), ...gradients.values()]);
      executable.dispose();
    });
  });
});

test('a folded network has no batch norm after a convolution, and the same counts', () => {
  const graph = buildNetwork({ id: 'espnet', options: {} }, 12);
  const folded = foldNetwork(graph, weightsOf(graph)).graph;
  const kinds = new Map(folded.nodes.map((node) => [node.name, node.kind]));
  const after = folded.nodes.filter(({ kind }) => kind === 'batchNorm').map(({ inputs }) => kinds.get(inputs[0]));
  expect(new Set(after)).toEqual(new Set(['concat', 'add']));
  expect(graph.nodes.length - folded.nodes.length).toBe(4);
  expect(countNetwork(folded, [48, 64]).macs).toBe(countNetwork(graph, [48, 64]).macs);
});

/** As test/oracles/networks.py does: a function of each array's name and shape in PyTorch. */
function weightsOf(graph: Graph): Map<string, Float32Array> {
  return new Map(graph.params.map((spec) => [spec.name, fromTorch(spec, torchValues(spec))]));
}

function torchValues({ torchName, torchShape }: ParamSpec): Float32Array {
  const letters = [...torchName].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const values = noise(sizeOf(torchShape), letters);
  if (torchShape.length === 4) return values.map((value) => (value * 1.5) / Math.sqrt(sizeOf(torchShape.slice(1))));
  if (torchName.endsWith('running_var')) return values.map((value) => 1 + 0.5 * value);
  if (/(running_mean|bias)$/.test(torchName)) return values.map((value) => 0.2 * value);
  return values.map((value) => 0.6 + 0.4 * value);
}

function input([height, width]: [number, number]): Tensor4D {
  const shape: [number, number, number, number] = [2, height, width, 3];
  return tf.tensor4d(
    noise(sizeOf(shape), 7).map((value) => value * 2),
    shape,
  );
}

function expectLike(tensor: Tensor, golden: Summary, seed: number, tolerance: number): void {
  expectValues(tensor.dataSync() as Float32Array, golden, seed, tolerance);
}

/** The products' tolerance is that of an error of the stated share of the norm in any direction. */
function expectValues(values: Float32Array, golden: Summary, seed: number, tolerance: number): void {
  expect(values.length).toBe(golden.size);
  const dot = (other: Float32Array) => values.reduce((sum, value, i) => sum + value * other[i], 0);
  expect(Math.abs(Math.sqrt(dot(values)) - golden.norm)).toBeLessThan(tolerance * golden.norm + 1e-6);
  golden.products.forEach((product, i) => {
    expect(Math.abs(dot(noise(values.length, seed + i)) - product)).toBeLessThan(tolerance * golden.norm + 1e-6);
  });
}
