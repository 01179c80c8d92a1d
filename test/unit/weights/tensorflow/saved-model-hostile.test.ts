import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { randomBits } from '../../../../src-main/base/random.ts';
import { Problem } from '../../../../src-main/contract/problem.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import {
  type Called,
  type Entry,
  type Node,
  shape,
  someNodes,
  writeGraph,
  writeVariables,
} from './make-saved-model.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-saved-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const values = Float32Array.from({ length: 12 }, (_, i) => i);
let folder = '';

beforeEach(() => {
  folder = path.join(mkdtempSync(path.join(root, 'one-')), 'model');
  writeGraph(folder, someNodes());
  writeVariables(folder, values);
});

/** What is said of the folder; nothing where it is read. */
async function refusal(of = folder): Promise<string> {
  try {
    await readModel(of);
    return '';
  } catch (error) {
    expect(error).toBeInstanceOf(Problem);
    const { message } = error as Problem;
    expect(message).toContain(folder);
    return message;
  }
}

const index = () => path.join(folder, 'variables', 'variables.index');
const data = () => path.join(folder, 'variables', 'variables.data-00000-of-00001');
const withNode = (name: string, change: Partial<Node>) =>
  someNodes().map((node) => (node.name === name ? { ...node, ...change } : node));

test('what is made here is read where nothing is wrong with it', async () => {
  const { card, weights } = await readModel(folder);
  expect(card.outputs).toBe(4);
  expect([...weights.values()][0]).toEqual(values);
});

describe('functions', () => {
  const call = (name: string, input: string): Node => ({
    name: `call-${name}`,
    op: 'PartitionedCall',
    input: [input],
    attr: { f: { func: { name } } },
  });
  const calling = (name: string, next: string, times = 1): Called => {
    const nodes = Array.from({ length: times }, (_, i) => ({
      ...call(next, i === 0 ? 'x' : `call${i - 1}:output:0`),
      name: `call${i}`,
    }));
    return { name, inputs: ['x'], outputs: { y: `call${times - 1}:output:0` }, nodes };
  };
  const ending: Called = {
    name: 'end',
    inputs: ['x'],
    outputs: { y: 'relu:activations:0' },
    nodes: [{ name: 'relu', op: 'Relu', input: ['x'] }],
  };
  const asked = (name: string) => withNode('logits', { ...call(name, 'conv'), name: 'logits' });

  test('that call others are read', async () => {
    writeGraph(folder, asked('a'), [calling('a', 'end'), ending]);
    expect(await refusal()).toBe('');
  });

  test.each<[string, Called[], string]>([
    ['call themselves', [calling('a', 'a')], 'has a function that calls itself: a'],
    ['call each other', [calling('a', 'b'), calling('b', 'a')], 'has a function that calls itself: a'],
    [
      'double 60 times',
      [...Array.from({ length: 60 }, (_, i) => calling(i ? `d${i}` : 'a', i < 59 ? `d${i + 1}` : 'end', 2)), ending],
      'calls functions without end',
    ],
    [
      'lie 1,000 deep',
      [...Array.from({ length: 1000 }, (_, i) => calling(i ? `d${i}` : 'a', i < 999 ? `d${i + 1}` : 'end')), ending],
      'calls functions without end',
    ],
    ['are not there', [], 'it calls a, which is not there'],
    ['take other inputs', [{ ...ending, name: 'a', inputs: [] }], 'a takes other inputs'],
    ['give nothing', [{ ...ending, name: 'a', outputs: {} }], 'logits has no output 0'],
  ])('that %s are refused in a sentence', async (_, functions, words) => {
    writeGraph(folder, asked('a'), functions);
    expect(await refusal()).toContain(words);
  });
});

