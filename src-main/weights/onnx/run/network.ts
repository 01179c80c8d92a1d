/** A network that ONNX Runtime runs, with its inner values as taps: what `Executable` is for our own, forward only. */
import { readBytes } from '../../../base/files.ts';
import { type Tensor4D, tf } from '../../../engine/tf.ts';
import type { ForwardResult } from '../../../networks/execute.ts';
import { type Graph, type GraphNode, nodeSizes, requireNode, requireSize } from '../../../networks/graph.ts';
import { opaque } from '../../../networks/kinds/opaque.ts';
import { kindOf } from '../../../networks/kinds.ts';
import type { Size3 } from '../../../networks/node-kind.ts';
import { decodeOnnx, withOutputs } from '../proto.ts';
import { LAYOUT } from './form.ts';
import { OnnxSession, type SessionValue } from './session.ts';

export class RuntimeNetwork {
  readonly graph: Graph;
  private readonly file: string;
  /** What the model's picture is called in the file. */
  private readonly input: string;
  /** The node that the model's picture is. */
  private readonly fed: string;
  /** Values that the session gives. */
  private readonly given: Set<string>;
  private session: OnnxSession | null = null;

  /**
   * @param graph as `adoptOnnx` made it
   * @param file its ONNX file, read when it is first run
   * @param taps nodes that will be tapped; others can be asked for too, which takes a moment
   */
  constructor(graph: Graph, file: string, taps: readonly string[] = []) {
    const { graph: onnx } = decodeOnnx(readBytes(file), file);
    const known = new Set(onnx.initializer.map(({ name }) => name));
    this.graph = graph;
    this.file = file;
    this.input = onnx.input.find(({ name }) => !known.has(name))!.name;
    this.fed = graph.nodes.find(({ kind }) => kind === opaque.id)!.inputs[0];
    this.given = new Set(this.asked([...graph.defaultTaps, ...taps]).map(({ name }) => name));
  }

  /**
   * Runs it on NHWC images, one after the other.
   * @param x not disposed; height and width multiples of the graph's stride
   * @throws Problem for a tap that is no node, or where ONNX Runtime fails
   */
  forward(x: Tensor4D, { taps = [] as readonly string[] } = {}): ForwardResult {
    const size = [x.shape[1], x.shape[2]] as const;
    requireSize(this.graph, size);
    for (const tap of taps) requireNode(this.graph, tap);
    const sizes = nodeSizes(this.graph, size);
    const needed = this.needed(taps);
    const asked = needed.filter(({ kind }) => kind === opaque.id);
    const values = new Map<string, Tensor4D>();
    for (const node of needed) {
      if (node.kind === opaque.id) {
        if (!values.has(node.name)) this.run(values, asked, sizes);
      } else if (node.inputs.length === 0) values.set(node.name, x.clone());
      else {
        const inputs = node.inputs.map((input) => values.get(input)!);
        const call = { attrs: node.attrs, inputs, params: [], training: false };
        values.set(node.name, kindOf(node.kind).forward(call).output);
      }
    }
    const logits = values.get(this.graph.output)!.clone();
    const tapped = new Map(taps.map((tap) => [tap, values.get(tap)!.clone()]));
    tf.dispose([...values.values()]);
    return { logits, taps: tapped, saved: null };
  }

  dispose(): void {
    this.session?.close();
    this.session = null;
  }

  /** The nodes that logits and taps come from, in order; of those that ONNX Runtime computes, the ones to be read. */
  private needed(taps: readonly string[]): GraphNode[] {
    const wanted = new Set([...taps, this.graph.output]);
    const kept: GraphNode[] = [];
    for (const node of [...this.graph.nodes].reverse()) {
      if (!wanted.has(node.name)) continue;
      kept.push(node);
      const inputs = node.kind === opaque.id ? [this.fed] : node.inputs;
      for (const input of inputs) wanted.add(input);
    }
    return kept.reverse();
  }

  private asked(taps: readonly string[]): GraphNode[] {
    return this.needed(taps).filter(({ kind }) => kind === opaque.id);
  }

  /** Has the values computed of what is fed, each as a tensor of ours. */
  private run(values: Map<string, Tensor4D>, nodes: readonly GraphNode[], sizes: ReadonlyMap<string, Size3>): void {
    const names = nodes.map(({ name }) => name);
    if (names.some((name) => !this.given.has(name))) {
      for (const name of names) this.given.add(name);
      this.dispose();
    }
    this.session ??= new OnnxSession(withOutputs(readBytes(this.file), [...this.given], this.file), this.file);
    const fed = values.get(this.fed)!;
    const [count, height, width, channels] = fed.shape;
    const planes = tf.tidy(() => fed.transpose<Tensor4D>([0, 3, 1, 2]).dataSync<'float32'>());
    const each = height * width * channels;
    const answers: SessionValue[][] = [];
    for (let i = 0; i < count; i++) {
      const pixels = planes.slice(i * each, (i + 1) * each);
      answers.push(this.session.run(this.input, pixels, [1, channels, height, width], names));
    }
    for (const [v, node] of nodes.entries()) {
      const parts = answers.map((answer) => tensorOf(answer[v], node, sizes.get(node.name)!));
      values.set(node.name, count === 1 ? parts[0] : tf.concat(parts, 0));
      if (count > 1) tf.dispose(parts);
    }
  }
}

/** @throws Error where the runtime's value is not of the size that the graph says */
function tensorOf(
  { name, data, dims }: SessionValue,
  { attrs }: GraphNode,
  [height, width, channels]: Size3,
): Tensor4D {
  const { layout, skip } = attrs;
  if (!data || data.length !== (height * width + skip) * channels) {
    throw new Error(
      `ONNX Runtime gives ${name} as ${dims.join(' × ')}; ${height} × ${width} × ${channels} was expected.`,
    );
  }
  if (layout === LAYOUT.channelsFirst) {
    return tf.tidy(() => tf.tensor4d(data, [1, channels, height, width], 'float32').transpose<Tensor4D>([0, 2, 3, 1]));
  }
  return tf.tensor4d(data.subarray(skip * channels), [1, height, width, channels], 'float32');
}
