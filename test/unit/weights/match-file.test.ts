import { expect, test } from 'vitest';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork, networkInfos } from '../../../src-main/networks/registry.ts';
import { toTorch } from '../../../src-main/networks/torch-layout.ts';
import { matchFile, namedModelOf } from '../../../src-main/weights/match-file.ts';
import { fitsOfAll } from '../../../src-main/weights/network-index.ts';
import { writeSafetensors } from '../../../src-main/weights/safetensors.ts';
import { scratch } from './make.ts';

const NOTHING = { network: null, outputs: null, names: {} };
const ref = { id: 'bisenetv2', options: {} };
const graph = buildNetwork(ref, 19);
const weights = initialWeights(graph, 3);
const [first, last] = [graph.params[0], graph.params[graph.params.length - 1]];

/** A file as PyTorch code with these names would save it. */
function file(name: string, rename = (own: string) => own, more: Record<string, number[]> = {}): string {
  const at = scratch(name);
  const tensors = graph.params.map((spec) => {
    const data = toTorch(spec, weights.get(spec.name)!);
    return [rename(spec.torchName), { shape: spec.torchShape, data }] as const;
  });
  const others = Object.entries(more).map(([key, shape]) => {
    return [key, { shape, data: new Float32Array(shape.reduce((a, b) => a * b, 1)) }] as const;
  });
  writeSafetensors(at, new Map([...tensors, ...others]));
  return at;
}

test('the network and its outputs are found by names and shapes; other heads are left over', async () => {
  const at = file('plain.safetensors', (name) => `module.${name}`, {
    'module.auxiliary_head.0.conv_seg.weight': [2, 3],
  });
  const match = await matchFile(at, NOTHING);
  expect(match).toMatchObject({ network: ref, outputs: 19, matched: graph.params.length, missing: [], mismatched: [] });
  expect(match.unexpected).toEqual([{ name: 'auxiliary_head.0.conv_seg.weight', shape: [2, 3] }]);
  expect(match.classes[0]).toBe('road');
  const model = await namedModelOf(at, NOTHING);
  expect(model.weights).toEqual(weights);
  expect(model.card).toMatchObject({ name: 'plain', network: ref, outputs: 19 });
  expect(model.notes.join()).toContain('assumed that its 19 outputs are the classes of Cityscapes');
});

test('a name that is another in the file is missing until it is named', async () => {
  const at = file('renamed.safetensors', (name) => (name === first.torchName ? 'stem.odd' : name));
  const before = await matchFile(at, NOTHING);
  expect(before.missing).toEqual([{ name: first.torchName, shape: [...first.torchShape] }]);
  expect(before.unexpected).toEqual([{ name: 'stem.odd', shape: [...first.torchShape] }]);
  await expect(namedModelOf(at, NOTHING)).rejects.toThrow(`lacks ${first.torchName}`);
  const naming = { network: ref, outputs: 19, names: { [first.torchName]: 'stem.odd' } };
  expect(await matchFile(at, naming)).toMatchObject({ missing: [], unexpected: [] });
  expect((await namedModelOf(at, naming)).weights).toEqual(weights);
  const wrong = { ...naming, names: { [first.torchName]: 'nowhere' } };
  await expect(matchFile(at, wrong)).rejects.toThrow('has no tensor nowhere');
});

// The first has all tensors of a smaller one and more, the second the same tensors in other shapes.
test.each(['lite1', 'lite2'])('EfficientNet-%s is told from a smaller one with the same names', async (size) => {
  const own = buildNetwork({ id: `parsenet-efficientnet-${size}`, options: {} }, 19);
  const at = scratch(`${size}.safetensors`);
  const zeros = own.params.map(({ torchName, torchShape }) => {
    return [torchName, { shape: torchShape, data: new Float32Array(torchShape.reduce((a, b) => a * b, 1)) }] as const;
  });
  writeSafetensors(at, new Map(zeros));
  const fits = { network: { id: own.id }, missing: [], mismatched: [], unexpected: [] };
  expect(await matchFile(at, NOTHING)).toMatchObject(fits);
});

test('a network that it is not lacks most; other outputs are other shapes', async () => {
  const at = file('again.safetensors');
  const other = await matchFile(at, { ...NOTHING, network: { id: 'espnet', options: {} } });
  expect(other.matched).toBe(0);
  const more = await matchFile(at, { ...NOTHING, network: ref, outputs: 21 });
  expect(more.mismatched.map(({ name }) => name)).toContain(last.torchName);
});

test('the index has the arrays of every network with their shapes, whatever the number of outputs', () => {
  for (const { id } of networkInfos()) {
    const { params } = buildNetwork({ id, options: {} }, 7);
    const tensors = new Map(params.map(({ torchName, torchShape }) => [torchName, { shape: torchShape }]));
    const found = fitsOfAll(tensors, null).filter(({ lacks, unexpected }) => lacks + unexpected === 0);
    expect(found, id).toContainEqual({ network: { id, options: {} }, outputs: 7, lacks: 0, unexpected: 0 });
  }
}, 120_000);
