/** What DSD compares of one image, for teacher and student: computed by the methods' own functions. */
import type { FloatMap, SimilarityMaps } from '../contract/job.ts';
import type { Term } from '../contract/recipe.ts';
import type { RgbImage } from '../datasets/codec.ts';
import { parseParams } from '../distillation/method.ts';
import { correlations, dsdCsd } from '../distillation/methods/dsd-csd.ts';
import { attention, dsdPsd, residuals, tapPairs } from '../distillation/methods/dsd-psd.ts';
import { logitPair, poolTo } from '../distillation/ops.ts';
import { bindTerm, type Outputs, type TapNames, termValues } from '../distillation/total.ts';
import { type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import { type OpenModel, wholeInput } from '../training/model.ts';
import { pictureTensor } from '../training/normalise.ts';

/**
 * PSD's attention and residual maps, CSD's matrices, and both terms' values on one image.
 * @param terms the DSD terms whose taps and options to use; a method that is not among them takes its defaults
 * @throws Problem where a tap is missing or the networks do not fit together
 */
export function similarityMaps(
  teacher: OpenModel,
  student: OpenModel,
  image: RgbImage,
  terms: readonly Term[],
): SimilarityMaps {
  const defaults: TapNames = { student: [...student.graph.defaultTaps], teacher: [...teacher.graph.defaultTaps] };
  const termOf = (method: string) =>
    terms.find((term) => term.method === method) ?? { method, weight: 1, params: {}, taps: null, schedule: null };
  const psd = bindTerm(termOf(dsdPsd.id), defaults);
  const csd = bindTerm(termOf(dsdCsd.id), defaults);
  const picture = pictureTensor(image.data, [1, image.height, image.width, 3]);
  const given = {
    student: look(student, picture, psd.taps.student),
    teacher: look(teacher, picture, psd.taps.teacher),
  };
  try {
    const { pairs } = parseParams(dsdPsd, psd.params);
    const last = given.student.taps.get(psd.taps.student.at(-1)!)!;
    const size = [last.shape[1], last.shape[2]] as const;
    const maps = (outputs: Outputs, names: string[]) => similarity(outputs, names, psd.taps.student, size, pairs);
    return {
      teacher: maps(given.teacher, psd.taps.teacher),
      student: maps(given.student, psd.taps.student),
      matrices: matrices(given.teacher.logits, given.student.logits, parseParams(dsdCsd, csd.params)),
      values: termValues([psd, csd], given.student, given.teacher, undefined).map(({ id, value }) => ({
        method: id,
        value,
      })),
    };
  } finally {
    tf.dispose([picture, ...tensorsOf(given.student), ...tensorsOf(given.teacher)]);
  }
}

function look(model: OpenModel, picture: Tensor4D, taps: string[]): Outputs {
  const input = wholeInput(model, picture);
  const outputs = model.executable.forward(input, { training: false, taps });
  input.dispose();
  return outputs;
}

function tensorsOf({ logits, taps }: Outputs): Tensor4D[] {
  return [logits, ...taps.values()];
}

/**
 * @param names the network's taps
 * @param titles what the maps are called: the same for both networks
 */
function similarity(
  outputs: Outputs,
  names: string[],
  titles: string[],
  [height, width]: readonly [number, number],
  pairs: 'all' | 'adjacent',
): FloatMap[] {
  const taps = names.map((name) => outputs.taps.get(name)!);
  const read = (maps: Tensor3D) => tf.unstack(maps).map((map) => map.dataSync<'float32'>().slice());
  const [attentions, differences] = tf.tidy(() => {
    const of = attention(taps, [height, width]);
    return [read(of), read(residuals(of, pairs))];
  });
  const residualTitles = tapPairs(titles.length, pairs).map(([n, m]) => `${titles[n]} → ${titles[m]}`);
  const map = (data: Float32Array, name: string): FloatMap => ({ name, height, width, data });
  return [
    ...attentions.map((data, i) => map(data, titles[i])),
    ...differences.map((data, k) => map(data, residualTitles[k])),
  ];
}

function matrices(
  teacher: Tensor4D,
  student: Tensor4D,
  options: Parameters<typeof correlations>[1],
): SimilarityMaps['matrices'] {
  return tf.tidy(() => {
    const [, height, width, classes] = student.shape;
    const pair = logitPair({
      student: { logits: student, taps: [] },
      teacher: { logits: poolTo(teacher, [height, width]), taps: [] },
    });
    const matrix = (logits: Tensor4D) => correlations(logits, options).dataSync<'float32'>().slice();
    return { classes, teacher: matrix(pair.teacher), student: matrix(pair.student) };
  });
}
