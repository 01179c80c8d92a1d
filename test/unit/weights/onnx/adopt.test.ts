/** ONNX models that cannot become graphs: run by ONNX Runtime as they are, tapped, evaluated and learnt from. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { recipe } from '../../../../src-main/contract/recipe.ts';
import { startEngine } from '../../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../../src-main/engine/tf.ts';
import { evaluateModel } from '../../../../src-main/evaluation/evaluate.ts';
import { drawNetwork } from '../../../../src-main/networks/draw.ts';
import { countNetwork, nodeSizes } from '../../../../src-main/networks/graph.ts';
import { buildNetwork } from '../../../../src-main/networks/registry.ts';
import { checkRecipe } from '../../../../src-main/training/check-recipe.ts';
import { type OpenModel, openModel } from '../../../../src-main/training/model.ts';
import { Session } from '../../../../src-main/training/session.ts';
import { exportModel } from '../../../../src-main/weights/export-model.ts';
import { changeCard, readModel } from '../../../../src-main/weights/model-file.ts';
import { decodeOnnx, encodeOnnx } from '../../../../src-main/weights/onnx/proto.ts';
import { type Adopted, adoptOnnx } from '../../../../src-main/weights/onnx/run/adopt.ts';
import { noise } from '../../../conformance/noise.ts';
import { tinyData } from '../../training/tiny.ts';
import { complaint } from '../make.ts';
import { swap } from './run.ts';

const GOLDEN = path.join(import.meta.dirname, 'golden');

interface Case {
  file: string;
  size: [number, number];
  seed: number;
  values: Record<string, { shape: number[]; step: number; values: number[] }>;
}

/** By PyTorch: test/oracles/onnx_teacher.py. */
const cases: Case[] = JSON.parse(readFileSync(path.join(GOLDEN, 'teacher.json'), 'utf8'));
const root = mkdtempSync(path.join(os.tmpdir(), 'stillroom-adopt-'));
const adopted = new Map<string, Adopted & { path: string }>();
const taps = (one: Case) => Object.keys(one.values).filter((name) => name !== 'logits');

beforeAll(async () => {
  await startEngine('cpu');
  for (const name of ['teacher-any.onnx', 'teacher-fixed.onnx']) {
    const found = await adoptOnnx(path.join(GOLDEN, name));
    const to = path.join(root, name);
    writeFileSync(to, found.bytes);
    adopted.set(name, { ...found, path: to });
  }
}, 60_000);
afterAll(() => rmSync(root, { recursive: true, force: true }));

function pictureOf({ size: [height, width], seed }: Case): Tensor4D {
  return tf.tensor4d(swap(noise(3 * height * width, seed), 3, height * width), [1, height, width, 3]);
}

test('such a model is named with its nodes and operators when it is read as a graph', async () => {
  const file = path.join(GOLDEN, 'teacher-any.onnx');
  const said = await complaint(file, readModel(file));
  for (const named of ['/network/GridSample (GridSample)', '/network/Einsum (Einsum)', '/network/Einsum_1 (Einsum)']) {
    expect(said).toContain(named);
  }
  expect(said).toContain('ONNX Runtime');
});

test('the file stays as it was, with its card behind it, and is read again', async () => {
  for (const [name, { bytes, card, path: file }] of adopted) {
    const original = readFileSync(path.join(GOLDEN, name));
    expect(Buffer.compare(original, bytes.subarray(0, original.length))).toBe(0);
    const again = await readModel(file);
    expect(again.card).toEqual(card);
    expect(again.weights.size).toBe(0);
  }
});

test('another card can be put into the file', async () => {
  const { bytes, card } = adopted.get('teacher-any.onnx')!;
  expect(card.guessed).toEqual(['classes', 'preprocessing']);
  const file = path.join(root, 'told.onnx');
  writeFileSync(file, bytes);
  const { guessed: _, ...known } = card;
  const told = { ...known, preprocessing: { ...card.preprocessing, channels: 'bgr' as const } };
  await changeCard(file, told);
  expect((await readModel(file)).card).toEqual(told);
});

