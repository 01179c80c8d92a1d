/** The arrays that a run's methods have of their own: made, moved from step to step, and kept in checkpoints. */

import type { Recipe } from '../contract/recipe.ts';
import { termKey } from '../distillation/domains.ts';
import { initialValues, type LossShapes, type OwnArray } from '../distillation/method.ts';
import type { BoundTerm, OwnTensor } from '../distillation/total.ts';
import { type Tensor, tf } from '../engine/tf.ts';
import { type Graph, nodeSizes, sizeOf } from '../networks/graph.ts';
import { Optimizer, slotNames } from './optimizer.ts';

/** By Adam as the adversarial methods' and APD's authors have it. */
const OWN_ADAM = { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 } as const;

interface TermArrays {
  term: BoundTerm;
  /** What it is called in checkpoints. */
  key: string;
  arrays: OwnTensor[];
  /** Of this step, summed over the parts of its batch; none where the term takes no part in the step. */
  gradients: Map<string, Tensor>;
  /** Steps that the term took part in. */
  count: number;
  /** Of those that learn along with the student, and of those that learn by the own loss; null where there are none. */
  optimizers: Record<'loss' | 'ownLoss', Optimizer | null>;
}

/** How far a run has come. */
export interface Beginning {
  /** Of each term, the steps that it took part in. */
  counts: readonly number[];
  /** What a checkpoint kept, as `values` and `slots` gave it. */
  values?: ReadonlyMap<string, Float32Array>;
  slots?: ReadonlyMap<string, Float32Array>;
}

/** The arrays that a term's method has, before the first step. @throws Problem where its taps do not suit it */
export function ownArraysOf({ method, params }: BoundTerm, shapes: LossShapes): OwnArray[] {
  return method.own?.(shapes, params) ?? [];
}

/** What a term reads of two networks on a crop. */
export function lossShapes(
  { method, taps }: BoundTerm,
  student: Graph,
  teacher: Graph | null,
  crop: readonly [number, number],
  images: number,
): LossShapes {
  const of = (graph: Graph, names: readonly string[]) => {
    const sizes = nodeSizes(graph, crop);
    return names.flatMap((name) => (sizes.has(name) ? [sizes.get(name)!] : []));
  };
  const [height, width] = nodeSizes(student, crop).get(student.output)!;
  return {
    classes: student.outputs,
    logits: { none: null, label: crop, student: [height, width] as const }[method.logits],
    student: of(student, taps.student),
    teacher: teacher ? of(teacher, taps.teacher) : [],
    images,
  };
}

export class OwnArrays {
  private readonly terms: TermArrays[];

  /**
   * @param shapes of each term
   * @param settings of the student's optimizer, which moves what learns along with it
   */
  constructor(
    terms: readonly BoundTerm[],
    shapes: readonly LossShapes[],
    seed: number,
    settings: Recipe['optimizer'],
    { counts, values: before, slots }: Beginning,
  ) {
    let offset = 0;
    this.terms = terms.map((term, t) => {
      const { method, params } = term;
      const key = termKey(method.id, term);
      const arrays = ownArraysOf(term, shapes[t]).map((array): OwnTensor => {
        const values = before?.get(`${key}.${array.name}`)?.slice() ?? initialValues(array, key, seed);
        return { ...array, tensor: tf.tensor(values, [...array.shape]) };
      });
      const sizeOfThose = (how: OwnArray['learns']) => sum(arrays.filter(({ learns }) => learns === how));
      const along = sizeOfThose('loss');
      const ofAlong = new Map([...(slots ?? [])].map(([slot, data]) => [slot, data.subarray(offset, offset + along)]));
      offset += along;
      const alone = sizeOfThose('ownLoss');
      const ownSettings = { ...OWN_ADAM, learningRate: method.ownRate?.(params) ?? 0 };
      const ofAlone = slotNames(ownSettings).flatMap((slot) => {
        const values = before?.get(`${key}:${slot}`);
        return values ? [[slot, values] as const] : [];
      });
      const optimizers = {
        loss: along > 0 ? new Optimizer(settings, along, ofAlong) : null,
        ownLoss: alone > 0 ? new Optimizer(ownSettings, alone, new Map(ofAlone)) : null,
      };
      return { term, key, arrays, gradients: new Map(), count: counts[t], optimizers };
    });
  }

