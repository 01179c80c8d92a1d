/**
 * The messages of an ONNX file (onnx/onnx.proto3, fields as of IR version 10), as far as a segmentation network needs
 * them: what is left out, such as training, is skipped when read.
 */
import protobuf from 'protobufjs/light.js';
import { Problem } from '../../contract/problem.ts';

/** An attribute's value; numbers from files may be beyond what a network means, the reader of each node judges. */
export interface OnnxAttribute {
  name: string;
  type: number;
  f?: number;
  i?: number;
  s?: Uint8Array;
  t?: OnnxTensor;
  floats?: number[];
  ints?: number[];
  g?: OnnxGraph;
  graphs?: OnnxGraph[];
}

export interface OnnxTensor {
  dims: number[];
  /** Its place in `TENSOR_TYPES`. */
  dataType: number;
  name?: string;
  rawData?: Uint8Array;
  floatData?: number[];
  int32Data?: number[];
  int64Data?: number[];
  doubleData?: number[];
  externalData?: { key: string; value: string }[];
  /** 1: the numbers lie in another file. */
  dataLocation?: number;
}

export interface OnnxNode {
  input: string[];
  output: string[];
  name: string;
  opType: string;
  attribute: OnnxAttribute[];
  domain?: string;
}

export interface OnnxValue {
  name: string;
  type: { tensorType: { elemType: number; shape?: { dim: { dimValue?: number; dimParam?: string }[] } } };
}

export interface OnnxGraph {
  name: string;
  node: OnnxNode[];
  initializer: OnnxTensor[];
  input: OnnxValue[];
  output: OnnxValue[];
}

export interface OnnxModel {
  irVersion: number;
  producerName?: string;
  opsetImport: { domain?: string; version: number }[];
  graph: OnnxGraph;
  metadataProps: { key: string; value: string }[];
  functions?: { node: OnnxNode[] }[];
}

/** `AttributeProto.type` of the kinds of attributes that are written and read. */
export const ATTRIBUTE = { float: 1, int: 2, string: 3, tensor: 4, floats: 6, ints: 7 } as const;

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number, packed?: boolean) => ({
  ...{ rule: 'repeated' as const, type, id },
  ...(packed === undefined ? {} : { options: { packed } }),
});

const root = protobuf.Root.fromJSON({
  nested: {
    Model: {
      fields: {
        irVersion: one('int64', 1),
        producerName: one('string', 2),
        graph: one('Graph', 7),
        opsetImport: many('Opset', 8),
        metadataProps: many('Entry', 14),
        functions: many('Function', 25),
      },
    },
    Function: { fields: { node: many('Node', 7) } },
    Opset: { fields: { domain: one('string', 1), version: one('int64', 2) } },
    Entry: { fields: { key: one('string', 1), value: one('string', 2) } },
    Graph: {
      fields: {
        node: many('Node', 1),
        name: one('string', 2),
        initializer: many('Tensor', 5),
        input: many('Value', 11),
        output: many('Value', 12),
      },
    },
    Node: {
      fields: {
        input: many('string', 1),
        output: many('string', 2),
        name: one('string', 3),
        opType: one('string', 4),
        attribute: many('Attribute', 5),
        domain: one('string', 7),
      },
    },
    Attribute: {
      fields: {
        name: one('string', 1),
        f: one('float', 2),
        i: one('int64', 3),
        s: one('bytes', 4),
        t: one('Tensor', 5),
        g: one('Graph', 6),
        floats: many('float', 7, false),
        ints: many('int64', 8, false),
        graphs: many('Graph', 11),
        type: one('int32', 20),
      },
    },
    Tensor: {
      fields: {
        dims: many('int64', 1, false),
        dataType: one('int32', 2),
        floatData: many('float', 4, true),
        int32Data: many('int32', 5, true),
        int64Data: many('int64', 7, true),
        name: one('string', 8),
        rawData: one('bytes', 9),
        doubleData: many('double', 10, true),
        externalData: many('Entry', 13),
        dataLocation: one('int32', 14),
      },
    },
    Value: { fields: { name: one('string', 1), type: one('Type', 2) } },
    Type: { fields: { tensorType: one('TensorType', 1) } },
    TensorType: { fields: { elemType: one('int32', 1), shape: one('Shape', 2) } },
    Shape: { fields: { dim: many('Dimension', 1) } },
    Dimension: { fields: { dimValue: one('int64', 1), dimParam: one('string', 2) } },
  },
});
const Model = root.lookupType('Model');
const Tensor = root.lookupType('Tensor');

/** The file of a model: the same bytes for the same model. */
export function encodeOnnx(model: OnnxModel): Uint8Array {
  return Model.encode(Model.fromObject(model)).finish();
}

/** One tensor's message. */
export function decodeTensor(bytes: Uint8Array): OnnxTensor {
  return Tensor.toObject(Tensor.decode(bytes), { arrays: true, longs: Number }) as OnnxTensor;
}

/**
 * An ONNX file with more of its inner values as outputs. Nothing else of it changes, known here or not: of two messages
 * one after the other a reader takes lists together, so the outputs are only written behind the file.
 */
export function withOutputs(bytes: Uint8Array, names: readonly string[], where: string): Uint8Array {
  const there = new Set(decodeOnnx(bytes, where).graph.output.map(({ name }) => name));
  const output = names.filter((name) => !there.has(name)).map((name) => ({ name }));
  return output.length === 0 ? bytes : followedBy(bytes, { graph: { output } });
}

/** The same with more entries in its metadata. */
export function withMetadata(bytes: Uint8Array, entries: Record<string, string>): Uint8Array {
  return followedBy(bytes, { metadataProps: Object.entries(entries).map(([key, value]) => ({ key, value })) });
}

function followedBy(bytes: Uint8Array, more: object): Uint8Array {
  return Buffer.concat([bytes, Model.encode(Model.fromObject(more)).finish()]);
}

/** Whether any tensor of a model, in whatever depth, lies in another file. */
export function hasExternalData({ graph, functions = [] }: OnnxModel): boolean {
  const outside = (tensor: OnnxTensor | undefined) => tensor?.dataLocation === 1;
  const inNode = ({ attribute }: OnnxNode): boolean =>
    attribute.some(({ t, g, graphs = [] }) => outside(t) || [...graphs, ...(g ? [g] : [])].some(inGraph));
  const inGraph = ({ node, initializer }: OnnxGraph): boolean => initializer.some(outside) || node.some(inNode);
  return inGraph(graph) || functions.some(({ node }) => node.some(inNode));
}

/**
 * The model of a file's bytes; its tensors' numbers are views of them.
 * @throws Problem where they are not a whole ONNX file
 */
export function decodeOnnx(bytes: Uint8Array, where: string): OnnxModel {
  let model: Partial<OnnxModel>;
  try {
    // As plain objects: absent lists are empty, whole numbers are numbers, absent fields are absent
    model = Model.toObject(Model.decode(bytes), { arrays: true, longs: Number }) as Partial<OnnxModel>;
  } catch (error) {
    throw new Problem(`${where} is damaged, or not an ONNX file.`, {
      where,
      next: 'Copy or download the file again.',
      cause: error,
    });
  }
  const { irVersion = 0, graph, opsetImport = [], metadataProps = [], producerName, functions } = model;
  if (!graph || graph.node.length === 0 || opsetImport.length === 0) {
    throw new Problem(`${where} is not an ONNX file: it holds no graph.`, { where, next: 'Choose another file.' });
  }
  return { irVersion, graph, opsetImport, metadataProps, producerName, functions };
}
