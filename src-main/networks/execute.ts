/**
 * Running and training a network graph on the active engine. The backward pass is our own: it needs no tape, and every
 * activation and gradient is disposed as soon as nothing needs it any more.
 *
 * Each trainable parameter is a tensor that nothing else shares, so that an optimizer may write to it. Running statistics
 * lie in one flat tensor, so that moving them is a few ops.
 */
import type { Precision } from '../contract/precision.ts';
import { addAll } from '../engine/ops/combine.ts';
import { inPrecision } from '../engine/ops/precision.ts';
import { type Tensor, type Tensor1D, type Tensor4D, tf } from '../engine/tf.ts';
import { disposeViews, flatTensor, indexOf, valuesOf, viewsOf } from './flat.ts';
import { foldNetwork, type Weights } from './fold.ts';
import { type Graph, type GraphNode, nodeSizes, type ParamSpec, requireNode, requireSize, sizeOf } from './graph.ts';
import { kindOf } from './kinds.ts';
import type { ForwardAnswer, ForwardCall } from './node-kind.ts';
import { Plan } from './plan.ts';
import { type Again, chooseSegments, type Segments } from './segments.ts';

/** How much of the running statistics a batch replaces: PyTorch's BatchNorm2d(momentum=0.1). */
const STATISTICS_MOMENTUM = 0.1;

/** Numbers in [0, 1) of a training pass, by node, picture and place; a function: the same ones whenever it is asked. */
export type NodeRandom = (node: string, picture: number, place: number) => number;

/** What backward() needs of a training forward pass. Ends with backward() or discard(). */
export interface Saved {
  plan: Plan;
  /** Outputs that some node's backward needs, by node. */
  values: Map<string, Tensor4D>;
  shapes: Map<string, [number, number, number, number]>;
  extras: Map<string, Tensor[]>;
  /** What is run again on the way back; null where everything was kept. */
  segments: Segments | null;
  random: NodeRandom | undefined;
}

export interface ForwardResult {
  /** Output of the logits node, NHWC. The caller's to dispose, as are the taps. */
  logits: Tensor4D;
  /** Outputs of the nodes that were asked for. */
  taps: Map<string, Tensor4D>;
  /** Only in training. */
  saved: Saved | null;
}

export interface ExecutableOptions {
  frozen?: boolean;
  precision?: Precision;
}

export class Executable {
  readonly graph: Graph;
  private readonly trainable: readonly ParamSpec[];
  /** The others: first those that are running statistics, then those that never change. */
  private readonly running: readonly ParamSpec[];
  /** How the graph is run, by the nodes that are asked for. */
  private readonly plans = new Map<string, Plan>();
  /** Where it is cut for checkpointing, by size and the nodes that are asked for. */
  private readonly segments = new Map<string, Segments>();
  private readonly frozen: boolean;
  private readonly precision: Precision;
  /** What frozen nodes' params were made into, by node. */
  private readonly prepared = new Map<string, { sizes: string; params: Tensor[] }>();
  /** In graph order. */
  private parameters: Map<string, Tensor>;
  private statistics: Tensor1D;
  private statisticViews: Map<string, Tensor> | null = null;

  /**
   * @param weights every array of the graph in our layout, by name; copied
   * @param options.frozen whether they never change, so that they are brought into the form that is the fastest once
   * @param options.precision what convolutions and matrix products compute in, forwards and backwards; the engine must
   *   have been made ready for it (engine/precision.ts)
   * @throws Problem when one is missing or of another size
   */
  constructor(graph: Graph, weights: Weights, { frozen = false, precision = 'float32' }: ExecutableOptions = {}) {
    this.graph = graph;
    this.frozen = frozen;
    this.precision = precision;
    this.trainable = graph.params.filter((spec) => spec.trainable);
    const others = graph.params.filter((spec) => !spec.trainable);
    this.running = [...others.filter(({ fixed }) => !fixed), ...others.filter(({ fixed }) => fixed)];
    const values = this.trainable.map((spec) => valuesOf(spec, weights));
    this.statistics = flatTensor(this.running, weights);
    this.parameters = this.named(
      this.trainable.map(({ shape }, i) => tf.tensor(values[i].slice(), [...shape], 'float32')),
    );
  }

