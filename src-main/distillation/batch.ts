/** What both networks gave on one batch, and terms evaluated on it. */
import { Problem } from '../contract/problem.ts';
import { resizeBilinear } from '../engine/ops/spatial.ts';
import { valueAndGradients } from '../engine/ops/with-gradient.ts';
import { type Tensor, type Tensor1D, type Tensor3D, type Tensor4D, tf } from '../engine/tf.ts';
import { combineLogits } from './combine.ts';
import type { LossInputs, Method, OwnArray } from './method.ts';
import { poolTo } from './ops.ts';
import type { BatchFacts, BoundTerm, Outputs, TapNames, Taught } from './total.ts';
import { upright } from './turns.ts';

/** The tensors that terms are evaluated on. */
interface Variables {
  /** The student's logits, then its taps. */
  student: readonly Tensor4D[];
  /** Of each term that is evaluated. */
  own: readonly ReadonlyMap<string, Tensor>[];
}

type Wanted = Exclude<Method['logits'], 'none'>;
type Sizes = (wanted: Method['logits']) => Tensor4D | undefined;

export class Batch {
  readonly tapNames: string[];
  private readonly tensors: Tensor4D[];
  private readonly teacher: Taught | undefined;
  private readonly labels: Tensor3D | undefined;
  private readonly facts: BatchFacts;

  constructor(
    terms: readonly BoundTerm[],
    student: Outputs,
    teacher: Taught | undefined,
    labels: Tensor3D | undefined,
    facts: BatchFacts,
  ) {
    this.teacher = teacher;
    this.labels = labels;
    this.facts = facts;
    for (const { method, taps } of terms) {
      if (method.teacher && !teacher) {
        throw new Problem(`${method.id} needs a teacher.`, { next: 'Choose one, or leave this method out.' });
      }
      requireNodes(method, 'student', taps.student, student);
      if (teacher) requireNodes(method, 'teacher', taps.teacher, teacher);
    }
    this.tapNames = [...student.taps.keys()];
    this.tensors = [student.logits, ...student.taps.values()];
  }

  /** Unweighted values [terms]. */
  values(terms: readonly BoundTerm[], variables = this.constants(terms)): Tensor1D {
    const inputs = this.inputs(variables);
    return tf.stack(terms.map((term, t) => term.method.loss(inputs(term, t), term.params))) as Tensor1D;
  }

  /** What the terms' own arrays learn by beside the student: [terms], 0 where there is nothing. */
  private ownLosses(terms: readonly BoundTerm[], variables: Variables): Tensor1D {
    const inputs = this.inputs(variables);
    return tf.stack(
      terms.map((term, t) => term.method.ownLoss?.(inputs(term, t), term.params) ?? tf.scalar(0)),
    ) as Tensor1D;
  }

  /** What the terms' own arrays that do not learn are after this batch. */
  next(terms: readonly BoundTerm[]): Record<string, Tensor>[] {
    const inputs = this.inputs(this.constants(terms));
    return terms.map((term, t) => term.method.next?.(inputs(term, t), term.params) ?? {});
  }

  /**
   * Values, and the gradients of Σ weight · value with respect to the student's logits and each of its taps and to the
   * arrays that learn along with it; and of the own losses with respect to those that learn by them.
   */
  differentiate(
    terms: readonly BoundTerm[],
    weights: number[],
  ): { values: Tensor1D; ownLosses: Tensor1D; gradients: Tensor4D[]; own: Record<string, Tensor>[] } {
    // Copies (of the handle, not the data): a tap may be the very tensor of the logits or of another tap.
    const copies = this.tensors.map((t) => t.clone());
    const constants = this.constants(terms);
    const learning = terms.map(({ own = [] }) => own.filter(({ learns }) => learns !== 'none'));
    const ownCopies = learning.map((arrays) => new Map(arrays.map(({ name, tensor }) => [name, tensor.clone()])));
    /** Copies of those that learn so, and all others as they are. */
    const learnBy = (wanted: OwnArray['learns']) =>
      learning.map((arrays, t) => {
        const chosen = arrays.filter(({ learns }) => learns === wanted);
        return new Map([...constants.own[t], ...chosen.map(({ name }) => [name, ownCopies[t].get(name)!] as const)]);
      });
    const learners = ownCopies.flatMap((map) => [...map.values()]);
    const f = () => {
      const values = this.values(terms, { student: copies, own: learnBy('loss') });
      return tf.concat([values, this.ownLosses(terms, { student: this.tensors, own: learnBy('ownLoss') })]) as Tensor1D;
    };
    const made = valueAndGradients(f, [...copies, ...learners], tf.tensor1d([...weights, ...terms.map(() => 1)]));
    const { value } = made;
    const rest = made.gradients;
    const gradients = copies.map((t) => (rest.shift() ?? tf.zerosLike(t)) as Tensor4D);
    const own = ownCopies.map((map) =>
      Object.fromEntries([...map].map(([name, t]) => [name, rest.shift() ?? tf.zerosLike(t)])),
    );
    const count = terms.length;
    return {
      values: value.slice(0, count),
      ownLosses: value.slice(count, count),
      gradients,
      own,
    };
  }