describe('a graph', () => {
  const constant = (tensor: object) => withNode('read', { op: 'Const', input: [], attr: { value: { tensor } } });
  test.each<[string, Node[], string]>([
    [
      'of a shape of 20 GB',
      constant({ dtype: 1, tensorShape: shape(5, 2 ** 30), floatVal: [1] }),
      'which is too large',
    ],
    [
      'that repeats a value without end',
      constant({ dtype: 1, tensorShape: shape(1, 1, 3, 2 ** 28), floatVal: [1] }),
      'repeats a value in the shape 1×1×3×268435456, which is too large',
    ],
    ['of a shape below nothing', constant({ dtype: 1, tensorShape: shape(-1, 3) }), 'an impossible shape'],
    ['with a constant of texts', constant({ dtype: 7, stringVal: ['x'] }), 'values of type 7'],
    ['that goes in a circle', withNode('conv', { input: ['logits', 'read'] }), 'depends on itself'],
    ['that lacks a node', withNode('conv', { input: ['no', 'read'] }), 'no is not there'],
    ['with an operator that reads files', withNode('logits', { op: 'ReadFile' }), 'of logits (ReadFile)'],
    ['with a loop', withNode('logits', { op: 'While' }), 'of logits (While)'],
    ['whose variable is never filled', withNode('assigned', { op: 'NoOp' }), 'a variable without numbers: filter'],
  ])('%s is refused in a sentence', async (_, nodes, words) => {
    writeGraph(folder, nodes);
    expect(await refusal()).toContain(words);
  });

  test('without its file is', async () => {
    rmSync(path.join(folder, 'saved_model.pb'));
    expect(await refusal()).toContain('there is no saved_model.pb in it');
  });

  test('that is a text is', async () => {
    writeFileSync(path.join(folder, 'saved_model.pb'), 'saved_model_schema_version: 1');
    expect(await refusal()).toMatch(/is damaged, or no model of TensorFlow’s|holds no graph/);
  });
});

describe('variables', () => {
  test.each<[string, Entry, string]>([
    ['beyond the end of their file', { offset: 8 }, 'lies beyond the end of variables.data-00000-of-00001'],
    ['before its beginning', { offset: -8 }, 'lies beyond the end'],
    ['in a file that is not counted', { shardId: 7 }, 'lies in file 7 of 1'],
    ['of another size than their shape', { size: 40 }, 'has 40 bytes where its shape wants 48'],
    ['of a shape of 20 GB', { shape: shape(5, 2 ** 30), size: 5 * 2 ** 32 }, 'which is too large'],
    ['of another checksum', { crc32c: 1 }, 'does not fit its checksum'],
    ['of texts', { dtype: 7 }, 'values of type 7'],
  ])('%s are refused in a sentence', async (_, entry, words) => {
    writeVariables(folder, values, entry);
    expect(await refusal()).toContain(words);
  });

  test('that are not numbers are', async () => {
    writeVariables(folder, values.with(3, Number.NaN));
    expect(await refusal()).toContain('holds NaN or infinite weights');
  });

  test('in a file that is missing, or a link out of the folder, are', async () => {
    renameSync(data(), path.join(root, 'elsewhere'));
    expect(await refusal()).toContain('lacks variables.data-00000-of-00001');
    symlinkSync(path.join(root, 'elsewhere'), data());
    expect(await refusal()).toContain('leads outside of its folder: refused');
  });

  test('whose index was cut are', async () => {
    const whole = readFileSync(index());
    for (const share of [0, 0.3, 0.7, 0.99]) {
      writeFileSync(index(), whole.subarray(0, Math.floor(whole.length * share)));
      expect(await refusal()).toContain('variables.index is damaged');
    }
  });
});

test.each(['saved_model.pb', 'variables/variables.index'])(
  '1,000 damaged %s are read or refused in words',
  async (name) => {
    const golden = path.join(import.meta.dirname, 'saved-models', 'module');
    rmSync(folder, { recursive: true });
    cpSync(golden, folder, { recursive: true });
    const original = readFileSync(path.join(golden, name));
    let refused = 0;
    for (let n = 0; n < 1000; n++) {
      const draw = (below: number, ...at: number[]) => randomBits(7, name, n, ...at) % below;
      const bytes = Buffer.from(original);
      for (let i = 0; i <= draw(6, 0); i++) bytes[draw(bytes.length, 1, i)] = draw(256, 2, i);
      writeFileSync(path.join(folder, name), bytes);
      if (await refusal()) refused++;
    }
    expect(refused).toBeGreaterThan(100);
  },
  120_000,
);
