import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { readPth } from '../../../src-main/weights/pth.ts';
import {
  complaint,
  dict,
  ESPNET,
  expected,
  floats,
  GOLDEN,
  pickle,
  plain,
  scratch,
  tensor,
  text,
  torchLegacy,
  torchZip,
} from './make.ts';

describe('files that PyTorch wrote', () => {
  test.each([
    ['zip.pth', 'PyTorch (zip)'],
    ['protocol4.pth', 'PyTorch (zip)'],
    ['legacy.pth', 'PyTorch (legacy)'],
    ['protocol1.pth', 'PyTorch (legacy)'],
  ])('%s: every number type and stride as PyTorch sees them', async (name, format) => {
    const file = await readPth(path.join(GOLDEN, name));
    expect(file.format).toBe(format);
    expect([...file.tensors.keys()]).toEqual(Object.keys(expected.state));
    expect(plain(file.tensors)).toEqual(expected.state);
  });

  test('a checkpoint: the weights among optimizer state, numbers and shapes', async () => {
    const file = await readPth(path.join(GOLDEN, 'checkpoint.pth'));
    expect(plain(file.tensors)).toEqual(expected.checkpoint);
  });

  test('a whole model is refused, its class named', async () => {
    const file = path.join(GOLDEN, 'whole-model.pth');
    expect(await complaint(file, readPth(file))).toMatch(/torch\.nn\.modules\.container\.Sequential.*state_dict/);
  });

  const espnet = ['espnet_p_2_q_8_camvid.pth', 'espnet_p_2_q_8.pth', 'encoder_p_2_q_3.pth'];
  test.skipIf(!existsSync(ESPNET)).each(espnet)('ESPNet’s %s (skipped where ../shared is missing)', async (name) => {
    const { tensors } = await readPth(path.join(ESPNET, name));
    expect(tensors.size).toBe(name.startsWith('encoder') ? 99 : 189);
    for (const { data } of tensors.values()) expect(data.every(Number.isFinite)).toBe(true);
    const prefix = name.startsWith('encoder') ? '' : 'encoder.';
    // The first two weights, as torch.load gives them
    const first: Record<string, number[]> = {
      'espnet_p_2_q_8_camvid.pth': [-0.048565275967121124, -0.1379607617855072],
      'espnet_p_2_q_8.pth': [-0.08443325757980347, -0.1003124788403511],
      'encoder_p_2_q_3.pth': [-0.09236590564250946, -0.16816860437393188],
    };
    expect([...tensors.get(`${prefix}level1.conv.weight`)!.data.slice(0, 2)]).toEqual(first[name]);
  });
});

/** One good tensor of two values in both forms, to be spoilt. */
const good = dict([['w', tensor('0', 2, [2], [1])]]);
const forms: [string, (data: Uint8Array, storages?: Record<string, Uint8Array>) => Uint8Array][] = [
  ['zip', torchZip],
  ['legacy', torchLegacy],
];

describe.each(forms)('hostile files, %s form', (form, build) => {
  const says = async (name: string, bytes: Uint8Array) => {
    const file = scratch(`${form}-${name}.pth`, bytes);
    return complaint(file, readPth(file));
  };

  test('the good one is read', async () => {
    const file = scratch(`${form}-good.pth`, build(pickle(...good), { 0: floats(1.5, -2) }));
    expect(plain((await readPth(file)).tensors)).toEqual({ w: { shape: [2], dtype: 'float32', data: [1.5, -2] } });
  });

  test('one that would run code', async () => {
    const attack = dict([['w', ['cposix\nsystem\n', [text('touch owned')], 'R']]]);
    expect(await says('system', build(pickle(...attack)))).toMatch(/^Refused: .* asks to run posix\.system,/);
  });

  test('a class of someone’s own', async () => {
    expect(await says('class', build(pickle('cmy.models\nNet\n)R')))).toMatch(/asks to run my\.models\.Net,/);
  });

  test('a shape of 20 GB is refused before room is made for it', async () => {
    const before = process.memoryUsage().arrayBuffers;
    const huge = dict([['w', tensor('0', 5e9, [5e9], [1])]]);
    expect(await says('huge', build(pickle(...huge), { 0: floats(1, 2) }))).toMatch(/damaged/);
    const strided = dict([['w', tensor('0', 2, [5e9], [0])]]);
    expect(await says('strided', build(pickle(...strided), { 0: floats(1, 2) }))).toMatch(
      /declares 20\.0 GB of weights/,
    );
    const names = dict(Array.from({ length: 3 }, (_, i) => [`w${i}`, tensor('0', 2, [500_000], [0])]));
    expect(await says('many', build(pickle(...names), { 0: floats(1, 2) }))).toMatch(/declares 6 MB of weights/);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(50e6);
  });

  test('tensors outside of their storage', async () => {
    const cases = [
      tensor('0', 2, [3], [1]),
      tensor('0', 2, [2], [1], 1),
      tensor('0', 2, [2, 2], [1, 5]),
      tensor('0', 3, [2], [1]),
    ];
    for (const [i, bad] of cases.entries()) {
      const bytes = build(pickle(...dict([['w', bad]])), { 0: floats(1, 2) });
      expect(await says(`range${i}`, bytes)).toMatch(/damaged/);
    }
  });

  test('impossible shapes and strides', async () => {
    const cases: [number[], number[]][] = [
      [[-1], [1]],
      [[2], [-1]],
      [[2, 1], [1]],
      [Array(80).fill(1), Array(80).fill(1)],
    ];
    for (const [i, [shape, strides]] of cases.entries()) {
      const bytes = build(pickle(...dict([['w', tensor('0', 2, shape, strides)]])), { 0: floats(1, 2) });
      expect(await says(`shape${i}`, bytes)).toMatch(/impossible shape/);
    }
  });

  test('a missing storage', async () => {
    expect(await says('missing', build(pickle(...good)))).toMatch(/damaged.* w \(2\)/);
  });

  test('a dict without tensors', async () => {
    expect(await says('none', build(pickle(...dict([['epoch', [3]]]))))).toMatch(
      /holds no weights by name \(only epoch\)/,
    );
    expect(await says('list', build(pickle(']')))).toMatch(/holds no weights/);
  });

  test('a dict that holds itself', async () => {
    const bytes = build(pickle('}q\x01', text('state_dict'), 'h\x01s'));
    expect(await says('cycle', bytes)).toMatch(/holds no weights/);
  });

  test('every truncation', async () => {
    const whole = build(pickle(...good), { 0: floats(1.5, -2) });
    for (let length = 0; length < whole.length; length += form === 'zip' ? 5 : 1) {
      await says('cut', whole.subarray(0, length));
    }
  });
});

