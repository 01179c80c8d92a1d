/** Models for other programs: the file, its card beside it, and an example that runs it. */
import path from 'node:path';
import { writeAtomic } from '../base/files.ts';
import type { ModelCard } from '../contract/model.ts';
import type { ModelFormat } from '../contract/model-requests.ts';
import { Problem } from '../contract/problem.ts';
import type { ModelSpeed } from '../contract/speed.ts';
import type { Graph } from '../networks/graph.ts';
import { isOpaque } from '../networks/kinds/opaque.ts';
import type { Size2 } from '../networks/node-kind.ts';
import { buildNetwork } from '../networks/registry.ts';
import { toTorch } from '../networks/torch-layout.ts';
import { cardMetadata } from './card.ts';
import { onnxExample, tfjsExample, tfliteExample, torchExample } from './examples.ts';
import { TORCH_NAMES } from './model-file.ts';
import { writeOnnx } from './onnx/write.ts';
import { writeSafetensors } from './safetensors.ts';
import { writeTfjs } from './tensorflow/write/tfjs.ts';
import { writeTflite } from './tensorflow/write/tflite.ts';
import { INPUT, OUTPUT } from './written-values.ts';

/** Where none is asked for: about that of CamVid. */
const SIZE: Size2 = [360, 480];

/** The size that a network is exported for: the one that is asked for, or CamVid's brought to what fits the network. */
export function exportSize({ stride }: Graph, asked?: Size2): Size2 {
  const fitting = (size: number) => Math.ceil(size / stride) * stride;
  return asked ?? [fitting(SIZE[0]), fitting(SIZE[1])];
}

/** A model that is to be written, with the place of its file. */
interface Writing {
  card: ModelCard;
  weights: ReadonlyMap<string, Float32Array>;
  graph: Graph;
  size: Size2;
  file: string;
}

/** One form for other programs. */
interface Target {
  example: { extension: string; text: (card: ModelCard, file: string, size: Size2) => string };
  /** Writes the model. @returns its files, and how pictures go in and logits come out, where the file fixes that */
  write: (model: Writing) => { files: string[]; shapes?: { input: object; output: object } };
}

const TARGETS: Record<ModelFormat, Target> = {
  onnx: {
    example: { extension: 'py', text: onnxExample },
    write: ({ card, weights, graph, size, file }) => {
      writeAtomic(file, writeOnnx(graph, weights, card, size));
      const described = (name: string, channels: number) => ({
        ...{ name, shape: [1, channels, ...size], layout: 'NCHW', type: 'float32' },
      });
      return { files: [file], shapes: { input: described(INPUT, 3), output: described(OUTPUT, card.outputs) } };
    },
  },
  safetensors: {
    example: { extension: 'py', text: torchExample },
    write: ({ card, weights, graph, file }) => {
      const tensors = graph.params.map((spec) => {
        return [spec.torchName, { shape: spec.torchShape, data: toTorch(spec, weights.get(spec.name)!) }] as const;
      });
      writeSafetensors(file, new Map(tensors), { ...cardMetadata(card), ...TORCH_NAMES });
      return { files: [file] };
    },
  },
  tfjs: {
    example: { extension: 'mjs', text: tfjsExample },
    write: ({ card, weights, graph, size, file }) => {
      const { json, shards } = writeTfjs(graph, weights, card, size, path.basename(stemOf(file)));
      const parts = [...shards].map(([name, bytes]) => {
        const place = path.join(path.dirname(file), name);
        writeAtomic(place, bytes);
        return place;
      });
      // Last, so that whoever finds it finds its numbers
      writeAtomic(file, json);
      return { files: [file, ...parts], shapes: channelsLast(card, size) };
    },
  },
  tflite: {
    example: { extension: 'py', text: tfliteExample },
    write: ({ card, weights, graph, size, file }) => {
      writeAtomic(file, writeTflite(graph, weights, card, size));
      return { files: [file], shapes: channelsLast(card, size) };
    },
  },
};

/** How pictures go into TensorFlow's formats, and logits come out. */
function channelsLast({ outputs }: ModelCard, size: Size2) {
  const described = (name: string, channels: number) => ({
    ...{ name, shape: [1, ...size, channels], layout: 'NHWC', type: 'float32' },
  });
  return { input: described(INPUT, 3), output: described(OUTPUT, outputs) };
}

/**
 * Writes a model, `NAME.card.json` and `NAME.example.py` (`.mjs` for TensorFlow.js), each whole or not at all.
 * @param asked height and width of the pictures, for a format that fixes them
 * @param speed as it was measured last, for the card beside the file
 * @returns the files that were written
 * @throws Problem where the size does not fit, a part of the network has no form in the format, or a file cannot be written
 */
export function exportModel(
  { card, weights }: { card: ModelCard; weights: ReadonlyMap<string, Float32Array> },
  format: ModelFormat,
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
  const { example, write } = TARGETS[format];
  const { files, shapes } = write({ card, weights, graph, size, file });
  const name = path.basename(file);
  const told = speed ? { ...card, speed } : card;
  const [cardFile, exampleFile] = [`${stemOf(file)}.card.json`, `${stemOf(file)}.example.${example.extension}`];
  writeAtomic(cardFile, `${JSON.stringify({ ...told, file: name, ...shapes }, null, 2)}\n`);
  writeAtomic(exampleFile, example.text(card, name, size));
  return [...files, cardFile, exampleFile];
}

function stemOf(file: string): string {
  return file.slice(0, file.length - path.extname(file).length);
}
