import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';
import type { ModelCard } from '../../../src-main/contract/model.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { toTorch } from '../../../src-main/networks/torch-layout.ts';
import { cardMetadata } from '../../../src-main/weights/card.ts';
import { recogniseFile } from '../../../src-main/weights/catalogue.ts';
import { changeCard, readModel, shaped, weightsSha256, writeModel } from '../../../src-main/weights/model-file.ts';
import { decodeOnnx, encodeOnnx } from '../../../src-main/weights/onnx/proto.ts';
import { writeOnnx } from '../../../src-main/weights/onnx/write.ts';
import { readPth } from '../../../src-main/weights/pth.ts';
import { readSafetensors, writeSafetensors } from '../../../src-main/weights/safetensors.ts';
import { complaint, dict, ESPNET, GOLDEN, type Piece, pickle, scratch, tensor, torchLegacy } from './make.ts';

const graph = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1 } }, 4);
const weights = initialWeights(graph, 1);
const card: ModelCard = {
  name: 'mine',
  network: { id: 'espnet-c', options: { p: 1, q: 1 } },
  classes: [{ name: 'Sky', color: [1, 2, 3] }],
  outputs: 4,
  preprocessing: { channels: 'rgb', mean: [1, 2, 3], std: [4, 5, 6], scale: 0.5 },
  licence: 'own',
  source: 'a run',
  sha256: weightsSha256(weights),
};

/** The tensors of a network as a PyTorch file holds them, in the legacy form. */
function torchFile(name: string, network: ModelCard['network'], outputs: number, drop: string[] = []): string {
  const built = buildNetwork(network, outputs);
  const values = initialWeights(built, 3);
  const entries: [string, Piece[]][] = [];
  const storages: Record<string, Uint8Array> = {};
  for (const spec of built.params) {
    if (drop.includes(spec.torchName)) continue;
    const data = toTorch(spec, values.get(spec.name)!);
    const strides = spec.torchShape.map((_, i) => spec.torchShape.slice(i + 1).reduce((a, b) => a * b, 1));
    entries.push([spec.torchName, tensor(spec.name, data.length, [...spec.torchShape], strides)]);
    storages[spec.name] = new Uint8Array(data.buffer);
  }
  return scratch(name, torchLegacy(pickle(...dict(entries)), storages));
}

describe('our own form', () => {
  test('card and weights come back as written', async () => {
    const file = scratch('mine.safetensors');
    writeModel(file, card, weights);
    const model = await readModel(file);
    expect(model.card).toEqual(card);
    expect(model.notes).toEqual([]);
    expect([...model.weights.keys()]).toEqual(graph.params.map(({ name }) => name));
    expect(weightsSha256(model.weights)).toBe(card.sha256);
  });

  test('another card is put into a file of ours, of ONNX that became a graph, and into no other', async () => {
    const told = { ...card, preprocessing: { ...card.preprocessing, channels: 'bgr' as const } };
    const own = scratch('told.safetensors');
    writeModel(own, card, weights);
    const onnx = scratch('told.onnx', writeOnnx(graph, weights, card, [32, 48]));
    const foreign = scratch('foreign.onnx', encodeOnnx({ ...decodeOnnx(readFileSync(onnx), onnx), metadataProps: [] }));
    for (const file of [own, onnx, foreign]) {
      const before = await readModel(file);
      const network = before.card.network;
      await changeCard(file, { ...told, network });
      const after = await readModel(file);
      expect({ ...after.card, network: null }).toEqual({ ...told, network: null });
      expect(after.card.preprocessing).not.toEqual(before.card.preprocessing);
      expect([...after.weights.values()]).toEqual([...before.weights.values()]);
    }
    await complaint('told.pth', changeCard('told.pth', told));
  });

  test('of a file of TensorFlow Lite it lies beside it', async () => {
    const golden = path.join(import.meta.dirname, 'tensorflow/golden');
    const name = readdirSync(golden).find((one) => one.endsWith('.tflite'))!;
    const file = scratch('told.tflite', readFileSync(path.join(golden, name)));
    const { guessed, ...before } = (await readModel(file)).card;
    expect(guessed).toContain('preprocessing');
    const told = { ...before, preprocessing: { ...card.preprocessing, channels: 'bgr' as const } };
    await changeCard(file, told);
    expect((await readModel(file)).card).toEqual(told);
  });

  test('a checkpoint is a model: what else it carries is left alone', async () => {
    const file = scratch('step-10.safetensors');
    const slots = new Map(shaped(graph, weights)).set('optimizer:momentum', { shape: [2], data: new Float32Array(2) });
    writeSafetensors(file, slots, { ...cardMetadata(card), checkpoint: '{}' });
    expect([...(await readModel(file)).weights.keys()]).not.toContain('optimizer:momentum');
  });

  test.each<[string, string, (tensors: ReturnType<typeof shaped>) => void, string]>([
    [
      'a missing weight',
      'lacks logits.filter, 1×1×256×4',
      (tensors) => tensors.delete('logits.filter'),
      JSON.stringify(card),
    ],
    [
      'another shape',
      'has logits.filter as 2 instead of 1×1×256×4',
      (tensors) => tensors.set('logits.filter', { shape: [2], data: new Float32Array(2) }),
      JSON.stringify(card),
    ],
    [
      'NaN',
      'holds NaN or infinite weights in logits.filter',
      (tensors) =>
        tensors.set('logits.filter', { shape: [1, 1, 256, 4], data: new Float32Array(1024).fill(Number.NaN) }),
      JSON.stringify(card),
    ],
    ['a card that is no JSON', 'model card that cannot be read.', () => {}, '{'],
    ['a card with a bad field', 'cannot be read (outputs)', () => {}, JSON.stringify({ ...card, outputs: 'four' })],
  ])('refused: %s', async (_, words, spoil, text) => {
    const file = scratch('spoilt.safetensors');
    const tensors = shaped(graph, weights);
    spoil(tensors);
    writeSafetensors(file, tensors, { card: text });
    expect(await complaint(file, readModel(file))).toContain(words);
  });

  test('the hash is over names and values, in the order of the names', () => {
    const one = new Map([
      ['b', new Float32Array([2])],
      ['a', new Float32Array([1, -0])],
    ]);
    const bytes = Buffer.from('a\0\0\0\x80\x3f\0\0\0\x80b\0\0\0\0\x40', 'latin1');
    expect(weightsSha256(one)).toBe(createHash('sha256').update(bytes).digest('hex'));
    expect(weightsSha256(new Map([...one].reverse()))).toBe(weightsSha256(one));
    expect(
      weightsSha256(
        new Map([
          ['a', new Float32Array([1, 0])],
          ['b', new Float32Array([2])],
        ]),
      ),
    ).not.toBe(weightsSha256(one));
  });
});