  /** The terms with their arrays as they are now. */
  bound(): BoundTerm[] {
    return this.terms.map(({ term, arrays }) => (arrays.length > 0 ? { ...term, own: arrays } : term));
  }

  /**
   * Takes what the loss of a part of a batch gave: adds to the gradients, and puts what does not learn in its place.
   * @param own of each term, taken over; undefined for one that takes no part in it, whose arrays stay as they are
   * @param parts how many there are of the batch
   */
  take(own: readonly (Record<string, Tensor> | undefined)[], parts: number): void {
    for (const [t, { arrays, gradients }] of this.terms.entries()) {
      for (const array of arrays) {
        const given = own[t]?.[array.name];
        if (!given) continue;
        if (array.learns === 'none') {
          array.tensor.dispose();
          array.tensor = tf.keep(given);
          continue;
        }
        // A term's weight has its share of the batch in it; an own loss has no weight.
        const share = array.learns === 'ownLoss' && parts > 1 ? given.div(parts) : given;
        const before = gradients.get(array.name);
        const sum = before ? before.add(share) : share;
        gradients.set(array.name, tf.keep(sum));
        tf.dispose([before, share, given].filter((tensor) => tensor && tensor !== sum) as Tensor[]);
      }
    }
  }

  /**
   * Moves what learns, by the gradients that were taken, and forgets these.
   * @param finite whether the student is moved too; if not, neither is what learns along with it
   * @param skipped updates of the student that were left out so far
   */
  update(learningRate: number, finite: boolean, skipped: number): void {
    for (const one of this.terms) {
      const { term, gradients } = one;
      if (gradients.size > 0) one.count++;
      if (finite) move(one, 'loss', learningRate, Math.max(1, one.count - skipped));
      move(one, 'ownLoss', term.method.ownRate?.(term.params) ?? 0, one.count);
      tf.dispose([...gradients.values()]);
      gradients.clear();
    }
  }

  /** All that a checkpoint keeps of them, by name. */
  values(): Map<string, Float32Array> {
    const values = new Map<string, Float32Array>();
    for (const { key, arrays, optimizers } of this.terms) {
      for (const { name, tensor } of arrays) values.set(`${key}.${name}`, tensor.dataSync<'float32'>());
      for (const [slot, data] of optimizers.ownLoss?.values() ?? []) values.set(`${key}:${slot}`, data);
    }
    return values;
  }

  /** The student's optimizer's vectors with those of what learns along with it behind them, term by term. */
  slotsAfter(student: ReadonlyMap<string, Float32Array>): Map<string, Float32Array> {
    const along = this.terms.flatMap(({ optimizers }) => optimizers.loss?.values() ?? []);
    return new Map(
      [...student].map(([slot, data]) => [slot, joined([data, ...along.map((values) => values.get(slot)!)])]),
    );
  }

  dispose(): void {
    for (const { arrays, gradients, optimizers } of this.terms) {
      tf.dispose([...arrays.map(({ tensor }) => tensor), ...gradients.values()]);
      optimizers.loss?.dispose();
      optimizers.ownLoss?.dispose();
    }
  }
}

/** Moves a term's arrays that learn so, where there are gradients of them. */
function move({ arrays, gradients, optimizers }: TermArrays, how: 'loss' | 'ownLoss', rate: number, count: number) {
  const learners = arrays.filter(({ learns, name }) => learns === how && gradients.has(name));
  if (learners.length === 0) return;
  const tensors = learners.map(({ tensor }) => tensor);
  const moved = optimizers[how]!.update(
    tensors,
    learners.map(({ name }) => gradients.get(name)!),
    rate,
    count,
  );
  for (const [i, array] of learners.entries()) array.tensor = tf.keep(moved[i]);
}

function joined(vectors: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(vectors.reduce((length, one) => length + one.length, 0));
  let at = 0;
  for (const one of vectors) {
    all.set(one, at);
    at += one.length;
  }
  return all;
}

function sum(arrays: readonly OwnArray[]): number {
  return arrays.reduce((total, { shape }) => total + sizeOf(shape), 0);
}