  /** How many trainable parameters there are. */
  get size(): number {
    return this.trainable.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
  }

  /**
   * Replaces the trainable parameters.
   * @param change takes them over, in graph order, and gives back what stands in their place
   */
  changeParameters(change: (parameters: Tensor[]) => Tensor[]): void {
    this.parameters = this.named(change([...this.parameters.values()]));
  }

  /** Takes the running statistics of another one of the same params. */
  takeStatistics(from: Executable): void {
    disposeViews(this.statisticViews);
    this.statisticViews = null;
    this.statistics.dispose();
    this.statistics = from.statistics.clone();
  }

  private named(parameters: Tensor[]): Map<string, Tensor> {
    return new Map(this.trainable.map(({ name }, i) => [name, tf.keep(parameters[i])]));
  }

  /**
   * Runs the network on NHWC images. In training batch norm uses the batch's statistics and moves the running ones,
   * and what backward() needs is kept. Call it outside of TensorFlow.js's gradient functions.
   * @param x not disposed; height and width multiples of the graph's stride
   * @param options.checkpointing keeps little for backward(), which then computes the rest again: the same bits, in less
   *   memory and more time
   * @param options.random what dropout draws from in training; without it there is none
   * @throws Problem for a tap that is no node, or a size that does not fit
   */
  forward(
    x: Tensor4D,
    {
      training = false,
      checkpointing = false,
      taps = [],
      random,
    }: { training?: boolean; checkpointing?: boolean; taps?: readonly string[]; random?: NodeRandom } = {},
  ): ForwardResult {
    requireSize(this.graph, [x.shape[1], x.shape[2]]);
    for (const tap of taps) requireNode(this.graph, tap);
    const plan = this.planFor(taps);
    const segments = training && checkpointing ? this.segmentsFor(plan, x, taps) : null;
    const saved: Saved = { plan, values: new Map(), shapes: new Map(), extras: new Map(), segments, random };
    const { values } = saved;
    const kept = segments?.held ?? plan.kept;
    const left = new Map(plan.users);
    const tapped = new Map<string, Tensor4D>();
    const batchStatistics = new Map<string, Tensor1D>();
    for (const node of plan.nodes) {
      const answer: ForwardAnswer = node.inputs.length === 0 ? { output: x.clone() } : this.run(node, saved, training);
      const { output } = answer;
      if (answer.saved && segments?.runsAgain(node)) tf.dispose(answer.saved);
      else if (answer.saved) saved.extras.set(node.name, answer.saved);
      const running = node.params.filter((spec) => !spec.trainable && !spec.fixed);
      for (const [i, value] of (answer.statistics ?? []).entries()) batchStatistics.set(running[i].name, value);
      values.set(node.name, output);
      saved.shapes.set(node.name, output.shape);
      if (taps.includes(node.name)) tapped.set(node.name, output.clone());
      // Nothing reads an auxiliary output but whoever taps it.
      if (plan.unread.has(node.name) && !(training && kept.has(node.name))) release(values, node.name);
      for (const input of node.inputs) {
        left.set(input, left.get(input)! - 1);
        if (left.get(input) === 0 && !(training && kept.has(input))) release(values, input);
      }
    }
    const logits = values.get(this.graph.output)!.clone();
    if (!(training && kept.has(this.graph.output))) release(values, this.graph.output);
    if (!training) return { logits, taps: tapped, saved: null };
    this.moveStatistics(batchStatistics);
    return { logits, taps: tapped, saved };
  }

  private run(node: GraphNode, { values, random }: Saved, training: boolean): ForwardAnswer {
    const all = !training || kindOf(node.kind).readsRunning;
    const specs = all ? node.params : node.params.filter((spec) => spec.trainable);
    const arrays = (spec: ParamSpec) => (spec.trainable ? this.parameters : this.viewStatistics());
    const call = {
      attrs: node.attrs,
      inputs: node.inputs.map((input) => values.get(input)!),
      params: specs.map((spec) => arrays(spec).get(spec.name)!),
      training,
      ...(training && random && { random: (picture: number, place: number) => random(node.name, picture, place) }),
    };
    return inPrecision(this.precision, () =>
      kindOf(node.kind).forward(this.frozen ? { ...call, params: this.prepare(node, call) } : call),
    );
  }