describe('PyTorch files of known networks', () => {
  test.each<[string, ModelCard['network'], number, string, number]>([
    ['camvid.pth', { id: 'espnet', options: { p: 2, q: 8, form: 1 } }, 12, 'Sky', 11],
    ['city.pth', { id: 'espnet', options: { p: 3, q: 4, form: 0 } }, 20, 'road', 19],
    ['encoder.pt', { id: 'espnet-c', options: { p: 2, q: 3 } }, 20, 'road', 19],
    ['small.pth', { id: 'espnet-c', options: { p: 1, q: 1 } }, 12, 'Sky', 11],
  ])('%s is recognised whatever its name', async (name, network, outputs, first, classes) => {
    const file = torchFile(name, network, outputs);
    const model = await readModel(file);
    expect(model.card).toMatchObject({ name: path.parse(name).name, network, outputs, licence: 'MIT' });
    expect(model.card.classes).toHaveLength(classes);
    expect(model.card.classes[0].name).toBe(first);
    expect(model.card.sha256).toBe(createHash('sha256').update(readFileSync(file)).digest('hex'));
    expect(model.notes).toEqual([]);
    const expected = initialWeights(buildNetwork(network, outputs), 3);
    expect(weightsSha256(model.weights)).toBe(weightsSha256(expected));
  });

  test.each([
    'encoder.level3.7.d4.conv.weight',
    'conv.conv.weight',
    'encoder.classifier.conv.weight',
    'br.running_var',
    'encoder.level1.conv.weight',
  ])('one that lacks %s is refused, naming it', async (name) => {
    const file = torchFile('lacking.pth', { id: 'espnet', options: { p: 2, q: 8 } }, 12, [name]);
    expect(await complaint(file, readModel(file))).toMatch(
      new RegExp(`lacking\\.pth lacks ${name.replaceAll('.', '\\.')} \\(\\d`),
    );
  });

  test('an unknown network, or one of unknown classes, is refused with what was found', async () => {
    const other = path.join(GOLDEN, 'checkpoint.pth');
    expect(await complaint(other, readModel(other))).toMatch(
      /holds 0\.weight \(4×3×3×3\), 0\.bias \(4\), .* and \d more/,
    );
    const seven = torchFile('seven.pth', { id: 'espnet-c', options: {} }, 7);
    expect(await complaint(seven, readModel(seven))).toMatch(/not of a network and classes that Stillroom knows/);
  });

  test('a safetensors file from elsewhere is treated alike', async () => {
    const file = path.join(GOLDEN, 'outside.safetensors');
    expect(await complaint(file, readModel(file))).toMatch(/it holds b \(2×3\)/);
  });
});

describe.skipIf(!existsSync(ESPNET))('ESPNet’s own files (skipped where ../shared is missing)', () => {
  test.each<[string, ModelCard['network'], number]>([
    ['espnet_p_2_q_8_camvid.pth', { id: 'espnet', options: { p: 2, q: 8, form: 1 } }, 12],
    ['espnet_p_2_q_8.pth', { id: 'espnet', options: { p: 2, q: 8, form: 0 } }, 20],
    ['encoder_p_2_q_3.pth', { id: 'espnet-c', options: { p: 2, q: 3 } }, 20],
  ])('%s', async (name, network, outputs) => {
    const { card, weights, notes } = await readModel(path.join(ESPNET, name));
    expect(card).toMatchObject({ network, outputs });
    expect(notes).toEqual([]);
    const { params } = buildNetwork(network, outputs);
    expect(weights.size).toBe(params.length);
    expect(recogniseFile(await readPth(path.join(ESPNET, name)))).toMatchObject({ network, outputs });
    const copy = scratch(`${name}.safetensors`);
    writeModel(copy, card, weights);
    expect(weightsSha256((await readModel(copy)).weights)).toBe(weightsSha256(weights));
    expect((await readSafetensors(copy)).tensors.size).toBe(params.length);
  });
});