describe.each(cases)('$file at $size', (one) => {
  let model: OpenModel;
  beforeAll(async () => {
    model = await openModel(adopted.get(one.file)!.path, taps(one).slice(0, 1));
  });
  afterAll(() => model.executable.dispose());

  test('logits and inner values are PyTorch’s, as the graph says they would be', () => {
    const x = pictureOf(one);
    // The first tap was told when the model was opened, the others were not
    const { logits, taps: tapped } = model.executable.forward(x, { taps: taps(one) });
    const sizes = nodeSizes(model.graph, one.size);
    for (const [name, golden] of Object.entries(one.values)) {
      const given = name === 'logits' ? logits : tapped.get(name)!;
      expect(given.shape).toEqual(golden.shape);
      const [, ...size] = given.shape;
      expect(sizes.get(name === 'logits' ? model.graph.output : name)).toEqual(size);
      const values = given.dataSync();
      const largest = Math.max(...golden.values.map(Math.abs));
      for (const [i, value] of golden.values.entries()) {
        expect(Math.abs(values[i * golden.step] - value)).toBeLessThan(1e-5 * largest);
      }
    }
    tf.dispose([x, logits, ...tapped.values()]);
  });

  test('pictures of a batch are answered one by one, and nothing is left behind', () => {
    const x = pictureOf(one);
    const batch = tf.concat([x, x.mul<Tensor4D>(0.5)], 0);
    const before = tf.memory().numTensors;
    const alone = model.executable.forward(x);
    const both = model.executable.forward(batch, { taps: taps(one) });
    const [, height, width, channels] = alone.logits.shape;
    const [first, second] = [0, 1].map((at) =>
      both.logits.slice([at, 0, 0, 0], [1, height, width, channels]).dataSync(),
    );
    expect(first).toEqual(alone.logits.dataSync());
    expect(second).not.toEqual(first);
    tf.dispose([alone.logits, both.logits, ...both.taps.values()]);
    expect(tf.memory().numTensors).toBe(before + 2);
    tf.dispose([x, batch]);
  });
});

test('a picture of another size than the only one that a model takes is brought to it, and its logits back', async () => {
  const model = await openModel(adopted.get('teacher-fixed.onnx')!.path);
  const x = tf.tensor4d(noise(3 * 90 * 150, 4), [1, 90, 150, 3]);
  const { logits } = model.executable.forward(x);
  expect(logits.shape).toEqual([1, 90, 150, 10]);
  model.executable.dispose();
  tf.dispose([x, logits]);
});

test('what it costs is counted from the file, and it is drawn', () => {
  const { card } = adopted.get('teacher-any.onnx')!;
  const graph = buildNetwork(card.network, card.outputs);
  // The arrays of the PyTorch module, and by hand: three convolutions, tokens, two products (which count as none) and the head
  const parameters = 3 * 8 * 9 + 8 + 8 * 12 * 9 + 12 + 12 * 2 * 9 + 2 + 12 * 12 + 12 + 12 * 10 + 10;
  const macs = 32 * 48 * 3 * 8 * 9 + 16 * 24 * (8 * 12 * 9 + 12 * 2 * 9 + 12 * 12 + 12 * 10);
  expect(countNetwork(graph, [64, 96])).toEqual({ parameters, macs });
  const drawing = drawNetwork(graph, 'teacher', [64, 96], null);
  expect(drawing.parameters).toBe(parameters);
  expect(drawing.names.length).toBe(graph.nodes.length);
});

test('it teaches: a student learns from its logits and inner values', async () => {
  const teacher = adopted.get('teacher-any.onnx')!.path;
  const classes = adopted.get('teacher-any.onnx')!.card.classes;
  const [low, mixed] = taps(cases[0]);
  const asked = recipe.parse({
    version: 1,
    name: 'taught',
    data: {},
    student: { network: { id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } } },
    methods: [
      { method: 'kd', weight: 1 },
      { method: 'dsd.psd', weight: 1, taps: { student: ['level1', 'level2'], teacher: [low, mixed] } },
    ],
    schedule: { steps: 1 },
    optimizer: { kind: 'sgd', learningRate: 0.01 },
    batch: 2,
    crop: [32, 48],
  });
  const bound = { data: null, teacher: adopted.get('teacher-any.onnx')!.card };
  expect(checkRecipe(asked, bound)).toEqual([]);
  const data = { root, classes, values: [], items: [], hash: '' };
  const session = await Session.open(
    { kind: 'train', folder: root, recipe: asked, data, evaluation: null, teacher, engine: 'cpu' },
    null,
  );
  const image = Uint8Array.from(noise(2 * 32 * 48 * 3, 9), (value) => (value + 1) * 127);
  const labels = new Int32Array(2 * 32 * 48).fill(1);
  const losses = Array.from({ length: 8 }, (_, step) =>
    session.step({ image, labels, items: Int32Array.of(0, 1) }, step),
  );
  expect(losses[0].terms.map(({ id }) => id)).toEqual(['kd', 'dsd.psd']);
  for (const [t] of losses[0].terms.entries()) expect(losses[7].terms[t].value).toBeLessThan(losses[0].terms[t].value!);
  session.dispose();
});