  /** A frozen node's params for these inputs; those of the last size are kept. */
  private prepare({ name, kind }: GraphNode, call: ForwardCall): Tensor[] {
    const { prepare } = kindOf(kind);
    if (!prepare) return call.params;
    const sizes = call.inputs.map(({ shape }) => shape.join('×')).join(' ');
    const found = this.prepared.get(name);
    if (found?.sizes === sizes) return found.params;
    tf.dispose(found?.params ?? []);
    const params = prepare(call).map((param) => tf.keep(param));
    this.prepared.set(name, { sizes, params });
    return params;
  }

  /** Runs nodes of a training forward pass again, for what the backward pass needs of them. */
  private runAgain(saved: Saved, { nodes, users }: Again): void {
    const { plan, values, extras, segments } = saved;
    const left = new Map(users);
    for (const node of nodes) {
      const answer = this.run(node, saved, true);
      values.set(node.name, answer.output);
      if (answer.saved) extras.set(node.name, answer.saved);
      // The running statistics have moved by them already.
      tf.dispose(answer.statistics ?? []);
      for (const input of node.inputs) {
        left.set(input, left.get(input)! - 1);
        if (left.get(input) === 0 && !plan.kept.has(input) && !segments!.held.has(input)) release(values, input);
      }
    }
  }

  /**
   * Gradients of all parameters that the given ones reach. Ends `saved`. Parameters must not have been replaced since
   * the forward pass.
   * @param gradients of the loss by a node's output, NHWC; not disposed
   * @returns by parameter name, the caller's to dispose
   */
  backward(saved: Saved, gradients: ReadonlyMap<string, Tensor4D>): Map<string, Tensor> {
    const { plan } = saved;
    const { parameters } = this;
    const result = new Map<string, Tensor>();
    const arriving = new Map<string, Tensor4D[]>();
    const arrive = (name: string, gradient: Tensor4D) => {
      const list = arriving.get(name);
      if (list) list.push(gradient);
      else arriving.set(name, [gradient]);
    };
    for (const [name, gradient] of gradients) {
      requireNode(this.graph, name);
      arrive(name, gradient.clone());
    }
    // How many backward steps are still to come that may need a node's output: its users', and perhaps its own.
    const left = new Map(plan.needs);
    for (const node of [...plan.nodes].reverse()) {
      const again = saved.segments?.before(node);
      if (again) this.runAgain(saved, again);
      const list = arriving.get(node.name);
      arriving.delete(node.name);
      if (list && plan.learning.has(node.name)) {
        const gradient = sumOf(list);
        const kind = kindOf(node.kind);
        const trainable = node.params.filter((spec) => spec.trainable);
        const call = {
          attrs: node.attrs,
          gradient,
          inputs: kind.keepsInputs ? node.inputs.map((input) => saved.values.get(input)!) : [],
          output: kind.keepsOutput ? saved.values.get(node.name)! : null,
          inputShapes: node.inputs.map((input) => saved.shapes.get(input)!),
          params: trainable.map((spec) => parameters.get(spec.name)!),
          saved: saved.extras.get(node.name) ?? [],
          wanted: node.inputs.map((input) => plan.learning.has(input)),
        };
        const answer = inPrecision(this.precision, () => kind.backward(call));
        gradient.dispose();
        for (const [i, { name }] of trainable.entries()) {
          const before = result.get(name);
          result.set(name, before ? before.add(answer.params[i]) : answer.params[i]);
          if (before) tf.dispose([before, answer.params[i]]);
        }
        for (const [i, input] of answer.inputs.entries()) if (input) arrive(node.inputs[i], input);
      } else tf.dispose(list ?? []);
      tf.dispose(saved.extras.get(node.name) ?? []);
      const used = kindOf(node.kind).keepsOutput ? [node.name, ...node.inputs] : node.inputs;
      for (const name of used) {
        left.set(name, left.get(name)! - 1);
        if (left.get(name) === 0) release(saved.values, name);
      }
    }
    this.discard(saved);
    return result;
  }

