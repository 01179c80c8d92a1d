import { beforeAll, describe, expect, test } from 'vitest';
import { networkInfo } from '../../../src-main/contract/model.ts';
import { Problem } from '../../../src-main/contract/problem.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { Executable } from '../../../src-main/networks/execute.ts';
import { countNetwork, GraphBuilder, nodeSizes } from '../../../src-main/networks/graph.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { buildNetwork, buildToTrain, networkInfos, networkTaps } from '../../../src-main/networks/registry.ts';
import { fromTorch, toTorch } from '../../../src-main/networks/torch-layout.ts';

const small = buildNetwork({ id: 'espnet-c', options: { p: 1, q: 1, width: 0.5 } }, 3);

beforeAll(async () => {
  await tf.setBackend('cpu');
});

function problemOf(work: () => unknown): Problem {
  try {
    work();
  } catch (error) {
    if (error instanceof Problem) return error;
    throw error;
  }
  throw new Error('Nothing was refused.');
}

describe('the registry', () => {
  test('offers its networks with taps that they have', () => {
    const infos = networkInfos();
    expect(new Set(infos.map(({ id }) => id)).size).toBe(infos.length);
    for (const info of infos) {
      expect(networkInfo.parse(info)).toEqual(info);
      const { all, usual } = networkTaps({ id: info.id, options: {} });
      expect(usual).toHaveLength(3);
      expect(all).toEqual(expect.arrayContaining([...usual, 'logits']));
    }
  });

  test('has auxiliary outputs for the training alone', () => {
    const outputs = 5;
    for (const { id, auxiliary } of networkInfos().filter((info) => !/efficientnet|hrnet|rx101/.test(info.id))) {
      const [trained, deployed] = [buildToTrain, buildNetwork].map((build) => build({ id, options: {} }, outputs));
      expect(trained.auxiliaries !== undefined, id).toBe(auxiliary === true);
      expect(deployed.auxiliaries).toBeUndefined();
      expect(trained.nodes.slice(0, deployed.nodes.length)).toEqual(deployed.nodes);
      const more = trained.params.slice(deployed.params.length);
      const names = /^(auxiliary_head\.|decode_head\.((pam|cam)_conv_seg|se_layer)\.|fcn\.)/;
      expect(more.every(({ torchName }) => names.test(torchName))).toBe(true);
      for (const { node } of trained.auxiliaries ?? []) {
        expect(trained.nodes.find(({ name }) => name === node)?.channels).toBe(outputs);
      }
    }
  });

  test.each([
    [{ id: 'espnot', options: {} }, 'id'],
    [{ id: 'espnet', options: { r: 1 } }, 'options.r'],
    [{ id: 'espnet-c', options: { form: 1 } }, 'options.form'],
    [{ id: 'espnet', options: { q: 0 } }, 'options.q'],
    [{ id: 'fcn-r18', options: { stride: 24 } }, 'options.stride'],
    [{ id: 'espnet', options: { q: 2.5 } }, 'options.q'],
    [{ id: 'espnet', options: { width: Number.NaN } }, 'options.width'],
  ])('refuses %j at %s', (ref, where) => {
    expect(problemOf(() => buildNetwork(ref as Parameters<typeof buildNetwork>[0], 11)).where).toBe(where);
  });

  // Every network of one piece, every head on one backbone and every backbone under one head.
  const each = networkInfos().filter(({ id }) => !id.includes('-') || /^(fcn|espnet)-|-r18$/.test(id));
  test.each(each.flatMap(({ id, options }) => options.map((option) => ({ id, option }))))(
    'builds $id at both ends of $option.name',
    ({ id, option }) => {
      for (const value of [option.min, option.max]) {
        const graph = buildNetwork({ id, options: { [option.name]: value } }, 1);
        expect(nodeSizes(graph, [32, 64]).get(graph.output)).toEqual([
          32 / graph.logitsStride,
          64 / graph.logitsStride,
          1,
        ]);
      }
    },
  );
});

test('parameters and multiply–accumulates of the networks of the CamVid recipe', () => {
  const student = buildNetwork({ id: 'espnet-c', options: { p: 2, q: 3 } }, 11);
  const teacher = buildNetwork({ id: 'espnet', options: { p: 2, q: 8 } }, 12);
  expect(countNetwork(student, [176, 240]).parameters).toBe(185_225);
  expect(countNetwork(teacher, [360, 480]).parameters).toBe(354_517);
  // Per pixel alike, and a size that does not fit is counted as padded.
  const macs = (size: [number, number]) => countNetwork(small, size).macs;
  expect(macs([16, 16])).toBe(4 * macs([8, 8]));
  expect(macs([9, 10])).toBe(macs([16, 16]));
});

/** The figures with the parts of mmsegmentation's models that are left out here stand in the networks' own words. */
test.each([
  ['pspnet-r18', 12_641_267],
  ['deeplabv3-mobilenetv2', 18_375_443],
  ['bisenetv2', 3_358_883],
])('%s has %i parameters for 19 classes', (id, parameters) => {
  expect(countNetwork(buildNetwork({ id, options: {} }, 19), [256, 256]).parameters).toBe(parameters);
});

