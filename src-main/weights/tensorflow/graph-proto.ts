/**
 * The messages of a SavedModel (tensorflow/core/protobuf/saved_model.proto, tensor_bundle.proto and what they are made
 * of in tensorflow/core/framework), as far as a network's graph and its numbers need them: the rest is skipped when read.
 */
import protobuf from 'protobufjs/light.js';
import type { AttrValue, NodeDef } from './graph-def.ts';

export interface TensorShape {
  dim: { size?: number }[];
  unknownRank?: boolean;
}

export interface TensorProto {
  dtype?: number;
  tensorShape?: TensorShape;
  tensorContent?: Uint8Array;
  halfVal: number[];
  floatVal: number[];
  doubleVal: number[];
  intVal: number[];
  stringVal: Uint8Array[];
  int64Val: number[];
  boolVal: boolean[];
}

interface AttrProto {
  s?: Uint8Array;
  i?: number;
  f?: number;
  b?: boolean;
  type?: number;
  shape?: TensorShape;
  tensor?: TensorProto;
  list?: { s: Uint8Array[]; i: number[] };
  func?: { name?: string };
}

interface NodeProto {
  name?: string;
  op?: string;
  input: string[];
  attr: Record<string, AttrProto>;
}

export interface GraphProto {
  node: NodeProto[];
  library?: {
    function: {
      signature?: { name?: string; inputArg: { name?: string }[]; outputArg: { name?: string }[] };
      nodeDef: NodeProto[];
      ret: Record<string, string>;
    }[];
  };
}

export interface MetaGraph {
  metaInfoDef?: { tags: string[] };
  graphDef?: GraphProto;
  signatureDef: Record<
    string,
    { inputs: Record<string, { name?: string }>; outputs: Record<string, { name?: string; tensorShape?: TensorShape }> }
  >;
}

/** An array's place in a tensor bundle; what is zero is not written. */
export interface BundleEntry {
  dtype?: number;
  shape?: TensorShape;
  shardId?: number;
  offset?: number;
  size?: number;
  crc32c?: number;
  slices: object[];
}

const one = (type: string, id: number) => ({ type, id });
const many = (type: string, id: number) => ({ rule: 'repeated' as const, type, id });
const map = (type: string, id: number) => ({ keyType: 'string', type, id });

const root = protobuf.Root.fromJSON({
  nested: {
    SavedModel: { fields: { metaGraphs: many('MetaGraph', 2) } },
    MetaGraph: {
      fields: { metaInfoDef: one('MetaInfo', 1), graphDef: one('Graph', 2), signatureDef: map('Signature', 5) },
    },
    MetaInfo: { fields: { tags: many('string', 4) } },
    Signature: { fields: { inputs: map('TensorInfo', 1), outputs: map('TensorInfo', 2) } },
    TensorInfo: { fields: { name: one('string', 1), tensorShape: one('Shape', 3) } },
    Graph: { fields: { node: many('Node', 1), library: one('Library', 2) } },
    Library: { fields: { function: many('Function', 1) } },
    Function: { fields: { signature: one('Op', 1), nodeDef: many('Node', 3), ret: map('string', 4) } },
    Op: { fields: { name: one('string', 1), inputArg: many('Arg', 2), outputArg: many('Arg', 3) } },
    Arg: { fields: { name: one('string', 1) } },
    Node: { fields: { name: one('string', 1), op: one('string', 2), input: many('string', 3), attr: map('Attr', 5) } },
    Attr: {
      fields: {
        list: one('List', 1),
        s: one('bytes', 2),
        i: one('int64', 3),
        f: one('float', 4),
        b: one('bool', 5),
        type: one('int32', 6),
        shape: one('Shape', 7),
        tensor: one('Tensor', 8),
        func: one('Named', 10),
      },
    },
    List: { fields: { s: many('bytes', 2), i: many('int64', 3) } },
    Named: { fields: { name: one('string', 1) } },
    Shape: { fields: { dim: many('Dim', 2), unknownRank: one('bool', 3) } },
    Dim: { fields: { size: one('int64', 1) } },
    Tensor: {
      fields: {
        dtype: one('int32', 1),
        tensorShape: one('Shape', 2),
        tensorContent: one('bytes', 4),
        floatVal: many('float', 5),
        doubleVal: many('double', 6),
        intVal: many('int32', 7),
        stringVal: many('bytes', 8),
        int64Val: many('int64', 10),
        boolVal: many('bool', 11),
        halfVal: many('int32', 13),
      },
    },
    BundleHeader: { fields: { numShards: one('int32', 1), endianness: one('int32', 2) } },
    BundleEntry: {
      fields: {
        dtype: one('int32', 1),
        shape: one('Shape', 2),
        shardId: one('int32', 3),
        offset: one('int64', 4),
        size: one('int64', 5),
        crc32c: one('fixed32', 6),
        slices: many('Shape', 7),
      },
    },
  },
});

/** @returns a reader of one message, which throws where the bytes are none */
function decoder<T>(name: string): (bytes: Uint8Array) => T {
  const type = root.lookupType(name);
  // As plain objects: absent lists are empty, whole numbers are numbers, absent fields are absent
  return (bytes) => type.toObject(type.decode(bytes), { arrays: true, objects: true, longs: Number }) as T;
}

export const decodeSavedModel = decoder<{ metaGraphs: MetaGraph[] }>('SavedModel');
export const decodeGraph = decoder<GraphProto>('Graph');
export const decodeBundleHeader = decoder<{ numShards?: number; endianness?: number }>('BundleHeader');
export const decodeBundleEntry = decoder<BundleEntry>('BundleEntry');

/** The sizes of a shape; −1 where one is not told. */
export function sizesOf(shape: TensorShape | undefined): number[] {
  return (shape?.dim ?? []).map(({ size = 0 }) => size);
}

export function nodeOf({ name = '', op = '', input, attr }: NodeProto): NodeDef {
  const attrs = new Map<string, AttrValue>();
  for (const [key, { s, shape, list, func, ...rest }] of Object.entries(attr)) {
    attrs.set(key, {
      ...rest,
      ...(s ? { s: textOf(s) } : {}),
      ...(shape ? { shape: sizesOf(shape) } : {}),
      ...(list ? { list: { i: list.i, s: list.s.map(textOf) } } : {}),
      ...(func ? { func: func.name ?? '' } : {}),
    });
  }
  return { name, op, inputs: input, attrs };
}

export function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('latin1');
}