test('it is evaluated', async () => {
  const data = tinyData(path.join(root, 'data'));
  const model = await openModel(adopted.get('teacher-any.onnx')!.path);
  const classes = model.card.classes.slice(0, data.classes.length);
  const result = await evaluateModel(model, { ...data, classes });
  expect(result.images).toBe(data.items.length);
  expect(result.outputs).toBe(10);
  model.executable.dispose();
});

test('it is no student, and is not exported', () => {
  const { card } = adopted.get('teacher-any.onnx')!;
  const asked = {
    version: 1,
    name: 'x',
    data: {},
    student: { network: card.network },
    methods: [{ method: 'ce', weight: 1 }],
    schedule: { steps: 1 },
    batch: 1,
    crop: [32, 32],
  };
  const found = checkRecipe(asked, { data: null, teacher: null });
  expect(found.map(({ field }) => field)).toContain('student.network');
  expect(() => exportModel({ card, weights: new Map() }, 'onnx', path.join(root, 'x.onnx'))).toThrow(/ONNX Runtime/);
});

test('a tap that is no value of the file is named', async () => {
  const model = await openModel(adopted.get('teacher-any.onnx')!.path);
  const x = tf.tensor4d(new Float32Array(64 * 96 * 3), [1, 64, 96, 3]);
  expect(() => model.executable.forward(x, { taps: ['nowhere'] })).toThrow(/no node “nowhere”/);
  model.executable.dispose();
  x.dispose();
});

test('numbers beside the file are taken into it', async () => {
  const file = path.join(root, 'parted.onnx');
  const model = decodeOnnx(readFileSync(path.join(GOLDEN, 'teacher-any.onnx')), file);
  const numbers = model.graph.initializer.map(({ rawData }) => rawData!);
  let offset = 0;
  model.graph.initializer = model.graph.initializer.map((tensor, i) => {
    const entries = { location: 'parted.data', offset: String(offset), length: String(numbers[i].length) };
    offset += numbers[i].length;
    const externalData = Object.entries(entries).map(([key, value]) => ({ key, value }));
    return { ...tensor, rawData: undefined, dataLocation: 1, externalData };
  });
  writeFileSync(file, encodeOnnx(model));
  writeFileSync(path.join(root, 'parted.data'), Buffer.concat(numbers));
  const found = await adoptOnnx(file);
  rmSync(path.join(root, 'parted.data'));
  writeFileSync(file, found.bytes);
  const [parted, one] = await Promise.all([file, adopted.get('teacher-any.onnx')!.path].map((at) => openModel(at)));
  const x = pictureOf(cases[0]);
  const given = [parted, one].map(({ executable }) => executable.forward(x).logits);
  expect(given[0].dataSync()).toEqual(given[1].dataSync());
  for (const { executable } of [parted, one]) executable.dispose();
  tf.dispose([x, ...given]);
});

describe('refused in a sentence is', () => {
  const original = () => decodeOnnx(readFileSync(path.join(GOLDEN, 'teacher-any.onnx')), 'teacher');
  const refusal = (model: ReturnType<typeof original>) => {
    const file = path.join(root, 'changed.onnx');
    writeFileSync(file, encodeOnnx(model));
    return complaint(file, adoptOnnx(file));
  };

  test('numbers outside of the folder, and in other files for parts of operators', async () => {
    const model = original();
    const { initializer } = model.graph;
    const externalData = [{ key: 'location', value: '/etc/passwd' }];
    initializer[0] = { ...initializer[0], rawData: undefined, dataLocation: 1, externalData };
    expect(await refusal(model)).toContain('outside of its folder');
    const deep = original();
    const [node] = deep.graph.node;
    const inner = { ...deep.graph, node: [], input: [], output: [], initializer: [initializer[0]] };
    node.attribute = [...node.attribute, { name: 'body', type: 5, g: inner }];
    expect(await refusal(deep)).toContain('other files');
  });

  test('an operator that ONNX Runtime does not know', async () => {
    const model = original();
    model.graph.node.find(({ opType }) => opType === 'GridSample')!.opType = 'Nothing';
    expect(await refusal(model)).toMatch(/ONNX Runtime cannot run .*Nothing/s);
  });

  test('a model that ends in no picture', async () => {
    const model = original();
    model.graph.output = [{ name: '/network/Softmax_output_0' } as never];
    expect(await refusal(model)).toContain('does not end in a picture');
  });

  test('a damaged file', async () => {
    const file = path.join(root, 'cut.onnx');
    copyFileSync(path.join(GOLDEN, 'teacher-any.onnx'), file);
    writeFileSync(file, readFileSync(file).subarray(0, 900));
    expect(await complaint(file, adoptOnnx(file))).toMatch(/damaged|cannot run|no graph/);
  });
});