  private constants(terms: readonly BoundTerm[]): Variables {
    const own = terms.map((term) => new Map(term.own?.map(({ name, tensor }) => [name, tensor])));
    return { student: this.tensors, own };
  }

  /** What each term reads. */
  private inputs({ student, own }: Variables): (term: BoundTerm, place: number) => LossInputs {
    const { random, images, domain } = this.facts;
    const standing = this.networks(student, (tensor) => (this.facts.turned ? upright(tensor) : tensor));
    const turned = this.networks(student, (tensor) => tensor);
    return ({ method, taps }, place) => ({
      ...(method.turned ? turned : standing)(method.logits, taps),
      labels: this.labels,
      classes: this.tensors[0].shape[3],
      own: own[place],
      random,
      images,
      domain,
    });
  }

  /** What methods read of the images and of both networks. @param of which of the images */
  private networks(student: readonly Tensor4D[], of: (tensor: Tensor4D) => Tensor4D) {
    const ofStudent = this.sizes((wanted) => this.sized(of(student[0]), wanted));
    const { teacher } = this;
    const ofTeacher = teacher && this.teacherSizes(teacher, of);
    const { image } = this.facts;
    return (logits: Method['logits'], taps: TapNames): Pick<LossInputs, 'student' | 'teacher' | 'image'> => ({
      image: image && of(image),
      student: {
        logits: ofStudent(logits),
        taps: taps.student.map((name) => of(student[1 + this.tapNames.indexOf(name)])),
      },
      teacher: ofTeacher && {
        logits: ofTeacher(logits),
        taps: taps.teacher.map((name) => of(teacher.taps.get(name)!)),
      },
    });
  }

  /** The teacher's logits at the size that a method asks for; those of several teachers combined at that size. */
  private teacherSizes({ logits, others }: Taught, of: (tensor: Tensor4D) => Tensor4D): Sizes {
    if (!others) return this.sizes((wanted) => this.sized(of(logits), wanted));
    const all = [logits, ...others.logits].map(of);
    const classes = this.tensors[0].shape[3];
    // Resizing and pooling are linear as the mean is, so that it can be taken first, and once.
    const alike = all.every(({ shape }) => shape[1] === logits.shape[1] && shape[2] === logits.shape[2]);
    if (alike && others.best === null) {
      let mean: Tensor4D | null = null;
      return this.sizes((wanted) => {
        mean ??= combineLogits(all, classes, null);
        return this.sized(mean, wanted);
      });
    }
    return this.sizes((wanted) => {
      const sized = all.map((one) => this.sized(one, wanted));
      return combineLogits(sized, classes, others.best, this.labels);
    });
  }

  /** Logits at the size that a method asks for, each size made once. */
  private sizes(make: (wanted: Wanted) => Tensor4D): Sizes {
    const made: { [wanted in Wanted]?: Tensor4D } = {};
    return (wanted) => {
      if (wanted === 'none') return undefined;
      made[wanted] ??= make(wanted);
      return made[wanted];
    };
  }

  private sized(logits: Tensor4D, wanted: Wanted): Tensor4D {
    if (wanted === 'label') return resizeBilinear(logits, [this.labels!.shape[1], this.labels!.shape[2]]);
    const [, height, width] = this.tensors[0].shape;
    return logits.shape[1] === height && logits.shape[2] === width ? logits : poolTo(logits, [height, width]);
  }
}

function requireNodes(method: Method, whose: string, names: readonly string[], outputs: Outputs): void {
  const missing = names.filter((name) => !outputs.taps.has(name));
  if (missing.length === 0) return;
  throw new Problem(`${method.id} taps ${missing.join(', ')}, which the ${whose} does not have.`, {
    where: 'taps',
    next: `Choose from the ${whose}'s nodes.`,
  });
}
