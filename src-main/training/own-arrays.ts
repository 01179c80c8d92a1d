/** The arrays that a run's methods have of their own: made, moved from step to step, and kept in checkpoints. */
import { initialValues, type LossShapes, type OwnArray } from '../distillation/method.ts';
import type { BoundTerm, OwnTensor } from '../distillation/total.ts';
import { type Tensor, tf } from '../engine/tf.ts';
import { type Graph, nodeSizes, sizeOf } from '../networks/graph.ts';
import { Optimizer, slotNames } from './optimizer.ts';

/** By Adam as the adversarial methods' and APD's authors have it. */
const OWN_ADAM = { kind: 'adam', beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0 } as const;

interface TermArrays {
  term: BoundTerm;
  arrays: OwnTensor[];
  /** Of this step, summed over the parts of its batch. */
  gradients: Map<string, Tensor>;
  /** Of those that learn by the own loss; null where there are none. */
  optimizer: Optimizer | null;
}

/** The arrays that a term's method has, before the first step. @throws Problem where its taps do not suit it */
export function ownArraysOf({ method, params }: BoundTerm, shapes: LossShapes): OwnArray[] {
  return method.own?.(shapes, params) ?? [];
}

/** What a term reads of two networks on a crop. */
export function lossShapes(
  { taps }: BoundTerm,
  student: Graph,
  teacher: Graph | null,
  crop: readonly [number, number],
  images: number,
): LossShapes {
  const of = (graph: Graph, names: readonly string[]) => {
    const sizes = nodeSizes(graph, crop);
    return names.flatMap((name) => (sizes.has(name) ? [sizes.get(name)!] : []));
  };
  return {
    classes: student.outputs,
    student: of(student, taps.student),
    teacher: teacher ? of(teacher, taps.teacher) : [],
    images,
  };
}

export class OwnArrays {
  private readonly terms: TermArrays[];
  /** Updates done. */
  private count: number;

  /**
   * @param shapes of each term
   * @param count updates done before
   * @param before values from a checkpoint, as `values` gave them
   */
  constructor(
    terms: readonly BoundTerm[],
    shapes: readonly LossShapes[],
    seed: number,
    count: number,
    before?: ReadonlyMap<string, Float32Array>,
  ) {
    this.count = count;
    this.terms = terms.map((term, t) => {
      const { method, params } = term;
      const arrays = ownArraysOf(term, shapes[t]).map((array): OwnTensor => {
        const values = before?.get(`${method.id}.${array.name}`)?.slice() ?? initialValues(array, method.id, seed);
        return { ...array, tensor: tf.tensor(values, [...array.shape]) };
      });
      const size = sum(arrays.filter(({ learns }) => learns === 'ownLoss'));
      const settings = { ...OWN_ADAM, learningRate: method.ownRate?.(params) ?? 0 };
      const kept = slotNames(settings).flatMap((slot) => {
        const values = before?.get(`${method.id}:${slot}`);
        return values ? [[slot, values] as const] : [];
      });
      const optimizer = size > 0 ? new Optimizer(settings, size, new Map(kept)) : null;
      return { term, arrays, gradients: new Map(), optimizer };
    });
  }

  /** Elements of the arrays that learn along with the student. */
  get learning(): number {
    return sum(this.terms.flatMap(({ arrays }) => arrays.filter(({ learns }) => learns === 'loss')));
  }

  /** The terms with their arrays as they are now. */
  bound(): BoundTerm[] {
    return this.terms.map(({ term, arrays }) => (arrays.length > 0 ? { ...term, own: arrays } : term));
  }

  /**
   * Takes what the loss of a part of a batch gave: adds to the gradients, and puts what does not learn in its place.
   * @param own taken over
   * @param parts how many there are of the batch
   */
  take(own: readonly Record<string, Tensor>[], parts: number): void {
    for (const [t, { arrays, gradients }] of this.terms.entries()) {
      for (const array of arrays) {
        const given = own[t][array.name];
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

  /** Those that learn along with the student, for its optimizer to move, with their gradients; in fixed order. */
  withStudent(): { tensors: Tensor[]; gradients: Tensor[] } {
    const learners = this.terms.flatMap(({ arrays, gradients }) =>
      arrays
        .filter(({ learns }) => learns === 'loss')
        .map(({ name, tensor }) => ({ tensor, gradient: gradients.get(name)! })),
    );
    return { tensors: learners.map(({ tensor }) => tensor), gradients: learners.map(({ gradient }) => gradient) };
  }

  /** Puts others in their place, which the optimizer made of them. */
  replaceWithStudent(tensors: readonly Tensor[]): void {
    const rest = [...tensors];
    for (const { arrays } of this.terms) {
      for (const array of arrays) if (array.learns === 'loss') array.tensor = tf.keep(rest.shift()!);
    }
  }

  /** Moves those that learn by an own loss, and forgets the gradients. */
  update(): void {
    this.count++;
    for (const { arrays, optimizer, term, gradients } of this.terms) {
      if (optimizer) {
        const learners = arrays.filter(({ learns }) => learns === 'ownLoss');
        const moved = optimizer.update(
          learners.map(({ tensor }) => tensor),
          learners.map(({ name }) => gradients.get(name)!),
          term.method.ownRate!(term.params),
          this.count,
        );
        for (const [i, array] of learners.entries()) array.tensor = tf.keep(moved[i]);
      }
      tf.dispose([...gradients.values()]);
      gradients.clear();
    }
  }

  /** All that a checkpoint keeps of them, by name. */
  values(): Map<string, Float32Array> {
    const values = new Map<string, Float32Array>();
    for (const { term, arrays, optimizer } of this.terms) {
      for (const { name, tensor } of arrays) values.set(`${term.method.id}.${name}`, tensor.dataSync<'float32'>());
      for (const [slot, data] of optimizer?.values() ?? []) values.set(`${term.method.id}:${slot}`, data);
    }
    return values;
  }

  dispose(): void {
    for (const { arrays, gradients, optimizer } of this.terms) {
      tf.dispose([...arrays.map(({ tensor }) => tensor), ...gradients.values()]);
      optimizer?.dispose();
    }
  }
}

function sum(arrays: readonly OwnArray[]): number {
  return arrays.reduce((total, { shape }) => total + sizeOf(shape), 0);
}