test('inputs of different sizes go together where the kind says how, and nowhere else', () => {
  const built = (kind: string, inputs: string[], attrs = {}) => {
    const b = new GraphBuilder(3);
    b.add('small', 'averagePool', ['input'], { kernel: 2, stride: 2, padding: 0 });
    b.add('one', 'adaptiveAveragePool', ['input'], { bins: 1 });
    const output = b.add('output', kind, inputs, attrs);
    const graph = b.build({ id: 'trial', options: {}, output, stride: 2, logitsStride: 1, defaultTaps: [] });
    return nodeSizes(graph, [4, 6]).get('output');
  };
  expect(built('resize', ['small', 'input'])).toEqual([4, 6, 3]);
  expect(built('resize', ['small'], { factor: 3 })).toEqual([6, 9, 3]);
  expect(built('multiply', ['input', 'one'])).toEqual([4, 6, 3]);
  expect(() => built('multiply', ['input', 'small'])).toThrow('differ in size');
  expect(() => built('multiply', ['one', 'input'])).toThrow('differ in size');
  expect(() => built('add', ['input', 'one'])).toThrow('differ in size');
});

test('initial weights follow the seed, PyTorch’s bounds and the initialisers', () => {
  const weights = initialWeights(small, 5);
  expect(weights).toEqual(initialWeights(small, 5));
  expect(weights.get('level1.conv.filter')).not.toEqual(initialWeights(small, 6).get('level1.conv.filter'));
  const filter = weights.get('level1.conv.filter')!;
  const bound = 1 / Math.sqrt(27);
  expect(Math.max(...filter)).toBeGreaterThan(0.9 * bound);
  expect(Math.max(...filter.map(Math.abs))).toBeLessThanOrEqual(bound);
  expect(new Set(weights.get('level1.slope'))).toEqual(new Set([0.25]));
  expect(new Set(weights.get('level1.norm.variance'))).toEqual(new Set([1]));
});

test.each([
  ['conv', [2, 3, 1, 2], [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]],
  ['convTranspose', [2, 3, 1, 2], [0, 6, 2, 8, 4, 10, 1, 7, 3, 9, 5, 11]],
  ['same', [12], [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11]],
] as const)('a PyTorch array of layout %s becomes ours and back', (toOurs, torchShape, expected) => {
  const values = Float32Array.from({ length: 12 }, (_, i) => i);
  const ours = fromTorch({ toOurs, torchShape }, values);
  expect([...ours]).toEqual(expected);
  expect(toTorch({ toOurs, torchShape }, ours)).toEqual(values);
});

describe('an executable', () => {
  const weights = initialWeights(small, 1);
  const image = () => tf.ones([1, 16, 24, 3]) as Tensor4D;

  test('says which array is missing or too short', () => {
    const some = new Map([...weights].filter(([name]) => name !== 'level2.slope'));
    expect(problemOf(() => new Executable(small, some)).message).toContain('level2.slope');
    expect(problemOf(() => new Executable(small, some.set('level2.slope', new Float32Array(2)))).message).toContain(
      '32',
    );
  });

  test('refuses sizes that do not fit and taps that are not there', () => {
    const executable = new Executable(small, weights);
    const odd = tf.ones([1, 16, 20, 3]) as Tensor4D;
    expect(problemOf(() => executable.forward(odd)).message).toContain('20 × 16');
    expect(problemOf(() => executable.forward(image(), { taps: ['level9'] })).where).toBe('level9');
    executable.dispose();
  });

  test('gives its weights back, replaced ones too, with zero gradients where none arrive', () => {
    const executable = new Executable(small, weights);
    expect(executable.weights()).toEqual(weights);
    const x = image();
    const before = tf.memory().numTensors;
    const { logits, taps, saved } = executable.forward(x, { training: true, taps: ['level1'] });
    const dy = tf.onesLike(taps.get('level1')!) as Tensor4D;
    const gradients = executable.inOrder(executable.backward(saved!, new Map([['level1', dy]])));
    const trainable = small.params.filter((spec) => spec.trainable);
    expect(gradients.map(({ shape }) => shape)).toEqual(trainable.map(({ shape }) => shape));
    for (const [i, { name }] of trainable.entries()) {
      const reached = gradients[i].dataSync().some((value) => value !== 0);
      expect(reached, name).toBe(
        /^level1\.(norm\.offset|slope|norm\.scale)$/.test(name) || name === 'level1.conv.filter',
      );
    }
    executable.changeParameters((now) => {
      tf.dispose(now);
      return now.map(({ shape }) => tf.fill(shape, 2));
    });
    tf.dispose([logits, ...taps.values(), dy, ...gradients]);
    expect(tf.memory().numTensors).toBe(before);
    expect(new Set(executable.weights().get('logits.filter'))).toEqual(new Set([2]));
    executable.dispose();
  });

  test('keeps nothing over steps, whether they go backwards or not', () => {
    const executable = new Executable(small, weights);
    const x = image();
    tf.dispose(executable.forward(x).logits);
    const before = tf.memory().numTensors;
    for (let step = 0; step < 3; step++) {
      const { logits, saved } = executable.forward(x, { training: true });
      executable.discard(saved!);
      const again = executable.forward(x, { training: true });
      const gradients = executable.backward(again.saved!, new Map([['logits', again.logits]]));
      tf.dispose(executable.inOrder(gradients));
      tf.dispose([logits, again.logits, executable.forward(x).logits]);
    }
    expect(tf.memory().numTensors).toBe(before);
    executable.dispose();
  });
});
