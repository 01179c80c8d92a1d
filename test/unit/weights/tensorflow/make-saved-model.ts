/** SavedModels of one convolution, whole or broken on purpose: what no program of TensorFlow's writes. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import protobuf from 'protobufjs/light.js';
import { maskedCrc32c } from '../../../../src-main/weights/tensorflow/crc32c.ts';

const field = (type: string, id: number, rule?: 'repeated') => ({ type, id, ...(rule ? { rule } : {}) });
const map = (type: string, id: number) => ({ keyType: 'string', type, id });
const root = protobuf.Root.fromJSON({
  nested: {
    SavedModel: { fields: { version: field('int64', 1), metaGraphs: field('Meta', 2, 'repeated') } },
    Meta: { fields: { graphDef: field('Graph', 2), signatureDef: map('Signature', 5) } },
    Signature: { fields: { inputs: map('Info', 1), outputs: map('Info', 2) } },
    Info: { fields: { name: field('string', 1) } },
    Graph: { fields: { node: field('Node', 1, 'repeated'), library: field('Library', 2) } },
    Library: { fields: { function: field('Function', 1, 'repeated') } },
    Function: { fields: { signature: field('Op', 1), nodeDef: field('Node', 3, 'repeated'), ret: map('string', 4) } },
    Op: {
      fields: {
        name: field('string', 1),
        inputArg: field('Info', 2, 'repeated'),
        outputArg: field('Info', 3, 'repeated'),
      },
    },
    Node: {
      fields: {
        name: field('string', 1),
        op: field('string', 2),
        input: field('string', 3, 'repeated'),
        attr: map('Attr', 5),
      },
    },
    Attr: {
      fields: {
        list: field('List', 1),
        s: field('string', 2),
        type: field('int32', 6),
        shape: field('Shape', 7),
        tensor: field('Tensor', 8),
        func: field('Info', 10),
      },
    },
    List: { fields: { i: field('int64', 3, 'repeated') } },
    Shape: { fields: { dim: field('Dim', 2, 'repeated') } },
    Dim: { fields: { size: field('int64', 1) } },
    Tensor: {
      fields: {
        dtype: field('int32', 1),
        tensorShape: field('Shape', 2),
        floatVal: field('float', 5, 'repeated'),
        stringVal: field('string', 8, 'repeated'),
      },
    },
    Header: { fields: { numShards: field('int32', 1) } },
    Entry: {
      fields: {
        dtype: field('int32', 1),
        shape: field('Shape', 2),
        shardId: field('int32', 3),
        offset: field('int64', 4),
        size: field('int64', 5),
        crc32c: field('fixed32', 6),
      },
    },
  },
});

function encode(type: string, value: object): Uint8Array {
  const message = root.lookupType(type);
  return message.encode(message.fromObject(value)).finish();
}

export interface Node {
  name: string;
  op: string;
  input?: string[];
  attr?: Record<string, object>;
}

export interface Called {
  name: string;
  inputs: string[];
  outputs: Record<string, string>;
  nodes: Node[];
}

export const shape = (...sizes: number[]) => ({ dim: sizes.map((size) => ({ size })) });
const texts = (...stringVal: string[]) => ({ value: { tensor: { dtype: 7, stringVal } } });

/** [1, 8, 8, 3] through a filter of 1×1 with four outputs. */
export function someNodes(): Node[] {
  return [
    { name: 'image', op: 'Placeholder', attr: { shape: { shape: shape(1, 8, 8, 3) } } },
    { name: 'filter', op: 'VarHandleOp' },
    { name: 'read', op: 'ReadVariableOp', input: ['filter'] },
    {
      name: 'conv',
      op: 'Conv2D',
      input: ['image', 'read'],
      attr: { strides: { list: { i: [1, 1, 1, 1] } }, padding: { s: 'SAME' } },
    },
    { name: 'logits', op: 'Relu', input: ['conv'] },
    { name: 'names', op: 'Const', attr: texts('filter') },
    { name: 'parts', op: 'Const', attr: texts('') },
    { name: 'prefix', op: 'Const', attr: texts('') },
    { name: 'restored', op: 'RestoreV2', input: ['prefix', 'names', 'parts'] },
    { name: 'assigned', op: 'AssignVariableOp', input: ['filter', 'restored'] },
  ];
}

/** Writes `saved_model.pb`. */
export function writeGraph(folder: string, nodes: Node[], functions: Called[] = []): void {
  const library = {
    function: functions.map(({ name, inputs, outputs, nodes: nodeDef }) => ({
      signature: {
        name,
        inputArg: inputs.map((one) => ({ name: one })),
        outputArg: Object.keys(outputs).map((one) => ({ name: one })),
      },
      nodeDef,
      ret: outputs,
    })),
  };
  const signature = { inputs: { image: { name: 'image:0' } }, outputs: { logits: { name: 'logits:0' } } };
  const meta = { graphDef: { node: nodes, library }, signatureDef: { serving_default: signature } };
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'saved_model.pb'), encode('SavedModel', { version: 1, metaGraphs: [meta] }));
}

export interface Entry {
  dtype?: number;
  shape?: object;
  shardId?: number;
  offset?: number;
  size?: number;
  crc32c?: number;
}

/** Writes `variables/` with one array. @param change what its entry says instead of what holds */
export function writeVariables(folder: string, values: Float32Array, change: Entry = {}, numShards = 1): void {
  const variables = path.join(folder, 'variables');
  mkdirSync(variables, { recursive: true });
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  const entry = {
    dtype: 1,
    shape: shape(1, 1, 3, values.length / 3),
    size: bytes.length,
    crc32c: maskedCrc32c(bytes),
    ...change,
  };
  const rows: [string, Uint8Array][] = [
    ['', encode('Header', { numShards })],
    ['filter', encode('Entry', entry)],
  ];
  writeFileSync(path.join(variables, 'variables.index'), table(rows));
  writeFileSync(path.join(variables, 'variables.data-00000-of-00001'), bytes);
}

/** A table of LevelDB in one block. */
function table(rows: [string, Uint8Array][]): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 0;
  const add = (block: Uint8Array) => {
    const place = { offset: length, size: block.length };
    const whole = Buffer.concat([block, Buffer.from([0])]);
    const checksum = Buffer.alloc(4);
    checksum.writeUInt32LE(maskedCrc32c(whole));
    parts.push(whole, checksum);
    length += whole.length + 4;
    return varints(place.offset, place.size);
  };
  const nothing = add(block([]));
  const index = add(block([['z', add(block(rows))]]));
  const footer = Buffer.alloc(48);
  Buffer.concat([nothing, index]).copy(footer);
  footer.writeBigUInt64LE(0xdb4775248b80fb57n, 40);
  return Buffer.concat([...parts, footer]);
}

function block(rows: [string, Uint8Array][]): Uint8Array {
  const entries = rows.map(([key, value]) =>
    Buffer.concat([varints(0, key.length, value.length), Buffer.from(key), value]),
  );
  // One place to begin at: the first
  return Buffer.concat([...entries, Buffer.from([0, 0, 0, 0, 1, 0, 0, 0])]);
}

function varints(...values: number[]): Uint8Array {
  const writer = protobuf.Writer.create();
  for (const value of values) writer.uint32(value);
  return writer.finish();
}
