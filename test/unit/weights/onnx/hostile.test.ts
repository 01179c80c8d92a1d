import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { Problem } from '../../../../src-main/contract/problem.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { readModel } from '../../../../src-main/weights/model-file.ts';
import { decodeOnnx, encodeOnnx, type OnnxModel, type OnnxTensor } from '../../../../src-main/weights/onnx/proto.ts';
import { openOnnx } from '../../../../src-main/weights/onnx/read.ts';
import { writeOnnx } from '../../../../src-main/weights/onnx/write.ts';
import { complaint } from '../make.ts';
import { cardOf, someWeights } from './run.ts';

const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-hostile-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const graph = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1 } }, 5);
const bytes = writeOnnx(graph, someWeights(graph), cardOf(graph), [32, 48]);
const folder = path.join(root, 'models');
const file = path.join(folder, 'it.onnx');

let model: OnnxModel;
let filter: OnnxTensor;
beforeEach(() => {
  mkdirSync(folder, { recursive: true });
  model = decodeOnnx(bytes, file);
  model.metadataProps = [];
  filter = model.graph.initializer.find(({ name }) => name === 'level1.conv.weight')!;
});

async function refusal(): Promise<string> {
  writeFileSync(file, encodeOnnx(model));
  return complaint(file, readModel(file));
}

/** Moves the filter's numbers into another file, or says that they are there. */
function outside(location: string, more: Record<string, string> = {}): Uint8Array {
  const data = filter.rawData!;
  filter.rawData = undefined;
  filter.dataLocation = 1;
  filter.externalData = Object.entries({ location, ...more }).map(([key, value]) => ({ key, value }));
  return data;
}

describe('numbers in another file', () => {
  test('are read from the folder of the ONNX file, and from below it', async () => {
    const data = outside('weights/it.data', { offset: '4', length: String(filter.rawData!.length) });
    mkdirSync(path.join(folder, 'weights'), { recursive: true });
    writeFileSync(path.join(folder, 'weights', 'it.data'), Buffer.concat([Buffer.alloc(4), data]));
    writeFileSync(file, encodeOnnx(model));
    const { weights } = await readModel(file);
    const original = someWeights(graph).get('level1.conv.filter')!;
    expect([...weights.values()].some((values) => values.length === original.length && values[0] === original[0])).toBe(
      true,
    );
  });

  test('are part of the file as it is kept, which is the same model by itself, and change its hash', async () => {
    const data = outside('it.data').slice();
    writeFileSync(path.join(folder, 'it.data'), data);
    writeFileSync(file, encodeOnnx(model));
    const beside = await readModel(file);
    const whole = path.join(folder, 'whole.onnx');
    writeFileSync(whole, (await openOnnx(file)).bytes);
    rmSync(path.join(folder, 'it.data'));
    expect(await readModel(whole)).toEqual({ ...beside, card: { ...beside.card, name: 'whole' } });
    data[0] ^= 1;
    writeFileSync(path.join(folder, 'it.data'), data);
    expect((await readModel(file)).card.sha256).not.toBe(beside.card.sha256);
  });

  test.each([
    ['by a path upwards', () => '../secret.data'],
    ['by a path from the root', () => path.join(root, 'secret.data')],
    [
      'by a link',
      () => {
        symlinkSync(path.join(root, 'secret.data'), path.join(folder, 'link.data'));
        return 'link.data';
      },
    ],
    ['by no name', () => ''],
  ])('are refused outside of it: %s', async (_, place) => {
    const location = place();
    writeFileSync(path.join(root, 'secret.data'), outside(location));
    expect(await refusal()).toMatch(/Refused: .* outside of its folder/);
  });

  test.each([
    ['a file that is not there', 'gone.data', {}, /gone\.data, which is not beside it/],
    ['beyond the end', 'short.data', {}, /lies beyond the end of short\.data/],
    ['an impossible place', 'short.data', { offset: '-4' }, /impossible place/],
    ['another length', 'short.data', { length: '8' }, /8 bytes for its shape/],
  ])('are refused at a wrong place: %s', async (_, location, more, expected) => {
    outside(location, more);
    writeFileSync(path.join(folder, 'short.data'), new Uint8Array(16));
    expect(await refusal()).toMatch(expected);
  });
});

describe('refused in a sentence', () => {
  test.each<[string, () => void, RegExp]>([
    [
      'weights that are not numbers',
      () => {
        filter.rawData = new Uint8Array(Float32Array.from({ length: 432 }, () => Number.NaN).buffer);
      },
      /NaN or infinite weights in /,
    ],
    [
      'a shape of 20 GB',
      () => {
        filter.dims = [50_000, 100_000];
      },
      /level1\.conv\.weight has the shape 50000×100000, which is too large/,
    ],
    [
      'a shape beyond all numbers',
      () => {
        filter.dims = [2 ** 52, 2 ** 52, 2 ** 52];
      },
      /too large/,
    ],
    [
      'more numbers than bytes',
      () => {
        filter.dims = [16, 3, 3, 4];
      },
      /has 1728 bytes for the shape 16×3×3×4/,
    ],
    [
      'a picture of a million pixels a side',
      () => {
        model.graph.input[0].type.tensorType.shape!.dim[2].dimValue = 1e6;
      },
      /pictures of 48 × 1000000/,
    ],
    [
      'a resizing to a huge picture',
      () => {
        const sizes = model.graph.initializer.find(({ name }) => name === 'logits/sizes')!;
        sizes.rawData = new Uint8Array(BigInt64Array.from([1n, 5n, 3_000_000n, 3_000_000n]).buffer);
      },
      /\(Resize\), its output would be 3000000 × 3000000 × 5/,
    ],
    [
      'a tensor of texts',
      () => {
        filter.dataType = 8;
      },
      /numbers of type 8/,
    ],
    [
      'a value that nobody makes',
      () => {
        model.graph.node[0].input[0] = 'nothing';
      },
      /\(Conv\), an input is missing/,
    ],
  ])('%s', async (_, spoil, expected) => {
    spoil();
    expect(await refusal()).toMatch(expected);
  });

  test.each([
    ['nothing at all', new Uint8Array()],
    ['half a file', bytes.subarray(0, bytes.length >> 1)],
    ['a text', Buffer.from('not an ONNX file')],
    ['groups in groups without end', new Uint8Array(200_000).fill(0x0b)],
  ])('%s', async (_, content) => {
    writeFileSync(file, content);
    expect(await complaint(file, readModel(file))).toMatch(/not an ONNX file/);
  });

  test('whatever a byte is changed into, the file is read or refused, and no other file is made', async () => {
    const before = readdirSync(root);
    for (let i = 0; i < 60; i++) {
      const changed = Uint8Array.from(bytes);
      // The messages lie at the front and the back, the numbers between them
      changed[(i * 977) % 4000] ^= 1 << (i % 8);
      changed[changed.length - 1 - ((i * 613) % 3000)] ^= 1 << (i % 5);
      writeFileSync(file, changed);
      await readModel(file).catch((error) => expect(error, String(error.stack)).toBeInstanceOf(Problem));
    }
    expect(readdirSync(root)).toEqual(before);
  });
});
