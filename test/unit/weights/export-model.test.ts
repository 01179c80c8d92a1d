import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { GraphBuilder } from '../../../src-main/networks/graph.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { exportModel, exportSize } from '../../../src-main/weights/export-model.ts';
import { readModel } from '../../../src-main/weights/model-file.ts';
import { readSafetensors } from '../../../src-main/weights/safetensors.ts';
import { cardOf, someWeights } from './onnx/run.ts';

const folder = mkdtempSync(path.join(os.tmpdir(), 'stillroom-export-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const graph = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1 } }, 4);
const model = { card: cardOf(graph), weights: someWeights(graph) };

test('beside an ONNX file lie its card, with input and output, and an example that knows its preprocessing', () => {
  const files = exportModel(model, 'onnx', path.join(folder, 'mine.v2.onnx'), [32, 64]);
  expect(files.map((file) => path.basename(file))).toEqual(['mine.v2.onnx', 'mine.v2.card.json', 'mine.v2.example.py']);
  const card = JSON.parse(readFileSync(files[1], 'utf8'));
  expect(card).toMatchObject({
    ...model.card,
    file: 'mine.v2.onnx',
    input: { name: 'input', shape: [1, 3, 32, 64], layout: 'NCHW' },
    output: { name: 'logits', shape: [1, 4, 32, 64] },
  });
  const example = readFileSync(files[2], 'utf8');
  expect(example.trimEnd().split('\n').length).toBeLessThanOrEqual(22);
  for (const part of ['WIDTH, HEIGHT = 64, 32', '[:, :, ::-1]', '[110, 108, 105]', '"mine.v2.onnx"', '"Sky"'])
    expect(example).toContain(part);
});

test('safetensors with PyTorch’s names hold its names and layout, and come back as the same model', async () => {
  const [file] = exportModel(model, 'safetensors', path.join(folder, 'torch.safetensors'));
  const { tensors } = await readSafetensors(file);
  expect([...tensors.keys()].sort()).toEqual(graph.params.map(({ torchName }) => torchName).sort());
  expect(tensors.get('level1.conv.weight')!.shape).toEqual([16, 3, 3, 3]);
  expect(await readModel(file)).toEqual({ ...model, notes: [] });
});

test('without a size the file is for about CamVid’s, as far as that fits the network', () => {
  expect(exportSize(graph)).toEqual([360, 480]);
  const b = new GraphBuilder(3);
  const wide = b.build({ id: 'a', options: {}, output: 'input', stride: 32, logitsStride: 1, defaultTaps: [] });
  expect(exportSize(wide)).toEqual([384, 480]);
  expect(exportSize(wide, [64, 32])).toEqual([64, 32]);
});
