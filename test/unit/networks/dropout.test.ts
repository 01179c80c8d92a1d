import { beforeAll, describe, expect, test } from 'vitest';
import { randomUniform } from '../../../src-main/base/random.ts';
import { startEngine } from '../../../src-main/engine/choose.ts';
import { type Tensor4D, tf } from '../../../src-main/engine/tf.ts';
import { withoutDropout } from '../../../src-main/networks/dropout.ts';
import { Executable, type NodeRandom } from '../../../src-main/networks/execute.ts';
import { initialWeights } from '../../../src-main/networks/initial-weights.ts';
import { kindOf } from '../../../src-main/networks/kinds.ts';
import { buildNetwork, buildToTrain } from '../../../src-main/networks/registry.ts';

beforeAll(async () => {
  await startEngine('cpu');
});

const drawn =
  (step: number): NodeRandom =>
  (node, picture, place) =>
    randomUniform(1, node, step, picture, place);

describe.each([
  { id: 'spatialDropout', what: 'whole channels of a picture', places: 500 },
  { id: 'dropout', what: 'single values', places: 6 * 500 },
])('$id', ({ id, what, places }) => {
  const kind = kindOf(id);
  const p = 0.3;
  const x = () => tf.randomUniform([4, 3, 2, 500], 1, 2, 'float32', 5) as Tensor4D;
  const call = (input: Tensor4D) => ({ attrs: { p }, inputs: [input], params: [], training: true });

  test(`leaves out ${what}, so many as it should, and makes up for them`, () => {
    const input = x();
    const random = (picture: number, place: number) => randomUniform(2, 'mask', picture, place);
    const { output, saved } = kind.forward({ ...call(input), random });
    const [values, before] = [output, input].map((one) => one.dataSync<'float32'>());
    let gone = 0;
    values.forEach((value, i) => {
      const out = random(Math.floor(i / (6 * 500)), i % places) < p;
      gone += Number(out);
      expect(value).toBeCloseTo(out ? 0 : before[i] / (1 - p), 5);
    });
    expect(gone / values.length).toBeCloseTo(p, 1);
    const gradient = tf.ones([4, 3, 2, 500]) as Tensor4D;
    const [back] = kind.backward({
      ...{ attrs: { p }, gradient, inputs: [], output, inputShapes: [], params: [], saved: saved! },
      wanted: [true],
    }).inputs;
    const slopes = back!.dataSync<'float32'>();
    values.forEach((value, i) => {
      expect(slopes[i]).toBeCloseTo(value / before[i], 5);
    });
  });

  test('changes nothing where nothing is drawn', () => {
    const input = x();
    const { output, saved } = kind.forward(call(input));
    expect(saved).toBeUndefined();
    expect(output.dataSync()).toEqual(input.dataSync());
  });
});

const small: { id: string; own: Record<string, number> }[] = [
  { id: 'pspnet-r18', own: { width: 0.125, channels: 8 } },
  { id: 'enet', own: { channels: 8 } },
  { id: 'deeplabv1-r18', own: { width: 0.125, channels: 8 } },
  { id: 'denseaspp-r18', own: { width: 0.125, inner: 8, growth: 4 } },
  { id: 'lraspp-r18', own: { width: 0.125, channels: 8 } },
];

describe.each(small)('$id with dropout', ({ id, own }) => {
  const options = { ...own, dropout: 0.5 };
  const graph = buildToTrain({ id, options }, 3);
  const taps = (graph.auxiliaries ?? []).map(({ node }) => node);

  /** The gradients of the sum of all outputs. */
  function gradients(random: NodeRandom | undefined, checkpointing = false, of = graph) {
    const executable = new Executable(of, initialWeights(of, 1));
    const x = tf.randomUniform([2, 32, 32, 3], -1, 1, 'float32', 7) as Tensor4D;
    const asked = of === graph ? taps : [];
    const given = executable.forward(x, { training: true, checkpointing, taps: asked, ...(random && { random }) });
    const outputs = new Map([['logits', given.logits], ...given.taps]);
    const arriving = new Map([...outputs].map(([name, y]) => [name, tf.onesLike(y) as Tensor4D]));
    const found = executable.inOrder(executable.backward(given.saved!, arriving));
    const values = [given.logits, ...found].map((one) => one.dataSync<'float32'>());
    tf.dispose([x, ...outputs.values(), ...arriving.values(), ...found]);
    executable.dispose();
    return values;
  }

  test('draws the same again for the same step, also where activations are computed twice, and others for another', () => {
    const once = gradients(drawn(3));
    expect(gradients(drawn(3))).toEqual(once);
    expect(gradients(drawn(3), true)).toEqual(once);
    expect(gradients(drawn(4))).not.toEqual(once);
  });

  test('is without it where it is deployed', () => {
    const deployed = buildNetwork({ id, options }, 3);
    const dropout = id.startsWith('deeplabv1') ? 'dropout' : 'spatialDropout';
    expect(graph.nodes.some(({ kind }) => kind === dropout)).toBe(true);
    expect(deployed).toEqual({
      ...buildNetwork({ id, options: { ...options, dropout: 0 } }, 3),
      options: graph.options,
    });
    const [plain] = gradients(undefined, false, withoutDropout(graph));
    const apart = ([one]: Float32Array[]) => Math.max(...one.map((value, i) => Math.abs(value - plain[i])));
    expect(apart(gradients(undefined))).toBeLessThan(1e-4);
    expect(apart(gradients(drawn(3)))).toBeGreaterThan(0.01);
  });
});