describe('files of another kind', () => {
  const says = async (name: string, bytes: Uint8Array) => {
    const file = scratch(name, bytes);
    return complaint(file, readPth(file));
  };

  test('are named', async () => {
    expect(await says('a.pkl', pickle('}'))).toMatch(/Refused: .* is a Python pickle, which can hold any program/);
    expect(await says('renamed.pth', pickle('}'))).toMatch(/not one that torch\.save made/);
    expect(await says('image.pth', Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'))).toMatch(/is not a PyTorch file/);
    expect(await says('empty.pth', Buffer.alloc(0))).toMatch(/is empty/);
    expect(await says('other.pth', zipSync({ 'a.txt': floats(1) }))).toMatch(/is a zip archive, not a PyTorch file/);
    const npz = readFileSync(path.join(GOLDEN, 'arrays.npz'));
    expect(await says('arrays.pth', npz)).toMatch(/is a NumPy archive/);
    const script = { 'a/data.pkl': pickle('}'), 'a/code/net.py': floats(1), 'a/constants.pkl': pickle(')') };
    expect(await says('script.pt', zipSync(script))).toMatch(/TorchScript program/);
    const big = { 'a/data.pkl': pickle('}'), 'a/byteorder': Buffer.from('big') };
    expect(await says('big.pt', zipSync(big))).toMatch(/big-endian/);
  });

  test('a folder, and a file that is not there', async () => {
    expect(await complaint(GOLDEN, readPth(GOLDEN))).toMatch(/it is a folder/);
    const gone = scratch('gone.pth');
    expect(await complaint(gone, readPth(gone))).toMatch(/it is not there/);
  });

  test('a zip bomb is refused by what it declares, and one that lies by what it holds', async () => {
    const bomb = Buffer.from(zipSync({ 'a/data.pkl': pickle('}'), 'a/data/0': new Uint8Array(1e6) }));
    bomb.writeUInt32LE(3e9, bomb.lastIndexOf('PK\x01\x02', undefined, 'latin1') + 24);
    expect(await says('bomb.pth', bomb)).toMatch(/Refused: .* would unpack to more than 256 MB/);

    const files = { 'a/data.pkl': pickle(...good), 'a/data/0': new Uint8Array(4e6) };
    const liar = Buffer.from(zipSync(files, { level: 9 }));
    const entry = liar.lastIndexOf('PK\x01\x02', undefined, 'latin1');
    liar.writeUInt32LE(8, entry + 24); // the uncompressed size in the directory
    expect(await says('liar.pth', liar)).toMatch(/not a whole zip archive/);
  });

  test('a changed byte of a number is noticed by its checksum', async () => {
    const bytes = Buffer.from(torchZip(pickle(...good), { 0: floats(1.5, -2) }));
    bytes[bytes.indexOf(floats(1.5, -2)) + 1] ^= 1;
    expect(await says('flipped.pth', bytes)).toMatch(/does not match its checksum/);
  });
});
