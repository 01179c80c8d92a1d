import { expect, test } from 'vitest';
import { buildNetwork } from '../../../src-main/networks/registry.ts';
import { recogniseFile } from '../../../src-main/weights/catalogue.ts';
import { fitOf } from '../../../src-main/weights/match.ts';
import type { FileTensor } from '../../../src-main/weights/tensor-file.ts';

type Shapes = [name: string, shape: number[]][];

function fileOf(shapes: Shapes) {
  const tensors = shapes.map(([name, shape]): [string, FileTensor] => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    return [name, { shape, dtype: 'float32', data }];
  });
  return { tensors: new Map(tensors), format: 'PyTorch (zip)' };
}

/** A convolution and its batch norm, by the names of PyTorch. */
const pair = (conv: string, norm: string, shape: number[]): Shapes => [
  [`${conv}.weight`, shape],
  ...['weight', 'bias', 'running_mean', 'running_var'].map((array): Shapes[0] => [`${norm}.${array}`, [shape[0]]]),
];

/** As torchvision names MobileNetV2: `features.N.conv.…`. */
function torchvisionMobilenet(): Shapes {
  const result: Shapes = pair('features.0.0', 'features.0.1', [32, 3, 3, 3]);
  let [n, channels] = [1, 32];
  for (const [expansion, filters, blocks] of [
    [1, 16, 1],
    [6, 24, 2],
    [6, 32, 3],
    [6, 64, 4],
    [6, 96, 3],
    [6, 160, 3],
    [6, 320, 1],
  ]) {
    for (let block = 0; block < blocks; block++) {
      const [conv, wide] = [`features.${n++}.conv`, channels * expansion];
      const convs = expansion === 1 ? [] : pair(`${conv}.0.0`, `${conv}.0.1`, [wide, channels, 1, 1]);
      const at = expansion === 1 ? 0 : 1;
      result.push(...convs, ...pair(`${conv}.${at}.0`, `${conv}.${at}.1`, [wide, 1, 3, 3]));
      result.push(...pair(`${conv}.${at + 1}`, `${conv}.${at + 2}`, [filters, wide, 1, 1]));
      channels = filters;
    }
  }
  result.push(...pair('features.18.0', 'features.18.1', [1280, 320, 1, 1]));
  return [...result, ['classifier.1.weight', [1000, 1280]], ['classifier.1.bias', [1000]]];
}

test('torchvision’s MobileNetV2 is a backbone with its classifier, with every tensor in its place', () => {
  const found = recogniseFile(fileOf(torchvisionMobilenet()))!;
  expect(found.network).toEqual({ id: 'classifier-mobilenetv2', options: {} });
  const { params } = buildNetwork(found.network, found.outputs);
  const { missing, unexpected, mismatched, matched } = fitOf(found.tensors, params);
  expect({ missing, unexpected, mismatched }).toEqual({ missing: [], unexpected: [], mismatched: [] });
  expect(matched.length).toBe(params.length);
});

test.each([
  ['r34', 'classifier-r34'],
  ['r101', 'classifier-r101'],
  ['rx50', 'classifier-rx50'],
])('torchvision’s %s is told from smaller ones with the same names', (variant, id) => {
  const { params } = buildNetwork({ id: `classifier-${variant}`, options: { deepStem: 0 } }, 1000);
  const shapes = params.map(({ torchName, torchShape }): Shapes[0] => {
    const fc = torchName === 'head.fc.weight';
    return [torchName.replace(/^(backbone|head)\./, ''), fc ? torchShape.slice(0, 2) : [...torchShape]];
  });
  const found = recogniseFile(fileOf(shapes))!;
  expect(found.network).toEqual({ id, options: { deepStem: 0 } });
  const { missing, unexpected, mismatched } = fitOf(found.tensors, params);
  expect({ missing, unexpected, mismatched }).toEqual({ missing: [], unexpected: [], mismatched: [] });
});

test('with another number of classes it is not', () => {
  const shapes = torchvisionMobilenet().filter(([name]) => !name.startsWith('classifier'));
  expect(recogniseFile(fileOf([...shapes, ['classifier.1.weight', [10, 1280]]]))).toBeUndefined();
});

test('a file that lacks tensors of its network is recognised all the same, so that they can be named', () => {
  const found = recogniseFile(fileOf(torchvisionMobilenet().filter(([name]) => !name.startsWith('features.5.'))))!;
  const { missing } = fitOf(found.tensors, buildNetwork(found.network, found.outputs).params);
  expect(missing[0]).toEqual({ name: 'backbone.layer3.1.conv.0.conv.weight', shape: [192, 32, 1, 1] });
});
