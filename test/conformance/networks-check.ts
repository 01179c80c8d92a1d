/**
 * One network's case on the running engine: how far our outputs, gradients and running statistics are from PyTorch's.
 * The vitest suite and `npm run conformance -- networks` both use it.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { type Tensor4D, tf } from '../../src-main/engine/tf.ts';
import { Executable } from '../../src-main/networks/execute.ts';
import { countNetwork, type Graph, sizeOf } from '../../src-main/networks/graph.ts';
import { graphMemory } from '../../src-main/networks/memory.ts';
import { buildNetwork, buildToTrain } from '../../src-main/networks/registry.ts';
import { fromTorch, toTorch } from '../../src-main/networks/torch-layout.ts';
import { noise } from './noise.ts';

/** Norm of an array and its products with noise arrays; 256 of its values, evenly apart, where they are kept. */
export interface Summary {
  norm: number;
  products: number[];
  size?: number;
  samples?: number[];
}

/** Norm and product with one noise array. */
type Short = [norm: number, product: number];

export interface NetworkCase {
  network: string;
  options: Record<string, number>;
  outputs: number;
  size: [number, number];
  batch: number;
  /** Of the pictures' noise. */
  seed: number;
  /** The end of the names of scales that are made small, or of offsets that are made large. */
  damped?: string;
  /** Whether it is with its auxiliary outputs. */
  auxiliary?: true;
  /** Where the golden values come from: a package with its version, or our own writing. */
  oracle: string;
  parameters: number;
  /** Multiply–accumulates of one picture, where the reference tells them. */
  macs?: number;
  evaluated: Record<string, Summary>;
}

/** A case that has none of these is of a whole large network, whose training would take long. */
interface TrainedCase extends NetworkCase {
  trained: Record<string, Summary>;
  gradients: Record<string, Summary | Short>;
  statistics?: Record<string, Summary>;
}

const GOLDEN = new URL('./golden/', import.meta.url);

const cases: NetworkCase[] = readdirSync(GOLDEN)
  .filter((name) => name.startsWith('networks'))
  .flatMap((name) => JSON.parse(readFileSync(new URL(name, GOLDEN), 'utf8')))
  .map((golden) => ({ oracle: 'own PyTorch', ...golden }));

/** The cases that an engine can run in seconds: whole large networks on native engines only. */
export function networkCases(engine: string): NetworkCase[] {
  return /^(cpu|cuda)/.test(engine) ? cases : cases.filter(isTrained);
}

/**
 * Those of them that `npm test` runs: a large network takes long to fill with noise, and engines that compute slowly run
 * some only; each node's op is tried on all engines by itself.
 */
export function shortCases(engine: string): NetworkCase[] {
  if (engine === 'cpu') return cases.filter(({ parameters }) => parameters < 1e7);
  const few = engine === 'webgpu' ? /^(espnet|pspnet)/ : /./;
  return cases.filter((golden) => isTrained(golden) && golden.statistics && few.test(golden.network));
}

export function isTrained(golden: NetworkCase): golden is TrainedCase {
  return 'trained' in golden;
}

/** Allowed differences; see below for what they are shares of. */
export const LIMITS = { forward: 1e-4, gradient: 1e-3 };

/**
 * Arrays of a smaller norm are judged as of this one. Of gradients it is a share of the largest gradient's; a larger one
 * where the reference has none, as for a bias before a convolution and a batch norm: in float32 rounding leaves something
 * of the large sums that are zero together, and on engines that add up one by one more than on others.
 */
const LEAST_NORM = 1e-3;
const LEAST_SHARE = 1e-4;
const LEAST_SHARE_OF_NONE = 1e-3;
/** A share of the largest gradient's norm that is none in float64. */
const NONE = 1e-12;

/** Parameters, and multiply–accumulates at the case's size; the reference's are null where it does not tell them. */
export interface Counts {
  parameters: number;
  referenceParameters: number;
  macs: number;
  referenceMacs: number | null;
}

export function countOf(golden: NetworkCase): Counts {
  const { parameters, macs } = countNetwork(graphOf(golden), golden.size);
  return { parameters, referenceParameters: golden.parameters, macs, referenceMacs: golden.macs ?? null };
}

function graphOf({ network, options, outputs, auxiliary }: NetworkCase): Graph {
  return (auxiliary ? buildToTrain : buildNetwork)({ id: network, options }, outputs);
}

/** Bytes of the passes of a training step over one picture, of the case's size where no other is given. */
export function memoryOf(golden: NetworkCase, size = golden.size): number {
  const graph = graphOf(golden);
  const taps = (graph.auxiliaries ?? []).map(({ node }) => node);
  return graphMemory(graph, [1, ...size], { training: true, taps }).backward;
}

/** Whether both counts are the reference's, where it tells them. */
export function countsAlike({ parameters, referenceParameters, macs, referenceMacs }: Counts): boolean {
  return parameters === referenceParameters && (referenceMacs === null || macs === referenceMacs);
}

/** In evaluation, folded or not. @returns the worst difference of logits and taps. */
export function checkEvaluation(golden: NetworkCase): number {
  const { graph, weights } = prepare(golden);
  const x = input(golden);
  const plain = new Executable(graph, weights);
  const folded = plain.fold();
  const taps = Object.keys(golden.evaluated).filter((name) => name !== 'logits');
  let worst = 0;
  for (const executable of [plain, folded]) {
    const answer = executable.forward(x, { taps });
    worst = Math.max(worst, difference(values(answer.logits), golden.evaluated.logits, 11));
    for (const tap of taps) {
      worst = Math.max(worst, difference(values(answer.taps.get(tap)!), golden.evaluated[tap], 11));
    }
    tf.dispose([answer.logits, ...answer.taps.values()]);
    executable.dispose();
  }
  x.dispose();
  return worst;
}

