/** A network as an ONNX file. */
import type { ModelCard } from '../../contract/model.ts';
import { Problem } from '../../contract/problem.ts';
import { type Graph, nodeSizes } from '../../networks/graph.ts';
import type { Size2 } from '../../networks/node-kind.ts';
import { cardMetadata } from '../card.ts';
import { INPUT, OUTPUT, valueNames } from '../written-values.ts';
import { encodeOnnx, type OnnxValue } from './proto.ts';
import { activations } from './write/activation.ts';
import { attentions } from './write/attention.ts';
import { combinations } from './write/combine.ts';
import { convolutions } from './write/convolution.ts';
import { norms } from './write/norm.ts';
import { sets } from './write/sets.ts';
import { spatial } from './write/spatial.ts';
import { tokens } from './write/tokens.ts';
import { OnnxWriter, type WriteKind } from './writer.ts';

const KINDS: Record<string, WriteKind> = {
  ...convolutions,
  ...norms,
  ...activations,
  ...combinations,
  ...attentions,
  ...sets,
  ...spatial,
  ...tokens,
};

/** What every widespread runtime reads. */
const OPSET = 17;
const IR_VERSION = 8;
const FLOAT = 1;

/**
 * An ONNX file of a network: from one preprocessed picture, [1, 3, height, width], to its logits at the picture's size,
 * [1, outputs, height, width] (where the network gives them at a stride they are resized, bilinear, corners not
 * aligned). The weights have PyTorch's names; the card goes into the metadata. The same bytes for the same model.
 * @param size height and width, multiples of the graph's stride
 * @throws Problem where a size does not fit, a kind of node has no form in ONNX, or the file would be too large
 */
export function writeOnnx(
  graph: Graph,
  weights: ReadonlyMap<string, Float32Array>,
  card: ModelCard,
  size: Size2,
): Uint8Array {
  const bytes = graph.params.reduce((sum, { name }) => sum + weights.get(name)!.byteLength, 0);
  if (bytes >= 2 ** 31) throw new Problem(`${card.name} has more than the 2 GB that one ONNX file can hold.`);
  const sizes = nodeSizes(graph, size);
  const writer = new OnnxWriter(weights);
  const [height, width, outputs] = sizes.get(graph.output)!;
  const whole = height === size[0] && width === size[1];
  const value = valueNames(graph, whole);
  for (const node of graph.nodes) {
    if (node.name === graph.input) continue;
    const write = KINDS[node.kind];
    if (!write) {
      throw new Problem(`${node.name} of ${graph.id} is of the kind ${node.kind}, which ONNX has no form for here.`, {
        where: node.name,
      });
    }
    const inputs = node.inputs.map(value);
    const inputSizes = node.inputs.map((input) => sizes.get(input)!);
    write({ node, inputs, output: value(node.name), sizes: inputSizes, size: sizes.get(node.name)!, writer });
  }
  if (!whole) {
    const to = writer.ints(`${OUTPUT}/sizes`, [1, outputs, ...size]);
    const bilinear = { coordinate_transformation_mode: 'half_pixel', mode: 'linear' };
    writer.op('Resize', [value(graph.output), '', '', to], OUTPUT, bilinear);
  }
  const channels = sizes.get(graph.input)![2];
  return encodeOnnx({
    irVersion: IR_VERSION,
    producerName: 'Stillroom',
    opsetImport: [{ version: OPSET }],
    metadataProps: Object.entries(cardMetadata(card)).map(([key, text]) => ({ key, value: text })),
    graph: {
      name: graph.id,
      node: writer.nodes,
      initializer: writer.initializers,
      input: [picture(INPUT, [1, channels, ...size])],
      output: [picture(OUTPUT, [1, outputs, ...size])],
    },
  });
}

function picture(name: string, shape: readonly number[]): OnnxValue {
  const dim = shape.map((dimValue) => ({ dimValue }));
  return { name, type: { tensorType: { elemType: FLOAT, shape: { dim } } } };
}
