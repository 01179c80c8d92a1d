/** Models for other programs: the file, its card beside it, and an example that runs it. */
import path from 'node:path';
import { writeAtomic } from '../base/files.ts';
import type { ModelCard } from '../contract/model.ts';
import { Problem } from '../contract/problem.ts';
import type { ModelSpeed } from '../contract/speed.ts';
import type { Graph } from '../networks/graph.ts';
import { isOpaque } from '../networks/kinds/opaque.ts';
import type { Size2 } from '../networks/node-kind.ts';
import { buildNetwork } from '../networks/registry.ts';
import { toTorch } from '../networks/torch-layout.ts';
import { cardMetadata } from './card.ts';
import { onnxExample, torchExample } from './examples.ts';
import { TORCH_NAMES } from './model-file.ts';
import { INPUT, OUTPUT, writeOnnx } from './onnx/write.ts';
import { writeSafetensors } from './safetensors.ts';

/** Where none is asked for: about that of CamVid. */
const SIZE: Size2 = [360, 480];

/** The size that a network is exported for: the one that is asked for, or CamVid's brought to what fits the network. */
export function exportSize({ stride }: Graph, asked?: Size2): Size2 {
  const fitting = (size: number) => Math.ceil(size / stride) * stride;
  return asked ?? [fitting(SIZE[0]), fitting(SIZE[1])];
}

/**
 * Writes a model, `NAME.card.json` and `NAME.example.py`, each whole or not at all.
 * @param asked height and width of the pictures, for a format that fixes them
 * @param speed as it was measured last, for the card beside the file
 * @returns the files that were written
 * @throws Problem where the size does not fit, a part of the network has no form in the format, or a file cannot be written
 */
export function exportModel(
  { card, weights }: { card: ModelCard; weights: ReadonlyMap<string, Float32Array> },
  format: 'onnx' | 'safetensors',
  file: string,
  asked?: Size2,
  speed: ModelSpeed | null = null,
): string[] {
  const graph = buildNetwork(card.network, card.outputs);
  if (isOpaque(graph)) {
    throw new Problem(
      `${card.name} is run by ONNX Runtime as it was imported, and cannot be written in another form.`,
      {
        next: 'Take the file that was imported.',
      },
    );
  }
  const size = exportSize(graph, asked);
  const told = speed ? { ...card, speed } : card;
  const stem = file.slice(0, file.length - path.extname(file).length);
  const files = { model: file, card: `${stem}.card.json`, example: `${stem}.example.py` };
  if (format === 'onnx') {
    writeAtomic(file, writeOnnx(graph, weights, card, size));
    const input = { name: INPUT, shape: [1, 3, ...size], layout: 'NCHW', type: 'float32' };
    const output = { name: OUTPUT, shape: [1, card.outputs, ...size], layout: 'NCHW', type: 'float32' };
    writeAtomic(files.card, cardText({ ...told, file: path.basename(file), input, output }));
  } else {
    const tensors = graph.params.map((spec) => {
      return [spec.torchName, { shape: spec.torchShape, data: toTorch(spec, weights.get(spec.name)!) }] as const;
    });
    writeSafetensors(file, new Map(tensors), { ...cardMetadata(card), ...TORCH_NAMES });
    writeAtomic(files.card, cardText({ ...told, file: path.basename(file) }));
  }
  const example = format === 'onnx' ? onnxExample : torchExample;
  writeAtomic(files.example, Buffer.from(example(card, path.basename(file), size)));
  return Object.values(files);
}

function cardText(card: object): Uint8Array {
  return Buffer.from(`${JSON.stringify(card, null, 2)}\n`);
}