/**
 * In training, with gradients arriving at logits and taps.
 * @returns the worst differences of outputs and running statistics (forward), and of all parameters' gradients
 */
export function checkTraining(golden: TrainedCase): { forward: number; gradient: number } {
  const { graph, weights } = prepare(golden);
  const x = input(golden);
  const executable = new Executable(graph, weights);
  const used = Object.keys(golden.trained);
  const { logits, taps, saved } = executable.forward(x, { training: true, taps: used });
  let forward = difference(values(logits), golden.trained.logits, 11);
  const arriving = new Map<string, Tensor4D>();
  for (const [i, name] of used.entries()) {
    const output = taps.get(name)!;
    forward = Math.max(forward, difference(values(output), golden.trained[name], 11));
    arriving.set(name, tf.tensor(noise(output.size, 20 + i), output.shape) as Tensor4D);
  }
  const gradients = executable.backward(saved!, arriving);
  if (gradients.size !== Object.keys(golden.gradients).length) {
    throw new Error(`${gradients.size} gradients instead of ${Object.keys(golden.gradients).length}.`);
  }
  let gradient = 0;
  const largest = Math.max(...Object.values(golden.gradients).map((one) => summaryOf(one).norm));
  for (const spec of graph.params.filter(({ trainable }) => trainable)) {
    const ours = toTorch(spec, values(gradients.get(spec.name)!));
    const theirs = summaryOf(golden.gradients[spec.torchName]);
    const share = theirs.norm < NONE * largest ? LEAST_SHARE_OF_NONE : LEAST_SHARE;
    gradient = Math.max(gradient, difference(ours, theirs, 31, share * largest));
  }
  const moved = executable.weights();
  for (const spec of golden.statistics ? graph.params.filter(({ trainable }) => !trainable) : []) {
    const ours = toTorch(spec, moved.get(spec.name)!);
    forward = Math.max(forward, difference(ours, golden.statistics![spec.torchName], 41));
  }
  tf.dispose([x, logits, ...taps.values(), ...arriving.values(), ...gradients.values()]);
  executable.dispose();
  return { forward, gradient };
}

function prepare(golden: NetworkCase): { graph: Graph; weights: Map<string, Float32Array> } {
  const graph = graphOf(golden);
  return { graph, weights: weightsOf(graph, golden.damped) };
}

/** As test/oracles/networks.py and network_cases.py do: a function of each array's name and shape in PyTorch. */
export function weightsOf(graph: Graph, damped?: string): Map<string, Float32Array> {
  return new Map(
    graph.params.map((spec) => [spec.name, fromTorch(spec, torchValues(spec.torchName, spec.torchShape, damped))]),
  );
}

/** The values of an array of PyTorch's. */
export function torchValues(torchName: string, torchShape: readonly number[], damped = 'none'): Float32Array {
  const letters = [...torchName].reduce((sum, letter) => sum + letter.charCodeAt(0), 0);
  const values = noise(sizeOf(torchShape), letters);
  if (torchShape.length >= 2) return values.map((value) => (value * 1.5) / Math.sqrt(sizeOf(torchShape.slice(1))));
  if (torchName.endsWith('running_var')) return values.map((value) => 1 + 0.5 * value);
  const named = torchName.endsWith(damped);
  if (/(running_mean|bias)$/.test(torchName)) return values.map((value) => 0.2 * value + (named ? 1 : 0));
  const factor = named ? 0.2 : 1;
  return values.map((value) => (0.6 + 0.4 * value) * factor);
}

/** The pictures of a case. */
export function input({ size: [height, width], batch, seed }: Pick<NetworkCase, 'size' | 'batch' | 'seed'>): Tensor4D {
  const shape: [number, number, number, number] = [batch, height, width, 3];
  return tf.tensor4d(
    noise(sizeOf(shape), seed).map((value) => value * 2),
    shape,
  );
}

function values(tensor: { dataSync(): unknown }): Float32Array {
  return tensor.dataSync() as Float32Array;
}

/**
 * The worst of the differences of the norm and of the products, as a share of the norm: an error of that share of the
 * norm in any direction would show so. Of single values that are kept, the worst as a share of the largest.
 */
export function difference(ours: Float32Array, golden: Summary, seed: number, least = LEAST_NORM): number {
  if (ours.length !== (golden.size ?? ours.length)) throw new Error(`${ours.length} values instead of ${golden.size}.`);
  const dot = (other: Float32Array) => ours.reduce((sum, value, i) => sum + value * other[i], 0);
  const differences = [
    Math.sqrt(dot(ours)) - golden.norm,
    ...golden.products.map((product, i) => dot(noise(ours.length, seed + i)) - product),
  ];
  const ofNorm = Math.max(...differences.map(Math.abs)) / Math.max(golden.norm, least);
  const { samples } = golden;
  if (!samples) return ofNorm;
  const largest = Math.max(least, ...samples.map(Math.abs));
  const apart = samples.map((value, i) => Math.abs(ours[Math.floor((i * ours.length) / samples.length)] - value));
  return Math.max(ofNorm, ...apart.map((one) => one / largest));
}

function summaryOf(given: Summary | Short): Summary {
  return Array.isArray(given) ? { norm: given[0], products: [given[1]] } : given;
}
