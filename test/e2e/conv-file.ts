/** Files of models that are one convolution of 1×1: what they say of a pixel is known from its colour alone. */
import type { NetworkGraph } from '../../src-main/contract/model.ts';
import { weightsSha256, writeModel } from '../../src-main/weights/model-file.ts';

/** One output for each class: how much red, green and blue (0–1) count, and the offset. */
export type Rows = readonly (readonly [number, number, number, number])[];

export function writeConv(file: string, name: string, rows: Rows, classes: readonly string[]): void {
  const attrs = { filters: rows.length, kernel: 1, bias: 1 };
  const graph: NetworkGraph = {
    nodes: [{ name: 'logits', kind: 'conv', inputs: ['input'], attrs }],
    output: 'logits',
    stride: 1,
    logitsStride: 1,
    defaultTaps: ['logits'],
  };
  const weights = new Map([
    ['logits.filter', Float32Array.from([0, 1, 2].flatMap((channel) => rows.map((row) => row[channel])))],
    ['logits.bias', Float32Array.from(rows.map((row) => row[3]))],
  ]);
  const card = {
    name,
    network: { id: 'one-convolution', options: {}, graph },
    classes: classes.map((one, i) => ({
      name: one,
      color: [(i * 60) % 256, (200 + i * 206) % 256, 90] as [number, number, number],
    })),
    outputs: rows.length,
    preprocessing: {
      channels: 'rgb' as const,
      mean: [0, 0, 0] as [number, number, number],
      std: [255, 255, 255] as [number, number, number],
      scale: 1,
    },
    licence: '',
    source: '',
    sha256: weightsSha256(weights),
  };
  writeModel(file, card, weights);
}
