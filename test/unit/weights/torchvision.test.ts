/** torchvision's networks for segmentation: read by rules from their state dicts, they answer as in PyTorch. */
import { readFileSync } from 'node:fs';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { recogniseFile } from '../../../src-main/weights/catalogue.ts';
import { matchWeights } from '../../../src-main/weights/match.ts';
import type { FileTensor } from '../../../src-main/weights/tensor-file.ts';
import { difference, input, LIMITS, type Summary, torchValues } from '../../conformance/networks-check.ts';

/** What test/oracles/networks_torchvision.py writes. */
interface Case {
  model: string;
  outputs: number;
  size: [number, number];
  seed: number;
  arrays: Record<string, number[]>;
  logits: Summary;
}
const CASES: Case[] = JSON.parse(readFileSync(new URL('golden/torchvision.json', import.meta.url), 'utf8'));

function tensorsOf({ arrays }: Case): Map<string, FileTensor> {
  return new Map(
    Object.entries(arrays).map(([name, shape]) => [name, { shape, dtype: 'float32', data: torchValues(name, shape) }]),
  );
}

beforeAll(async () => {
  await startEngine('cpu');
});
afterEach(() => expect(tf.memory().numTensors).toBe(0));

/** The shapes alone, with others in the place of some. */
function shapesOf({ arrays }: Case, others: Record<string, number[]>): Map<string, FileTensor> {
  const shapes = Object.entries({ ...arrays, ...others });
  return new Map(shapes.map(([name, shape]) => [name, { shape, dtype: 'float32', data: new Float32Array() }]));
}

describe.each(CASES)('$model of torchvision with $outputs outputs', (golden) => {
  test('is known, with every array in its place, and gives torchvision’s logits', () => {
    const found = recogniseFile({ tensors: tensorsOf(golden), format: 'PyTorch (zip)' })!;
    expect(found.outputs).toBe(golden.outputs);
    // As many as Pascal VOC has are its classes; of others it is said that they are guessed
    if (golden.outputs === 21) expect(found.classes[2].name).toBe('bicycle');
    expect(found.guessed).toEqual(golden.outputs === 21 ? undefined : ['classes', 'preprocessing']);
    expect(found.assumed === null).toBe(golden.outputs === 21);
    const graph = buildNetwork(found.network, found.outputs);
    const { weights, missing, unexpected, mismatched } = matchWeights(found.tensors, graph.params);
    expect({ missing, unexpected, mismatched }).toEqual({ missing: [], unexpected: [], mismatched: [] });
    const executable = new Executable(graph, weights);
    const x = input({ ...golden, batch: 1 });
    const { logits } = executable.forward(x);
    expect(difference(logits.dataSync() as Float32Array, golden.logits, 11)).toBeLessThan(LIMITS.forward);
    tf.dispose([x, logits]);
    executable.dispose();
  }, 240_000);
});

test.each([
  [{}, 'deeplabv3-r50'],
  [{ 'backbone.layer3.22.conv1.weight': [256, 1024, 1, 1] }, 'deeplabv3-r101'],
  [{ 'backbone.layer1.0.conv2.weight': [128, 4, 3, 3] }, 'deeplabv3-rx50'],
])('with %j it is %s', (others: Record<string, number[]>, id) => {
  const [deeplab] = CASES;
  const found = recogniseFile({ tensors: shapesOf(deeplab, others), format: 'PyTorch (zip)' })!;
  expect(found.network.id).toBe(id);
});