  /** Ends a training forward pass without a backward one. */
  discard(saved: Saved): void {
    for (const value of saved.values.values()) value.dispose();
    for (const extras of saved.extras.values()) tf.dispose(extras);
    saved.values.clear();
    saved.extras.clear();
  }

  /** The gradients in the parameters' order, zero where none is given. Takes the given ones over. */
  inOrder(gradients: ReadonlyMap<string, Tensor>): Tensor[] {
    return this.trainable.map(({ name, shape }) => gradients.get(name) ?? tf.zeros([...shape]));
  }

  /** A copy of every array, in our layout, in graph order. */
  weights(): Map<string, Float32Array> {
    const statistics = this.statistics.dataSync<'float32'>();
    const index = indexOf(this.running);
    return new Map(
      this.graph.params.map(({ name }) => {
        const { offset, size } = index.get(name) ?? { offset: 0, size: 0 };
        const parameter = this.parameters.get(name)?.dataSync<'float32'>();
        return [name, (parameter ?? statistics.subarray(offset, offset + size)).slice()];
      }),
    );
  }

  /**
   * A copy for inference, with batch norms folded into the convolutions before them.
   * @param keep nodes that will be tapped
   */
  fold(keep: readonly string[] = []): Executable {
    const { graph, weights } = foldNetwork(this.graph, this.weights(), keep);
    return new Executable(graph, weights, { frozen: true });
  }

  dispose(): void {
    for (const { params } of this.prepared.values()) tf.dispose(params);
    this.prepared.clear();
    disposeViews(this.statisticViews);
    this.statisticViews = null;
    tf.dispose([...this.parameters.values()]);
    this.statistics.dispose();
  }

  private planFor(taps: readonly string[]): Plan {
    const key = taps.join('\n');
    const plan = this.plans.get(key) ?? new Plan(this.graph, taps);
    this.plans.set(key, plan);
    return plan;
  }

  private segmentsFor(plan: Plan, { shape: [batch, height, width] }: Tensor4D, taps: readonly string[]): Segments {
    const key = [batch, height, width, ...taps].join('\n');
    const found = this.segments.get(key);
    const segments = found ?? chooseSegments(this.graph, plan, nodeSizes(this.graph, [height, width]), batch, taps);
    this.segments.set(key, segments);
    return segments;
  }

  private viewStatistics(): Map<string, Tensor> {
    this.statisticViews ??= viewsOf(this.statistics, this.running);
    return this.statisticViews;
  }

  /** Moves the running statistics towards those of a batch, and disposes the latter. */
  private moveStatistics(batch: ReadonlyMap<string, Tensor1D>): void {
    if (batch.size === 0) return;
    const moving = this.running.filter(({ fixed }) => !fixed);
    const inOrder = moving.map(({ name }) => batch.get(name)!);
    const size = moving.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
    const moved = tf.tidy(() => {
      const before = this.statistics.slice(0, size);
      const after = before.mul(1 - STATISTICS_MOMENTUM).add<Tensor1D>(tf.concat(inOrder).mul(STATISTICS_MOMENTUM));
      return tf.keep(size < this.statistics.size ? tf.concat([after, this.statistics.slice(size)]) : after);
    });
    tf.dispose(inOrder);
    disposeViews(this.statisticViews);
    this.statisticViews = null;
    this.statistics.dispose();
    this.statistics = moved;
  }
}

/** Sum of gradients that arrive at one node; they are disposed, or given on. */
function sumOf(gradients: Tensor4D[]): Tensor4D {
  if (gradients.length === 1) return gradients[0];
  const sum = addAll(gradients);
  tf.dispose(gradients);
  return sum;
}

function release(values: Map<string, Tensor4D>, name: string): void {
  values.get(name)?.dispose();
  values.delete(name);
}
